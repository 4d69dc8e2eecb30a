"""The command tree, and what becomes of errors: 0 done, 1 failed, 2 wrong arguments or configuration."""

import click
import typer

from engage.errors import ConfigError, EngageError
from workers.cli import accounts, avatar, corpus, ledger, stack
from workers.cli.console import complain

app = typer.Typer(
    name="engage",
    help="A self-hosted AI avatar of a creator: answers comments, direct messages and live chat.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (stack, accounts, corpus, avatar, ledger):
    module.register(app)


def run(arguments: list[str]) -> int:
    """Run one command line. Returns the exit code."""
    try:
        result = app(arguments, standalone_mode=False)
    except ConfigError as error:
        complain(str(error))
        return 2
    except EngageError as error:
        complain(str(error))
        return 1
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        complain("stopped")
        return 130
    except BrokenPipeError:
        return 1
    return result if isinstance(result, int) else 0
