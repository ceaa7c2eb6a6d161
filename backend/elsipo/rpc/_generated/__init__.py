"""Written by bridge_spec/codegen from bridge_spec; edit that."""
