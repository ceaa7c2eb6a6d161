"""The program's version. The package takes it from here, so that no process has to look for its own package."""

ELSIPO_VERSION = "0.2.0"
