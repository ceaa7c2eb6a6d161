"""Pages from anywhere: the built-in home, a person's own files, or the web. Knows nothing of accounts and windows."""
