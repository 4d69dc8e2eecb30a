"""No log line holds what people wrote, who they are, or a secret: whoever writes the line."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from engage.errors import Unavailable
from workers import logs

WORDS = "zebra finches at noon"
MAIL = "ana@mail.example"


@pytest.fixture
def line() -> Iterator[Callable[[], dict[str, Any]]]:
    """What structlog has just written."""
    before, out = structlog.get_config(), io.StringIO()
    factory = logging.getLogRecordFactory()
    logs.configure("INFO")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(out))
    yield lambda: json.loads(out.getvalue())
    structlog.configure(**before)
    logging.setLogRecordFactory(factory)


def test_what_has_a_known_form_is_masked_in_every_value(line: Callable[[], dict[str, Any]]) -> None:
    phone, key = "+44 20 7946 0958", "sk-abcdefghijklmnop1234"
    address = f"https://x.example/a?token={WORDS.split()[0]}"
    structlog.get_logger().info(f"to {MAIL}", error=f"call {phone}", deep={"why": [f"with {key}", address]}, count=3)
    said = line()
    assert said["event"] == "to [email]"
    assert said["error"] == "call [phone]"
    assert said["deep"] == {"why": ["with [secret]", "https://x.example/a?[query]"]}
    assert said["count"] == 3


@pytest.mark.parametrize("key", ["text", "author", "user_id", "body", "platform_user_id", "draft", "access_token"])
def test_a_field_for_words_of_people_or_for_secrets_is_left_out(key: str, line: Callable[[], dict[str, Any]]) -> None:
    structlog.get_logger().info("seen", **{key: WORDS})
    assert line()[key] == logs.LEFT_OUT


def test_an_error_of_others_tells_its_class_and_its_way_but_not_its_words(line: Callable[[], dict[str, Any]]) -> None:
    def fails(words: str) -> None:
        try:
            raise KeyError(words)
        except KeyError as error:
            raise ValueError(f"no {words}") from error

    try:
        fails(WORDS)
    except ValueError as error:
        structlog.get_logger().exception("failed", why=error)
    said = line()
    assert WORDS not in json.dumps(said)
    assert said["why"] == "ValueError"
    assert all(word in said["exception"] for word in ("ValueError", "KeyError", "test_logs.py", "fails"))


def test_an_error_of_ours_tells_its_words_masked(line: Callable[[], dict[str, Any]]) -> None:
    structlog.get_logger().warning("outage", error=Unavailable(f"no answer from x.example for {MAIL}"))
    assert line()["error"] == "Unavailable: no answer from x.example for [email]"


def test_errors_in_a_group_and_causes_without_end_are_told_and_stop() -> None:
    group = ExceptionGroup(WORDS, [ValueError(WORDS), Unavailable("gone")])
    assert logs.trail(group).splitlines() == ["ExceptionGroup", "ValueError", "Unavailable: gone"]
    one, two = ValueError(WORDS), KeyError(WORDS)
    one.__cause__, two.__cause__ = two, one
    assert WORDS not in logs.trail(one)


@pytest.fixture
def library() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A library's logger with a handler of its own."""
    factory, out = logging.getLogRecordFactory(), io.StringIO()
    logs.mask_records()
    logger = logging.getLogger("some.library")
    handler = logging.StreamHandler(out)
    logger.addHandler(handler)
    yield logger, out
    logger.removeHandler(handler)
    logging.setLogRecordFactory(factory)


def test_a_library_that_logs_an_error_with_its_words_shows_none_of_them(
    library: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, out = library
    try:
        raise ValueError(WORDS)
    except ValueError as error:
        logger.exception("Task engage.wake[%s] raised unexpected: %r", "id", error)
        logger.exception("future: <Task exception=%r> said %s", error, error)
        logger.exception(error)
    assert WORDS not in out.getvalue()
    assert out.getvalue().count("ValueError") >= 4


def test_a_librarys_line_is_masked_whatever_its_arguments(library: tuple[logging.Logger, io.StringIO]) -> None:
    logger, out = library
    logger.warning("to %s from %s", MAIL, {"at": "+44 20 7946 0958"})
    logger.warning("bad %d", "format")
    assert out.getvalue().splitlines() == ["to [email] from {'at': '[phone]'}", "bad %d"]


def test_an_access_line_holds_no_query_and_no_address_of_the_caller() -> None:
    factory = logging.getLogRecordFactory()
    logs.mask_records()
    try:
        arguments = ("203.0.113.9:4711", "GET", f"/hooks/x?hub.verify_token={WORDS[:5]}&who={MAIL}", "1.1", 200)
        record = logging.getLogger("uvicorn.access").makeRecord(
            "uvicorn.access", logging.INFO, "f", 1, '%s - "%s %s HTTP/%s" %d', arguments, None
        )
    finally:
        logging.setLogRecordFactory(factory)
    assert record.getMessage() == '- - "GET /hooks/x?[query] HTTP/1.1" 200'


CELERY = """
import logging
from workers.app import app
app.log.setup(loglevel=logging.WARNING)
logging.getLogger("celery.app.trace").warning("to %s", "ana@mail.example")
"""


def test_celery_logs_in_our_form_too() -> None:
    ended = subprocess.run([sys.executable, "-c", CELERY], capture_output=True, text=True, check=True)
    assert ended.stderr == "WARNING celery.app.trace: to [email]\n"


CRASH = """
import logging, threading
from workers import process
process.begin("INFO")
logging.getLogger("some.library").warning("to %s", "ana@mail.example")
thread = threading.Thread(target=lambda: int("{words}"))
thread.start()
thread.join()
raise ValueError("{words}")
"""


def test_a_process_of_ours_masks_its_libraries_and_prints_no_words_of_a_crash() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", CRASH.format(words=WORDS)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert WORDS not in ended.stderr
    assert "to [email]" in ended.stderr
    assert ended.stderr.count("crashed: ValueError") == 2
