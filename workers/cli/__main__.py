"""`python -m workers.cli` is the `engage` command."""

from workers.cli import main

main()
