"""The contract in bridge_spec: its examples, its generator, and the types generated from it."""
