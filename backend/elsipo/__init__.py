"""Elsipo: the SIP browser."""
