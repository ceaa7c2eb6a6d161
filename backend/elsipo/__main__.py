"""`python -m elsipo`, and the `elsipo` command."""

import sys

from elsipo.host import early_shell


def main() -> int:
    """Run it; the exit status."""
    early_shell.begin(sys.argv[1:])
    from elsipo import cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
