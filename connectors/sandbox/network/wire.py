"""JSON over HTTP, both ways, and how a refusal looks. No pydantic: this is the hot path of a load test."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox.network.state import Refusal

Handler = Callable[[Request], Awaitable[Response]]


async def body(request: Request) -> dict[str, Any]:
    """The request's JSON object; an empty body is an empty object. Raises Refusal 422."""
    raw = await request.body()
    try:
        decoded = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError:
        raise Refusal(422, "malformed", "The body is not JSON.") from None
    if not isinstance(decoded, dict):
        raise Refusal(422, "malformed", "The body is not a JSON object.")
    return decoded


def number(request: Request, name: str, default: int, highest: int) -> int:
    """A whole number of the query, 0 to `highest`. Raises Refusal 422."""
    value = request.query_params.get(name, str(default))
    if not (value.isascii() and value.isdecimal()):
        raise Refusal(422, "malformed", f"{name}: expected a whole number.")
    return min(int(value), highest)


def answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(orjson.dumps(data), status, headers, "application/json")


def problem(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    """A refusal as machines read it."""
    return answer({"error": {"code": code, "message": message}}, status, headers)


async def refused(request: Request, error: Exception) -> Response:
    """Exception handler: what the rules refuse, and what the router does not know."""
    if isinstance(error, Refusal):
        return problem(error.status, error.code, error.message)
    assert isinstance(error, HTTPException)
    return problem(error.status_code, "no_such_route", str(error.detail))
