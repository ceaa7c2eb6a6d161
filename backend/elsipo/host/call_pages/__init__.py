"""Pages that the application at the other end of a call shows beside it (RFC 5629)."""
