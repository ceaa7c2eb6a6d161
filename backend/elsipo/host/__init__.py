"""The host: desired state, policy, history and credentials. Never imports pjsua2, never parses SIP off the wire."""
