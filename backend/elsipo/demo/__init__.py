"""`elsipo demo`: a provider on this machine, somebody to talk to, and the tour. Nothing else may import this."""
