"""`python -m elsipo`, and the `elsipo` command."""

import sys

from elsipo.cli import main

if __name__ == "__main__":
    sys.exit(main())
