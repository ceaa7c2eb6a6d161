"""The program's version, from the installed package."""

from importlib.metadata import version

ELSIPO_VERSION = version("elsipo")
