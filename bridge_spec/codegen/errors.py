"""What can be wrong with the contract or with generating from it."""


class SpecError(Exception):
    """The contract contradicts itself or its format; the text says where and what."""
