"""What a platform's answers mean, against a real server."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from connectors import http
from connectors.answers import PLAIN, Dialect, retry_after
from engage.errors import Ambiguous, EngageError, Permanent, RateLimited, Refused, Unauthorized, Unavailable
from tests.connectors.conftest import Scripted, drip, hang, hang_up, reset, response

Start = Callable[..., Awaitable[Scripted]]
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
SECRET = "tok_a1b2c3d4e5f6a7b8c9"
FORBIDDEN_IS_AUTH = Dialect(is_auth=lambda answer: answer.status_code in (401, 403))


@asynccontextmanager
async def client(url: str, timeout_s: float = 2.0) -> AsyncIterator[httpx.AsyncClient]:
    made = http.client(url, timeout=timedelta(seconds=timeout_s), headers={"authorization": f"Bearer {SECRET}"})
    try:
        yield made
    finally:
        await made.aclose()


async def outcome(call: Any, url: str, dialect: Dialect = PLAIN, timeout_s: float = 2.0) -> EngageError:
    async with client(url, timeout_s) as made:
        with pytest.raises(EngageError) as caught:
            await call(made, made.build_request("POST", "/send", json={"text": "hi"}), dialect)
    return caught.value


@pytest.mark.parametrize(
    ("status", "on_write", "on_read"),
    [
        (301, Unavailable, Unavailable),
        (400, Refused, Refused),
        (401, Unauthorized, Unauthorized),
        (403, Refused, Refused),
        (404, Refused, Refused),
        (408, Unavailable, Unavailable),
        (410, Refused, Refused),
        (422, Refused, Refused),
        (429, RateLimited, RateLimited),
        (500, Ambiguous, Unavailable),
        (502, Ambiguous, Unavailable),
        (503, Ambiguous, Unavailable),
        (504, Ambiguous, Unavailable),
    ],
)
async def test_status(scripted: Start, status: int, on_write: type[EngageError], on_read: type[EngageError]) -> None:
    server = await scripted(response(status, '{"error": {"code": "why", "message": "because"}}'))
    written = await outcome(http.write, server.url)
    assert type(written) is on_write
    assert f"127.0.0.1 answered {status}: why: because" in str(written)
    assert len(server.requests) == 1, "a write is never repeated"
    assert type(await outcome(http.read, server.url)) is on_read
    assert len(server.requests) == 1 + (3 if on_read is Unavailable else 1)


async def test_which_403_is_about_access_is_the_platforms_to_say(scripted: Start) -> None:
    server = await scripted(response(403))
    assert type(await outcome(http.write, server.url, FORBIDDEN_IS_AUTH)) is Unauthorized


@pytest.mark.parametrize("script", [hang, hang_up, reset, drip, b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-len"])
async def test_a_lost_answer_is_ambiguous_on_a_write(scripted: Start, script: Any) -> None:
    server = await scripted(script)
    began = time.monotonic()
    error = await outcome(http.write, server.url, timeout_s=0.2)
    assert type(error) is Ambiguous
    assert len(server.requests) == 1
    assert time.monotonic() - began < 2


async def test_a_cut_body_is_ambiguous(scripted: Start) -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"id": ')
        await writer.drain()
        writer.close()

    assert type(await outcome(http.write, (await scripted(half)).url)) is Ambiguous


@pytest.mark.parametrize("script", [hang, reset])
async def test_a_lost_answer_to_a_read_is_tried_again(scripted: Start, script: Any) -> None:
    server = await scripted(script, script, response(200, '{"ok": 1}'))
    async with client(server.url, 0.2) as made:
        answer = await http.read(made, made.build_request("GET", "/look"))
    assert answer.json() == {"ok": 1}
    assert len(server.requests) == 3


async def test_nobody_listens(unused_tcp_port: int) -> None:
    for call in (http.write, http.read):
        error = await outcome(call, f"http://127.0.0.1:{unused_tcp_port}")
        assert type(error) is Unavailable
        assert "could not be reached" in str(error)


async def test_a_name_nobody_has() -> None:
    assert type(await outcome(http.write, "http://nobody.invalid")) is Unavailable


async def test_no_tls_where_tls_is_expected_was_never_sent(scripted: Start) -> None:
    server = await scripted(response(200))
    assert type(await outcome(http.write, server.url.replace("http:", "https:"))) is Unavailable
    assert server.requests == []


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("0.5", timedelta(seconds=0.5)),
        ("-3", timedelta()),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), timedelta(seconds=90)),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), timedelta()),
        ("soon", None),
        ("inf", None),
        ("", None),
    ],
)
def test_retry_after(value: str, wait: timedelta | None) -> None:
    assert retry_after({"retry-after": value}, NOW) == wait


async def test_rate_limited_says_when(scripted: Start) -> None:
    server = await scripted(response(429, "", "retry-after: 12"))
    error = await outcome(http.write, server.url)
    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(seconds=12)


async def test_a_platform_may_refuse_inside_a_200(scripted: Start) -> None:
    def dropped(answer: httpx.Response) -> EngageError | None:
        return Refused("dropped") if answer.json().get("is_sent") is False else None

    server = await scripted(response(200, '{"is_sent": false}'), response(200, '{"is_sent": true}'))
    dialect = Dialect(special=dropped)
    assert type(await outcome(http.write, server.url, dialect)) is Refused
    async with client(server.url) as made:
        assert (await http.write(made, made.build_request("POST", "/"), dialect)).status_code == 200


@pytest.mark.parametrize(
    "body", [f'{{"message": "bad token {SECRET} at /bot{SECRET}/send?key={SECRET}"}}', f'{{"error": "{SECRET}"}}']
)
async def test_no_secret_in_a_message(scripted: Start, body: str) -> None:
    server = await scripted(response(400, body))
    async with client(server.url) as made:
        request = made.build_request("POST", f"/bot{SECRET}/send", params={"key": SECRET})
        with pytest.raises(Permanent) as caught:
            await http.write(made, request)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("form", ["json", "data"])
async def test_what_people_were_to_be_told_is_not_quoted(form: str, scripted: Start) -> None:
    reply = "Dear Ana, your zebra finches wait at noon"
    server = await scripted(response(400, f'{{"message": "cannot post \'{reply[:30]}\': too rude"}}'))
    async with client(server.url) as made:
        sent: dict[str, Any] = {form: {"message": {"text": reply}} if form == "json" else {"text": reply}}
        with pytest.raises(Permanent) as caught:
            await http.write(made, made.build_request("POST", "/", **sent))
    assert str(caught.value).endswith("cannot post '***': too rude")


async def test_no_secret_in_what_a_traceback_shows(unused_tcp_port: int) -> None:
    error = await outcome(http.write, f"http://127.0.0.1:{unused_tcp_port}/bot{SECRET}/")
    assert SECRET not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


async def test_long_and_strange_messages(scripted: Start) -> None:
    error = await outcome(http.write, (await scripted(response(400, '{"message": "' + "a\\n " * 500 + '"}'))).url)
    assert len(str(error)) < 300
    assert "\n" not in str(error)
    for strange in ("<html>", "[1]", '{"error": 5}', ""):
        shown = await outcome(http.write, (await scripted(response(400, strange))).url)
        assert str(shown) == "127.0.0.1 answered 400"


async def test_hundreds_in_flight(scripted: Start) -> None:
    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        writer.write(response(200))

    server = await scripted(slowly)
    async with client(server.url, 10) as made:
        began = time.monotonic()
        await asyncio.gather(*(http.write(made, made.build_request("POST", "/")) for _ in range(400)))
        assert time.monotonic() - began < 4
