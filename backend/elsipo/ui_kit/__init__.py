"""`elsipo ui`: for people who write pages. Begins one, checks one, and shows one without any provider."""
