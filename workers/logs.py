"""Log lines without personal data: what is masked in them, whoever writes them.

Known patterns are masked by `engage.personal` and `engage.confidential`. A follower's words have no pattern: so an
error that is none of ours says its class and the lines it went through, and nothing of its message, which may quote
them; of variables nothing is shown; and what a field of a line is called decides whether it may hold words of people.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from datetime import date, timedelta
from types import TracebackType
from typing import Any

import structlog

from engage import personal
from engage.confidential import without_secrets
from engage.errors import EngageError

LEFT_OUT = "[left out]"
LONGEST = 500  # characters of one value
DEEPEST = 8  # causes of an error, and boxes in boxes
# Fields that hold words or names of people, whatever they say.
_PEOPLE = re.compile(
    r"(?:^|_)(?:text|texts|message|messages|words|body|payload|question|answer|draft|reply_text|prompt|author|follower"
    r"|user|username|user_id|person|display_name|handle|bio|credentials|secrets?|token|password|cookie|authorization)$"
)
_PLAIN = re.compile(r"[0-9a-f]{32}|[A-Za-z_]{0,30}")  # ids of ours, and names of things
_QUERY = re.compile(r"(?<=[\w/\-])\?[^\s\"'<>]+")  # of an address: tokens and handles stand there
_QUIET = (str, bytes, int, float, bool, type(None), date, timedelta)


def clean(text: str) -> str:
    """A text as it may be logged. Pure."""
    if _PLAIN.fullmatch(text):
        return text
    shown = personal.mask(without_secrets(_QUERY.sub("?[query]", text)))
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def told(error: BaseException) -> str:
    """What an error may say in a log or in an answer: its words where they are ours, else its class. Pure."""
    kind = type(error).__name__
    if isinstance(error, EngageError) or (isinstance(error, OSError) and not error.filename):
        return clean(f"{kind}: {error}" if str(error) else kind)
    return kind


def trail(error: BaseException) -> str:
    """An error with its causes: classes, words as `told` tells them, and lines of code. No variables. Pure."""
    return "\n".join(line for one in _causes(error) for line in (told(one), *_lines(one.__traceback__)))


def _causes(error: BaseException | None, depth: int = 0) -> Iterator[BaseException]:
    """The error, what it is a group of, and what it came from."""
    while error is not None and depth < DEEPEST:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for one in error.exceptions[:DEEPEST]:
                yield from _causes(one, depth + 1)
        error, depth = error.__cause__ or (None if error.__suppress_context__ else error.__context__), depth + 1


def _lines(tb: TracebackType | None) -> list[str]:
    return [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(tb)]


def mask_event(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The structlog processor: every value of a line, and its error as `exception`."""
    error = _error_in(event.pop("exc_info", None))
    shown = {key: _value(key, value) for key, value in event.items()}
    return shown if error is None else {**shown, "exception": trail(error)}


def _value(key: str, value: Any, depth: int = 0) -> Any:
    if _PEOPLE.search(key):
        return LEFT_OUT
    if isinstance(value, BaseException):
        return told(value)
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bytes) or depth > DEEPEST:
        return LEFT_OUT
    if isinstance(value, Mapping):
        return {clean(str(name)): _value(str(name), one, depth + 1) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_value("", one, depth + 1) for one in value]
    return value if isinstance(value, _QUIET) else clean(type(value).__name__)


def _error_in(given: Any) -> BaseException | None:
    """The error that `exc_info` means, in all the ways in which it may be written."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if len(given) > 1 else None
    return sys.exc_info()[1] if given else None


def mask_records() -> None:
    """The same for what libraries log: masked where it is made, so that no handler of theirs sees it otherwise."""
    if not isinstance(logging.getLogRecordFactory(), _Records):
        logging.setLogRecordFactory(_Records(logging.getLogRecordFactory()))


class _Records:
    """Makes log records without personal data."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        error = _error_in(record.exc_info)
        if record.name == "uvicorn.access":  # its formatter takes the arguments apart: client, method, path, …
            record.args = tuple(_address(one) for one in record.args or ())
            return record
        record.msg, record.args = _said(record, error), ()
        if error is not None:
            record.exc_info, record.exc_text = None, trail(error)
        return record


def _address(value: object) -> object:
    """An argument of an access line: no query, and not whose it was."""
    if not isinstance(value, str):
        return value
    return "-" if re.fullmatch(r"[\d.a-fA-F:\[\]]+:\d+", value) else clean(value)


def _said(record: logging.LogRecord, error: BaseException | None) -> str:
    """A record's message. Libraries put the error's words into it, which are left out as they are elsewhere."""
    if isinstance(record.msg, BaseException):
        return told(record.msg)
    try:
        said = record.getMessage()
    except Exception:
        return clean(str(record.msg))
    for one in _causes(error):
        for words in sorted({repr(one), str(one), *map(str, one.args)}, key=len, reverse=True):
            said = said.replace(words, told(one)) if len(words.strip()) > 1 else said
    return clean(said)


def mask_crashes() -> None:
    """An error that nobody caught ends a thread or a process: the interpreter would print its words."""
    log = logging.getLogger("engage")

    def crashed(kind: type[BaseException], error: BaseException | None, *_: Any) -> None:
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            return
        log.critical("crashed: %s", kind.__name__, exc_info=error or kind())

    sys.excepthook = crashed
    threading.excepthook = lambda args: crashed(args.exc_type, args.exc_value)
    sys.unraisablehook = lambda args: crashed(args.exc_type, args.exc_value)


def configure_libraries(level: int = logging.WARNING) -> None:
    """Warnings of libraries come through, their chatter does not."""
    logging.basicConfig(level=max(level, logging.WARNING), format="%(levelname)s %(name)s: %(message)s")
    mask_records()


def configure(level: str) -> None:
    """JSON lines on stderr, colours on a terminal."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    configure_libraries(number)
    console = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            mask_event,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
