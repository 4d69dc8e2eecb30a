"""The command tree, and what becomes of errors: 0 done, 1 failed, 2 wrong arguments or configuration."""

from typing import Any

import typer

from engage.errors import ConfigError, EngageError
from workers.cli import (
    accounts,
    avatar,
    benchmarks,
    chaos,
    connect,
    corpus,
    evaluate,
    keys,
    ledger,
    measure,
    privacy,
    questions,
    redteam,
    stack,
    voice,
)
from workers.cli.console import complain

# Typer carries its own copy of Click: this is the root of what it raises for wrong arguments.
ClickError: type[Any] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")

app = typer.Typer(
    name="engage",
    help="A self-hosted AI avatar of a creator: answers comments, direct messages and live chat.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
SERVING = (stack, accounts, connect, ledger, privacy, keys)
MODULES = (*SERVING, corpus, avatar, voice, evaluate, redteam, questions, measure, benchmarks, chaos)
for module in MODULES:
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
    except typer.Exit as stop:
        return int(stop.exit_code)
    except ClickError as error:
        error.show()
        return 2
    except (typer.Abort, KeyboardInterrupt):
        complain("stopped")
        return 130
    except BrokenPipeError:
        return 1
    return result if isinstance(result, int) else 0
