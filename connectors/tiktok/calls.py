"""Calls to TikTok's business API, and the data inside its answers."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from connectors import http
from connectors.fields import mapping
from connectors.tiktok.envelope import READ, WRITE
from engage.errors import Ambiguous, Malformed, Unavailable

API = "https://business-api.tiktok.com"
VERSION = "/open_api/v1.3"


def client(config: Mapping[str, Any], app_config: Mapping[str, Any], token: str = "") -> httpx.AsyncClient:
    """A client for one account; without a token for the calls that are the application's."""
    base_url = config.get("base_url") or app_config.get("base_url") or API
    # The token's header is TikTok's own, and wants no "Bearer".
    return http.client(f"{str(base_url).rstrip('/')}{VERSION}", headers={"access-token": token} if token else None)


def listed(*values: str) -> str:
    """A list in a query: TikTok wants it as JSON."""
    return json.dumps(values, separators=(",", ":"))


async def get(calls: httpx.AsyncClient, path: str, params: Mapping[str, str]) -> dict[str, Any]:
    """The `data` of a GET. Raises what a read raises."""
    return await _read(calls, calls.build_request("GET", path, params=dict(params)))


async def put(calls: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The `data` of a POST that may be repeated: asking, deleting, hiding, subscribing. Raises what a read raises."""
    return await _read(calls, calls.build_request("POST", path, json=dict(body)))


async def post(calls: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The `data` of a POST that must happen at most once. Raises what a write raises."""
    answer = await http.write(calls, calls.build_request("POST", path, json=dict(body)), WRITE)
    try:
        return mapping(answer.json(), "data")
    except Malformed:
        raise Ambiguous("TikTok accepted it, but its answer holds no data") from None


async def _read(calls: httpx.AsyncClient, request: httpx.Request) -> dict[str, Any]:
    answer = await http.read(calls, request, READ)
    try:
        return mapping(answer.json(), "data")
    except Malformed:
        raise Unavailable(f"{request.url.path} answered without data") from None
