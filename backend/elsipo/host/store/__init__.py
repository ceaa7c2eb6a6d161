"""The history: messages and calls, in SQLite."""
