"""The `engage` command. Modules behind it are imported when their command runs: `engage --help` stays quick."""

import sys

from workers.cli.main import run


def main() -> None:
    """Entry point of the console script."""
    sys.exit(run(sys.argv[1:]))
