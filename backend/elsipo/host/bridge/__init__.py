"""The bridge: HTTP and WebSocket for the windows, on 127.0.0.1. Knows methods and rights, no SIP."""
