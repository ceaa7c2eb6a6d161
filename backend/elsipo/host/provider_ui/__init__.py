"""The provider's UI: its manifest found, checked, kept and updated, and what its page was granted."""
