"""A simulated Kick: consent with PKCE and one-time refresh tokens, the chat, and signed webhooks to one address."""

import asyncio
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors import oauth
from connectors.kick.connect import SCOPES
from tests.connectors.kick import kit
from tests.platforms.base import Simulator, deliver

CLIENT = ("01KICKAPP", "appsecret0123456789abcdef")


@dataclass
class Kick(Simulator):
    """One channel with its creator and the application's bot."""

    hook: str = ""  # the address in the developer tab
    lines: dict[str, dict[str, Any]] = field(default_factory=dict)
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    access: dict[str, tuple[str, ...]] = field(default_factory=dict)  # each token's scopes
    refresh: set[str] = field(default_factory=set)
    muted: bool = False  # the chat takes no line
    has_bot: bool = True  # a bot was made for the application
    echoes: bool = True  # whether what is written through the API comes back by webhook
    lists_all: bool = False  # the list of subscriptions ignores whose are asked for
    most: int = 1_000  # subscriptions of the application
    grants: Sequence[str] = SCOPES

    def __post_init__(self) -> None:
        super().__post_init__()
        self.codes: dict[str, dict[str, str]] = {}
        self.posted: list[dict[str, Any]] = []

    def routes(self) -> Sequence[BaseRoute]:
        api = "/public/v1"
        return [
            Route("/oauth/token", self._token, methods=["POST"]),
            Route("/oauth/token/introspect", self._introspect, methods=["POST"]),
            Route("/oauth/revoke", self._revoke, methods=["POST"]),
            Route(f"{api}/users", self._users),
            Route(f"{api}/public-key", self._public_key),
            Route(f"{api}/events/subscriptions", self._subscriptions, methods=["GET", "POST", "DELETE"]),
            Route(f"{api}/chat", self._chat, methods=["POST"]),
            Route(f"{api}/chat/{{line}}", self._remove, methods=["DELETE"]),
        ]

    # what people do -------------------------------------------------------------------------------------------------

    def consent(self, url: str) -> dict[str, str]:
        """The creator's browser: opens Kick's page and agrees."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT[0]
        assert asked["code_challenge_method"] == "S256"
        assert asked["scope"].split() == list(SCOPES)
        code = secrets.token_hex(8)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def tokens(self, scopes: Sequence[str] = SCOPES) -> dict[str, str]:
        made = {"access_token": secrets.token_hex(12), "refresh_token": secrets.token_hex(12)}
        self.access[made["access_token"]] = tuple(scopes)
        self.refresh.add(made["refresh_token"])
        return made

    def say(self, text: str, sender: str = kit.FOLLOWER, message_id: str = "") -> dict[str, Any]:
        """A line in the chat."""
        line = kit.line(message_id or secrets.token_hex(8), text, sender, created_at=datetime.now(UTC).isoformat())
        self.lines[line["message_id"]] = line
        return line

    def tell(self, line: dict[str, Any], kind: str = "chat.message.sent") -> httpx.Response:
        """Kick calls the application."""
        body = json.dumps(line).encode()
        return deliver(self.hook, body, kit.sign(kit.SECRETS[0], secrets.token_hex(8), datetime.now(UTC), body, kind))

    # what applications ask ------------------------------------------------------------------------------------------

    def _refused(self, request: Request, scope: str = "") -> Response | None:
        granted = self.access.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if granted is None or (scope and scope not in granted):
            return _said(401, "Unauthorized")
        return None

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if (form.get("client_id"), form.get("client_secret")) != CLIENT:
            return JSONResponse({"error": "invalid_client"}, 401)
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.refresh:
                return JSONResponse({"error": "invalid_grant"}, 400)
            self.refresh.remove(form["refresh_token"])
        else:
            asked = self.codes.pop(form.get("code", ""), None)
            proved = asked and oauth.challenge(form.get("code_verifier", "")) == asked["code_challenge"]
            if not (asked and proved and form["redirect_uri"] == asked["redirect_uri"]):
                return JSONResponse({"error": "invalid_grant"}, 400)
        made = {**self.tokens(self.grants), "expires_in": 7200, "token_type": "Bearer"}
        return JSONResponse({**made, "scope": " ".join(self.grants)})

    async def _revoke(self, request: Request) -> Response:
        token = request.query_params.get("token", "")
        if request.query_params.get("token_hint_type") not in (None, "access_token", "refresh_token") or not token:
            return JSONResponse({"error": "Invalid request"}, 400)
        self.access.pop(token, None)
        self.refresh.discard(token)
        return Response("OK")

    async def _introspect(self, request: Request) -> Response:
        scopes = self.access.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if scopes is None:
            return _said(200, "OK", {"active": False})
        return _said(
            200, "OK", {"active": True, "client_id": CLIENT[0], "token_type": "user", "scope": " ".join(scopes)}
        )

    async def _users(self, request: Request) -> Response:
        rows = [{"user_id": int(kit.CHANNEL), "name": "creator", "email": "", "profile_picture": ""}]
        return self._refused(request, "user:read") or _said(200, "OK", rows)

    async def _public_key(self, request: Request) -> Response:
        return _said(200, "OK", {"public_key": kit.public_pem(kit.SECRETS[0])})

    async def _subscriptions(self, request: Request) -> Response:
        if refused := self._refused(request, "events:subscribe"):
            return refused
        if request.method == "GET":
            whose = request.query_params.get("broadcaster_user_id", "")
            rows = [row for row in self.subscriptions if self.lists_all or str(row["broadcaster_user_id"]) == whose]
            return _said(200, "OK", rows)
        if request.method == "DELETE":
            gone = request.query_params.getlist("id")
            if not gone or not {row["id"] for row in self.subscriptions} >= set(gone):
                return _said(404, "Not found")
            self.subscriptions = [row for row in self.subscriptions if row["id"] not in gone]
            return Response(status_code=204)
        asked = await request.json()
        assert asked["method"] == "webhook"
        whose = asked["broadcaster_user_id"]
        return _said(200, "OK", [self._subscribe(event["name"], event["version"], whose) for event in asked["events"]])

    def _subscribe(self, event: str, version: int, channel: int) -> dict[str, Any]:
        told = {"name": event, "version": version}
        if len(self.subscriptions) >= self.most:
            return {**told, "error": "subscription limit reached"}
        made = {"id": secrets.token_hex(8), "event": event, "version": version, "method": "webhook"}
        self.subscriptions.append({**made, "broadcaster_user_id": channel})
        return {**told, "subscription_id": made["id"]}

    async def _chat(self, request: Request) -> Response:
        if refused := self._refused(request, "chat:write"):
            return refused
        said = await request.json()
        wrong = said["type"] not in ("bot", "user") or not 1 <= len(said["content"]) <= 500
        if wrong or (said["type"] == "user" and not isinstance(said.get("broadcaster_user_id"), int)):
            return _said(400, "Invalid request")
        if said["type"] == "bot" and not self.has_bot:
            return _said(400, "Bad request", "Channel not found")
        if said.get("reply_to_message_id") not in (None, *self.lines):
            return _said(404, "Not found")
        if self.muted:
            return _said(200, "OK", {"is_sent": False, "message_id": ""})
        line = self.say(said["content"], kit.BOT if said["type"] == "bot" else kit.CHANNEL)
        self.posted.append({**said, "message_id": line["message_id"]})
        if self.echoes and self.hook:
            asyncio.get_running_loop().run_in_executor(None, self.tell, line)
        return _said(200, "OK", {"is_sent": True, "message_id": line["message_id"]})

    async def _remove(self, request: Request) -> Response:
        if refused := self._refused(request, "moderation:chat_message:manage"):
            return refused
        if self.lines.pop(request.path_params["line"], None) is None:
            return _said(404, "Not found")
        return Response(status_code=204)


def _said(status: int, message: str, data: Any = None) -> Response:
    """As Kick answers everything."""
    return JSONResponse({"data": {} if data is None else data, "message": message}, status)
