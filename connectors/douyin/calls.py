"""Calls to Douyin's open platform, and the answers in their envelope."""

from collections.abc import Mapping
from typing import Any

import httpx

from connectors import http
from connectors.douyin.envelope import READ, WRITE
from connectors.fields import mapping
from engage.errors import Malformed, Unavailable

API = "https://open.douyin.com"


def host(key: str, default: str, *configs: Mapping[str, Any]) -> str:
    """Where calls go: `key` of the first config that has it, else its `base_url`, else Douyin's own host."""
    found = [config.get(name) for name in (key, "base_url") for config in configs if config.get(name)]
    return str(found[0] if found else default).rstrip("/")


def client(config: Mapping[str, Any], app_config: Mapping[str, Any], token: str = "") -> httpx.AsyncClient:
    """A client for one account; without a token for the calls that are the application's."""
    return http.client(host("base_url", API, config, app_config), headers={"access-token": token} if token else None)


async def get(calls: httpx.AsyncClient, path: str, params: Mapping[str, str]) -> dict[str, Any]:
    """The `data` of a GET. Raises what a read raises."""
    return _data(await http.read(calls, calls.build_request("GET", path, params=dict(params)), READ))


async def ask(calls: httpx.AsyncClient, path: str, form: Mapping[str, str]) -> dict[str, Any]:
    """The `data` of a form that may be sent again. Raises what a read raises."""
    return _data(await http.read(calls, calls.build_request("POST", path, data=dict(form)), READ))


async def ask_once(calls: httpx.AsyncClient, path: str, form: Mapping[str, str]) -> dict[str, Any]:
    """The `data` of a form that uses something up. Raises what a write raises."""
    return _data(await http.write(calls, calls.build_request("POST", path, data=dict(form)), WRITE))


async def put(calls: httpx.AsyncClient, path: str, open_id: str, body: Mapping[str, Any]) -> None:
    """A POST that may be repeated. Raises what a read raises."""
    request = calls.build_request("POST", path, params={"open_id": open_id}, json=dict(body))
    await http.read(calls, request, READ)


async def post(calls: httpx.AsyncClient, path: str, open_id: str, body: Mapping[str, Any]) -> Any:
    """The whole answer to a POST that must happen at most once. Raises what a write raises."""
    request = calls.build_request("POST", path, params={"open_id": open_id}, json=dict(body))
    return (await http.write(calls, request, WRITE)).json()


def _data(answer: httpx.Response) -> dict[str, Any]:
    try:
        return mapping(answer.json(), "data")
    except Malformed:
        raise Unavailable(f"{answer.request.url.path} answered without data") from None
