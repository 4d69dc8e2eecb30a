"""What the simulators of Meta's products share: tokens, usage headers, refusals, pages, signed webhooks."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.platforms.base import Simulator, deliver


class Refusal(Exception):
    """An error of the Graph API."""

    def __init__(self, code: int, subcode: int = 0, status: int = 400, **more: Any) -> None:
        super().__init__(code)
        self.status = status
        fault: dict[str, Any] = {"message": f"(#{code}) refused", "type": "OAuthException", "code": code, **more}
        self.body = {"error": {**fault, **({"error_subcode": subcode} if subcode else {})}}


@dataclass
class Token:
    """Access to one account."""

    account: str
    issued_at: datetime
    expires_at: datetime | None


@dataclass
class Graph(Simulator):
    """One account on a product of Meta's. `ahead` moves its clock."""

    own: str = ""
    handle: str = ""
    product: str = ""
    app_id: str = ""
    secret: str = ""
    verify_token: str = ""
    ahead: timedelta = timedelta()
    tokens: dict[str, Token] = field(default_factory=dict)
    posted: list[dict[str, str]] = field(default_factory=list)  # what apps posted, in its order
    usage: dict[str, Any] = field(default_factory=lambda: {"call_count": 3, "total_time": 1, "total_cputime": 1})
    business_usage: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._ids = count(1)

    def begin_anew(self) -> None:
        """As it was when it started, at the same address: tests share one that runs."""
        loop, url, over = self._loop, self.url, self._over
        if loop is not None:
            loop.call_soon_threadsafe(over.set)
        type(self).__init__(self, secret=self.secret, verify_token=self.verify_token)
        self._loop, self.url = loop, url

    # serving --------------------------------------------------------------------------------------------------------

    def at(
        self,
        path: str,
        answer: Callable[[Request, Mapping[str, Any]], Any],
        method: str = "GET",
        *,
        anyone: bool = False,
    ) -> Route:
        """A call: what it is given as one mapping, its answer as JSON, its refusals in Meta's envelope."""

        async def call(request: Request) -> Response:
            try:
                if not anyone:
                    self._known(request)
                said = answer(request, await _given(request))
            except Refusal as refusal:
                return JSONResponse(refusal.body, refusal.status, self._headers())
            return JSONResponse(said, headers=self._headers())

        return Route(path, call, methods=[method])

    def _headers(self) -> dict[str, str]:
        told = {"x-app-usage": json.dumps(self.usage)}
        if self.business_usage:
            told["x-business-use-case-usage"] = json.dumps({self.own: [self.business_usage]})
        return told

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def fresh(self, prefix: str = "") -> str:
        return f"{prefix}{next(self._ids):06d}"

    def grant(self, token: str, lasts: timedelta | None = timedelta(days=60), account: str = "") -> str:
        ends = self.now() + lasts if lasts else None
        self.tokens[token] = Token(account or self.own, self.now(), ends)
        return token

    def known(self, token: str) -> Token:
        found = self.tokens.get(token)
        if found is None or (found.expires_at and found.expires_at <= self.now()):
            raise Refusal(190, 463 if found else 460, 401)
        return found

    def _known(self, request: Request) -> Token:
        return self.known(request.headers.get("authorization", "").removeprefix("Bearer "))

    # webhooks -------------------------------------------------------------------------------------------------------

    def delivery(self, *entries: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
        """The body and the headers of a call of the webhook."""
        body = json.dumps({"object": self.product, "entry": entries}, ensure_ascii=True).encode()
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        return body, {"x-hub-signature-256": f"sha256={signature}"}

    def call_webhook(self, url: str, *entries: Mapping[str, Any]) -> httpx.Response:
        body, headers = self.delivery(*entries)
        return deliver(url, body, headers)

    def signed_request(self, person: str, **more: Any) -> str:
        """What Meta sends of a person who removed the app."""
        said = {"algorithm": "HMAC-SHA256", "issued_at": int(self.now().timestamp()), "user_id": person, **more}
        payload = base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=")
        signature = hmac.new(self.secret.encode(), payload, hashlib.sha256).digest()
        return f"{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}.{payload.decode()}"

    def call_deauthorize(self, url: str, person: str) -> httpx.Response:
        """A person removes the app: the deauthorize callback is called."""
        return httpx.post(url, data={"signed_request": self.signed_request(person)}, timeout=20)

    def entry(self, kind: str, item: Mapping[str, Any]) -> dict[str, Any]:
        stamp = self.now().timestamp()
        return {"id": self.own, "time": int(stamp * (1 if kind == "changes" else 1000)), kind: [item]}


async def _given(request: Request) -> dict[str, Any]:
    """Query, form and JSON body as one."""
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        return {**request.query_params, **json.loads(body)}
    return {**request.query_params, **dict(parse_qsl(body.decode(), keep_blank_values=True))}


def graph_time(at: datetime) -> str:
    """As the Graph API writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def page_of(rows: Sequence[Any], given: Mapping[str, Any], default: int = 25) -> dict[str, Any]:
    """One page of a list, with the cursor of the next."""
    start, size = int(given.get("after") or 0), min(int(given.get("limit") or default), 50)
    told: dict[str, Any] = {"data": list(rows[start : start + size])}
    if start + size < len(rows):
        after = str(start + size)
        told["paging"] = {
            "cursors": {"before": str(start), "after": after},
            "next": f"https://example.org/?after={after}",
        }
    return told
