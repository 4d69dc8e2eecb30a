"""What the simulators of Meta's products share: tokens, the inbox with its windows, usage headers, signed webhooks."""

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
from starlette.routing import BaseRoute, Route

from tests.platforms.base import Simulator, deliver

WINDOW = timedelta(hours=24)
PRIVATE_REPLY_WINDOW = timedelta(days=7)
READABLE = 20


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
class Comment:
    """A comment on a post, or on another comment (`parent`)."""

    id: str
    post: str
    author: str
    name: str
    text: str
    at: datetime
    parent: str = ""
    live: bool = False
    hidden: bool = False


@dataclass
class Direct:
    """A message of one conversation."""

    id: str
    sender: str
    to: str
    text: str
    at: datetime
    metadata: str = ""


@dataclass
class Post:
    """A post of an account."""

    id: str
    text: str
    live: bool = False
    on_air: bool = False


@dataclass
class Graph(Simulator):
    """One account on a product of Meta's. `ahead` moves its clock."""

    own: str = ""
    handle: str = ""
    product: str = ""
    app_id: str = ""
    message_prefix: str = "m_"
    secret: str = ""
    verify_token: str = ""
    ahead: timedelta = timedelta()
    tokens: dict[str, Token] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)
    messages: list[Direct] = field(default_factory=list)
    posted: list[dict[str, str]] = field(default_factory=list)  # what apps posted, in its order
    privately: set[str] = field(default_factory=set)  # comments that had their private reply
    blocked: set[str] = field(default_factory=set)  # followers that no message reaches
    subscribed: dict[str, list[str]] = field(default_factory=dict)
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

    # rules of the product -------------------------------------------------------------------------------------------

    def fits(self, text: str) -> bool:
        """Whether a message is short enough."""
        raise NotImplementedError

    def comment_id(self, post: str) -> str:
        """An id for a new comment."""
        raise NotImplementedError

    def product_routes(self) -> Sequence[BaseRoute]:
        """What this product has beside the shared calls."""
        raise NotImplementedError

    # serving --------------------------------------------------------------------------------------------------------

    def routes(self) -> Sequence[BaseRoute]:
        return [
            *self.product_routes(),
            self.at("/v25.0/{id}/messages", self._send, "POST"),
            self.at("/v25.0/{id}/conversations", self._conversations),
            self.at("/v25.0/{id}/subscribed_apps", self._subscriptions),
            self.at("/v25.0/{id}/subscribed_apps", self._subscribe, "POST"),
        ]

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

    # the inbox ------------------------------------------------------------------------------------------------------

    def _send(self, request: Request, given: Mapping[str, Any]) -> Any:
        words, recipient = given["message"]["text"], given["recipient"]
        if not words or not self.fits(words):
            raise Refusal(100)
        to = (
            self._by_comment(recipient["comment_id"]) if "comment_id" in recipient else self._by_person(recipient["id"])
        )
        if to in self.blocked:
            raise Refusal(551, 1545041)
        message = Direct(
            self.fresh(self.message_prefix), self.own, to, words, self.now(), given["message"].get("metadata", "")
        )
        self.messages.append(message)
        self.posted.append({"id": message.id, "surface": "dm", "to": to, "text": words})
        return {"recipient_id": to, "message_id": message.id}

    def _by_comment(self, comment_id: str) -> str:
        comment = self.comments.get(comment_id)
        if comment is None or comment_id in self.privately:
            raise Refusal(100)
        ended = comment.live and not self.posts[comment.post].on_air
        if ended or self.now() >= comment.at + PRIVATE_REPLY_WINDOW:
            raise Refusal(10, 2534022, 403)
        self.privately.add(comment_id)
        return comment.author

    def _by_person(self, person: str) -> str:
        theirs = [message.at for message in self.messages if message.sender == person]
        if not theirs:
            raise Refusal(100, 2018001)
        if self.now() >= max(theirs) + WINDOW:
            raise Refusal(10, 2018278, 403)
        return person

    def _conversations(self, request: Request, given: Mapping[str, Any]) -> Any:
        people = {message.sender if message.sender != self.own else message.to for message in self.messages}
        if person := given.get("user_id"):
            people &= {person}
        return {"data": [self._conversation(person) for person in sorted(people)]}

    def _conversation(self, person: str) -> dict[str, Any]:
        talk = [message for message in self.messages if person in (message.sender, message.to)][-READABLE:]
        rows = [
            {
                "id": message.id,
                "created_time": graph_time(message.at),
                "from": self.person(message.sender),
                "to": {"data": [self.person(message.to)]},
                "message": message.text,
            }
            for message in reversed(talk)
        ]
        return {"id": f"t_{person}", "updated_time": rows[0]["created_time"], "messages": {"data": rows}}

    def person(self, user_id: str) -> dict[str, str]:
        return {"id": user_id, "username": self.handle if user_id == self.own else f"fan_{user_id[-1]}"}

    # subscriptions and webhooks -------------------------------------------------------------------------------------

    def _subscribe(self, request: Request, given: Mapping[str, Any]) -> Any:
        self.subscribed[request.path_params["id"]] = given["subscribed_fields"].split(",")
        return {"success": True}

    def _subscriptions(self, request: Request, given: Mapping[str, Any]) -> Any:
        fields = self.subscribed.get(request.path_params["id"])
        return {"data": [{"id": self.app_id, "subscribed_fields": fields}] if fields else []}

    def delivery(self, *entries: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
        """The body and the headers of a call of the webhook."""
        body = json.dumps({"object": self.product, "entry": entries}, ensure_ascii=True).encode()
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        return body, {"x-hub-signature-256": f"sha256={signature}"}

    def call_webhook(self, url: str, *entries: Mapping[str, Any]) -> httpx.Response:
        body, headers = self.delivery(*entries)
        return deliver(url, body, headers)

    def entry(self, kind: str, item: Mapping[str, Any]) -> dict[str, Any]:
        stamp = self.now().timestamp()
        return {"id": self.own, "time": int(stamp * (1 if kind == "changes" else 1000)), kind: [item]}

    def message_entry(self, message: Direct, **more: Any) -> dict[str, Any]:
        told: dict[str, Any] = {"mid": message.id, "text": message.text, **more}
        if message.sender == self.own:
            told["is_echo"] = True
        ends = {"sender": {"id": message.sender}, "recipient": {"id": message.to}}
        return self.entry("messaging", {**ends, "timestamp": int(message.at.timestamp() * 1000), "message": told})

    def write_message(self, person: str, text: str) -> Direct:
        """A follower writes a direct message."""
        message = Direct(self.fresh(self.message_prefix), person, self.own, text, self.now())
        self.messages.append(message)
        return message

    def write_by_hand(self, person: str, text: str) -> Direct:
        """The creator writes in the app."""
        message = Direct(self.fresh(self.message_prefix), self.own, person, text, self.now())
        self.messages.append(message)
        return message


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
