"""The contract's code generator: small emitters around well-kept generators."""
