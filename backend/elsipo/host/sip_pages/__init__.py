"""Pages that come over SIP: asking for them, what they become, and which were visited or are kept."""
