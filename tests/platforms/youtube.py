"""YouTube, simulated: the Data API with its units, live chat that is pushed, Google's consent, and the WebSub hub.

A follower comments by `comment`, writes in the live chat by `say`; `posted` shows what the app wrote.
"""

import asyncio
import hmac
import json
import secrets
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from connectors import oauth
from tests.platforms.base import Simulator, deliver

CHANNEL = "UCada"
OWNER_HANDLE = "@ada"
VIDEO = "vid1"
CHAT = "chat1"
FORCE_SSL = "https://www.googleapis.com/auth/youtube.force-ssl"
ACCESS = "ya29.access-token-one"
REFRESH = "1//refresh-token-one"
CLIENT = {"client_id": "123456-abc.apps.example", "client_secret": "GOCSPX-shhhhhhhhhhhhhhh"}
LIMITS = {"comment": 10_000, "chat": 200}
API = "/youtube/v3/"
COSTS = {
    ("POST", "comments"): 50,
    ("DELETE", "comments"): 50,
    ("POST", "comments/setModerationStatus"): 50,
    ("GET", "liveChat/messages"): 5,
    ("GET", "liveChat/messages/stream"): 5,
    ("POST", "liveChat/messages"): 20,
    ("DELETE", "liveChat/messages"): 20,
}
Answer = Callable[[Request], Awaitable[Response]]


class Refusal(Exception):
    """What YouTube says no with."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason

    @property
    def response(self) -> Response:
        told = {"message": f"Refused: {self.reason}.", "domain": "youtube", "reason": self.reason}
        return JSONResponse({"error": {"code": self.status, "message": told["message"], "errors": [told]}}, self.status)


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Comment:
    """One comment; `parent` is the first comment of its thread."""

    id: str
    author: str
    handle: str
    text: str
    video: str
    parent: str = ""
    status: str = "published"
    written_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    changed_at: datetime | None = None

    def resource(self, *, by_id: bool = False) -> dict[str, Any]:
        """by_id: asked for by its id, where YouTube does not tell its moderation status."""
        snippet = {} if by_id else {"moderationStatus": self.status}
        snippet |= {
            "channelId": CHANNEL,
            "textDisplay": self.text,
            "textOriginal": self.text,
            "authorDisplayName": self.handle,
            "authorChannelId": {"value": self.author},
            "publishedAt": iso(self.written_at),
            "updatedAt": iso(self.changed_at or self.written_at),
        }
        where = {"parentId": self.parent} if self.parent else {"videoId": self.video}
        return {"kind": "youtube#comment", "id": self.id, "snippet": snippet | where}


@dataclass
class Chat:
    """A live chat. `lines` are the messages in the API's form."""

    video: str
    title: str
    lines: list[dict[str, Any]] = field(default_factory=list)
    ended: bool = False
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class YouTube(Simulator):
    """`with YouTube() as youtube: …`. One channel, one project."""

    daily_units: int = 10_000
    units: int = 0
    access: set[str] = field(default_factory=lambda: {ACCESS})
    refresh: set[str] = field(default_factory=lambda: {REFRESH})
    scope: str = FORCE_SSL
    channels: list[dict[str, str]] = field(default_factory=lambda: [{"id": CHANNEL, "handle": OWNER_HANDLE}])
    comments: dict[str, Comment] = field(default_factory=dict)
    written: int = 0  # comments ever
    titles: dict[str, str] = field(default_factory=lambda: {VIDEO: "My first marathon"})
    chats: dict[str, Chat] = field(default_factory=dict)
    posted: list[dict[str, Any]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    subscriptions: list[dict[str, str]] = field(default_factory=list)
    page_size: int = 100
    subset: int = 5  # how many replies stand beside a thread
    polling_ms: int = 10
    stream_refused: bool = False
    streaming_enabled: bool = True
    refuses_pages: str = ""  # the reason that it names for not knowing a page token
    hung_up: int = 0  # how often the open streams were closed
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: threading.Event = field(default_factory=threading.Event)  # whether the channel is live

    def __post_init__(self) -> None:
        super().__post_init__()
        inner = self._app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await inner(scope, receive, send)

        self._app = app  # type: ignore[method-assign]  # uvicorn takes a bound method for an app of ASGI 2

    def routes(self) -> Sequence[BaseRoute]:
        api: dict[tuple[str, str], Callable[[Request], Awaitable[Response]]] = {
            ("GET", "channels"): self._channels,
            ("GET", "videos"): self._videos,
            ("GET", "commentThreads"): self._threads,
            ("GET", "comments"): self._comments,
            ("POST", "comments"): self._reply,
            ("DELETE", "comments"): self._delete_comment,
            ("POST", "comments/setModerationStatus"): self._moderate,
            ("GET", "liveBroadcasts"): self._broadcasts,
            ("GET", "liveChat/messages"): self._lines,
            ("POST", "liveChat/messages"): self._write_line,
            ("DELETE", "liveChat/messages"): self._delete_line,
            ("GET", "liveChat/messages/stream"): self._stream,
        }
        routes = [
            Route(f"{API}{path}", self._paid(verb, path, answer), methods=[verb])
            for (verb, path), answer in api.items()
        ]
        return [
            *routes,
            Route("/token", self._token, methods=["POST"]),
            Route("/revoke", self._revoke, methods=["POST"]),
            Route("/subscribe", self._subscribe, methods=["POST"]),
            Route("/o/oauth2/v2/auth", self._consent_page),
        ]

    def reset(self) -> None:
        """As it was at first, for the next test; whoever listens to a chat is hung up on."""
        self.hang_up()
        fresh = YouTube()
        for one in fields(self):
            if one.name not in ("url", "hung_up"):
                setattr(self, one.name, getattr(fresh, one.name))
        self._dials.clear()

    # what people do -------------------------------------------------------------------------------------------------

    def comment(
        self,
        text: str = "How did you train?",
        author: str = "UCtom",
        handle: str = "@tom",
        parent: str = "",
        video: str = VIDEO,
        at: datetime | None = None,
    ) -> Comment:
        """A follower comments, or answers a comment."""
        self.written += 1
        number = self.written
        comment_id = f"{parent}.r{number:04}" if parent else f"Ugx{number:04}"
        written = at or datetime.now(UTC)
        self.comments[comment_id] = Comment(comment_id, author, handle, text, video, parent, written_at=written)
        return self.comments[comment_id]

    def go_live(self, chat: str = CHAT, video: str = "live1", title: str = "Long run, live") -> Chat:
        """The channel begins a broadcast."""
        self.chats[chat] = Chat(video, title)
        return self.chats[chat]

    def say(
        self, text: str = "hi from Lisbon", author: str = "UCtom", name: str = "@tom", chat: str = CHAT, **more: Any
    ) -> str:
        """Somebody writes in the live chat."""
        snippet = {"type": "textMessageEvent", "textMessageDetails": {"messageText": text}, "displayMessage": text}
        return self._line(chat, author, name, snippet | more)

    def end(self, chat: str = CHAT, *, quietly: bool = False) -> None:
        """The broadcast is over; `quietly`: nobody in the chat is told."""
        if not quietly:
            self._line(chat, CHANNEL, OWNER_HANDLE, {"type": "chatEndedEvent"})
        self.chats[chat].ended = True

    def retract(self, line: str, author: str = "UCtom", chat: str = CHAT) -> None:
        """Somebody takes their own message back."""
        details = {"messageRetractedDetails": {"retractedMessageId": line}}
        self._line(chat, author, "@tom", {"type": "messageRetractedEvent", **details})

    def hang_up(self) -> None:
        """Close the open streams."""
        self.hung_up += 1

    def consent(self, url: str, *, tick: bool = True) -> dict[str, str]:
        """The creator's browser: opens Google's page and agrees. Returns the query that it comes back with."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["client_id"] == CLIENT["client_id"]
        assert (asked["access_type"], asked["prompt"]) == ("offline", "consent")
        assert asked["code_challenge_method"] == "S256"
        code = f"4/{secrets.token_hex(8)}"
        self.codes[code] = asked | {"granted": asked["scope"] if tick else "openid"}
        return {"code": code, "state": asked["state"]}

    def verify_hub(self, subscription: Mapping[str, str], challenge: str = "c-42") -> str:
        """The hub asks whether a subscription was meant."""
        asked = {name: subscription[name] for name in ("hub.mode", "hub.topic", "hub.lease_seconds")}
        answer = httpx.get(subscription["hub.callback"], params=asked | {"hub.challenge": challenge}, timeout=20)
        return answer.text if answer.status_code == 200 else ""

    def push(self, subscription: Mapping[str, str], body: bytes) -> httpx.Response:
        """The hub delivers a feed."""
        digest = hmac.new(subscription["hub.secret"].encode(), body, "sha1").hexdigest()
        headers = {"content-type": "application/atom+xml", "x-hub-signature": f"sha1={digest}"}
        return deliver(subscription["hub.callback"], body, headers)

    # who may, and at what cost --------------------------------------------------------------------------------------

    def _note(self, scope: Scope, body: bytes) -> None:
        """Every call costs, also one that fails."""
        super()._note(scope, body)
        if scope["path"].startswith(API):
            self.units += COSTS.get((scope["method"], scope["path"].removeprefix(API)), 1)

    def _paid(self, verb: str, path: str, answer: Answer) -> Answer:
        async def paid(request: Request) -> Response:
            try:
                token = request.headers.get("authorization", "").removeprefix("Bearer ")
                if token not in self.access:
                    raise Refusal(401, "authError")
                if FORCE_SSL not in self.scope.split():
                    raise Refusal(403, "insufficientPermissions")
                if self.units > self.daily_units:
                    self.units -= COSTS.get((verb, path), 1)
                    raise Refusal(403, "quotaExceeded")
                return await answer(request)
            except Refusal as refusal:
                return refusal.response

        return paid

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if (form.get("client_id"), form.get("client_secret")) != tuple(CLIENT.values()):
            return JSONResponse({"error": "invalid_client"}, 401)
        granted = {"expires_in": 3599, "token_type": "Bearer", "scope": self.scope}
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.refresh:
                return JSONResponse({"error": "invalid_grant", "error_description": "Token revoked."}, 400)
            return JSONResponse(granted | {"access_token": self._new_access()})
        asked = self.codes.pop(form["code"], None)
        proved = asked and oauth.challenge(form.get("code_verifier", "")) == asked["code_challenge"]
        if not (asked and proved and form["redirect_uri"] == asked["redirect_uri"]):
            return JSONResponse({"error": "invalid_grant"}, 400)
        tokens = {"access_token": self._new_access(), "refresh_token": REFRESH, "scope": asked["granted"]}
        return JSONResponse(granted | tokens)

    async def _revoke(self, request: Request) -> Response:
        token = dict(parse_qsl((await request.body()).decode())).get("token", "")
        if token not in self.refresh | self.access:
            return JSONResponse({"error": "invalid_token", "error_description": "Token expired or revoked"}, 400)
        self.refresh.clear()  # of the one channel there is, with what was granted to it
        self.access.clear()
        return JSONResponse({})

    def _new_access(self) -> str:
        token = f"ya29.{secrets.token_urlsafe(16)}"
        self.access.add(token)
        return token

    async def _consent_page(self, request: Request) -> Response:
        back = self.consent(str(request.url))
        return RedirectResponse(f"{request.query_params['redirect_uri']}?code={back['code']}&state={back['state']}")

    async def _subscribe(self, request: Request) -> Response:
        self.subscriptions.append(dict(parse_qsl((await request.body()).decode())))
        return Response(status_code=202)

    # channels, videos, comments -------------------------------------------------------------------------------------

    async def _channels(self, request: Request) -> Response:
        rows = [
            {"kind": "youtube#channel", "id": row["id"], "snippet": {"title": "Ada", "customUrl": row["handle"]}}
            for row in self.channels
        ]
        return JSONResponse({"kind": "youtube#channelListResponse", "items": rows})

    async def _videos(self, request: Request) -> Response:
        wanted = request.query_params["id"].split(",")
        rows = [{"id": one, "snippet": {"title": self.titles[one]}} for one in wanted if one in self.titles]
        return JSONResponse({"kind": "youtube#videoListResponse", "items": rows})

    async def _threads(self, request: Request) -> Response:
        status = request.query_params.get("moderationStatus", "published")
        first = [one for one in self.comments.values() if not one.parent and one.status == status]
        first.sort(key=lambda one: one.written_at, reverse=True)
        rows, page = self._paged(first, request, self.page_size)
        threads = [self._thread_of(one) for one in rows]
        return JSONResponse({"kind": "youtube#commentThreadListResponse", "items": threads, **page})

    def _thread_of(self, first: Comment) -> dict[str, Any]:
        replies = self._replies_to(first.id)
        published = [one for one in replies if one.status == "published"]
        snippet = {"channelId": CHANNEL, "videoId": first.video, "topLevelComment": first.resource()}
        told = {"kind": "youtube#commentThread", "id": first.id}
        told |= {"snippet": snippet | {"totalReplyCount": len(published), "canReply": True, "isPublic": True}}
        beside = [one.resource() for one in replies[: self.subset]]  # which ones is not documented
        return told | ({"replies": {"comments": beside}} if beside else {})

    def _replies_to(self, comment_id: str) -> list[Comment]:
        """Whoever moderates is shown those that are held, too."""
        return [one for one in self.comments.values() if one.parent == comment_id and one.status != "rejected"]

    async def _comments(self, request: Request) -> Response:
        if parent := request.query_params.get("parentId"):
            if parent not in self.comments:
                raise Refusal(404, "commentNotFound")
            rows, page = self._paged(self._replies_to(parent), request, self.page_size)
        else:
            wanted, page = request.query_params["id"].split(","), {}
            rows = [self.comments[one] for one in wanted if one in self.comments]
        told = [one.resource(by_id=not parent) for one in rows]
        return JSONResponse({"kind": "youtube#commentListResponse", "items": told, **page})

    def _paged(self, rows: list[Comment], request: Request, size: int) -> tuple[list[Comment], dict[str, str]]:
        token = request.query_params.get("pageToken", "0")
        if token != "0" and self.refuses_pages:
            raise Refusal(400, self.refuses_pages)
        end = int(token) + size
        return rows[int(token) : end], {"nextPageToken": str(end)} if end < len(rows) else {}

    async def _reply(self, request: Request) -> Response:
        snippet = (await request.json())["snippet"]
        parent = self.comments.get(snippet["parentId"])
        if parent is None:
            raise Refusal(404, "parentCommentNotFound")
        if parent.parent:
            raise Refusal(400, "operationNotSupported")
        if not snippet["textOriginal"]:
            raise Refusal(400, "commentTextRequired")
        if len(snippet["textOriginal"]) > LIMITS["comment"]:
            raise Refusal(400, "commentTextTooLong")
        reply = self.comment(snippet["textOriginal"], CHANNEL, OWNER_HANDLE, parent.id, parent.video)
        self.posted.append({"surface": "comment", "id": reply.id, "parent": parent.id, "text": reply.text})
        return JSONResponse(reply.resource())

    async def _delete_comment(self, request: Request) -> Response:
        if self.comments.pop(request.query_params["id"], None) is None:
            raise Refusal(404, "commentNotFound")
        self.removed.append(request.query_params["id"])
        return Response(status_code=204)

    async def _moderate(self, request: Request) -> Response:
        comment = self.comments.get(request.query_params["id"])
        if comment is None:
            raise Refusal(404, "commentNotFound")
        comment.status = request.query_params["moderationStatus"]
        return Response(status_code=204)

    # live -----------------------------------------------------------------------------------------------------------

    async def _broadcasts(self, request: Request) -> Response:
        self.asked.set()
        if not self.streaming_enabled:
            raise Refusal(403, "liveStreamingNotEnabled")
        rows = [
            {
                "kind": "youtube#liveBroadcast",
                "id": chat.video,
                "snippet": {"title": chat.title, "liveChatId": name, "actualStartTime": iso(chat.started_at)},
            }
            for name, chat in self.chats.items()
            if not chat.ended
        ]
        return JSONResponse({"kind": "youtube#liveBroadcastListResponse", "items": rows})

    def _line(self, chat: str, author: str, name: str, snippet: Mapping[str, Any]) -> str:
        lines = self.chats[chat].lines
        line_id = f"LCC.{chat}.{len(lines) + 1}"
        about = {"liveChatId": chat, "authorChannelId": author, "publishedAt": datetime.now(UTC).isoformat()}
        person = {"channelId": author, "displayName": name, "isChatOwner": author == CHANNEL}
        line = {"kind": "youtube#liveChatMessage", "id": line_id, "snippet": {**about, **snippet}}
        lines.append(line | {"authorDetails": person})
        return line_id

    def _chat_of(self, name: str, *, open_only: bool = True) -> Chat:
        chat = self.chats.get(name)
        if chat is None:
            raise Refusal(404, "liveChatNotFound")
        if chat.ended and open_only:
            raise Refusal(403, "liveChatEnded")
        return chat

    def _since(self, chat: Chat, request: Request) -> int:
        token = request.query_params.get("pageToken", "")
        if token and self.refuses_pages:
            raise Refusal(400, self.refuses_pages)
        return int(token or 0)

    def _answer(self, chat: Chat, start: int) -> dict[str, Any]:
        lines = chat.lines[start:]
        told = {"kind": "youtube#liveChatMessageListResponse", "pollingIntervalMillis": self.polling_ms}
        return told | {"items": lines, "nextPageToken": str(start + len(lines))}

    async def _lines(self, request: Request) -> Response:
        chat = self._chat_of(request.query_params["liveChatId"])
        return JSONResponse(self._answer(chat, self._since(chat, request)))

    async def _stream(self, request: Request) -> Response:
        if self.stream_refused:
            return Response("<html>Not found</html>", 404, media_type="text/html")
        chat = self._chat_of(request.query_params["liveChatId"])
        start = self._since(chat, request)
        return StreamingResponse(self._pushed(chat, start), media_type="application/json")

    async def _pushed(self, chat: Chat, start: int) -> AsyncIterator[str]:
        """A list of answers that grows: each object in two pieces, as a network cuts them. Nothing new: no answer."""
        yield "["
        before, opened = "", self.hung_up
        while opened == self.hung_up and not self._over.is_set():
            answer = self._answer(chat, start)
            if answer["items"]:
                text = before + json.dumps(answer, indent=1)
                yield text[: len(text) // 2]
                await asyncio.sleep(0)
                yield text[len(text) // 2 :]
                start, before = int(answer["nextPageToken"]), ",\n"
            elif chat.ended:
                break
            await asyncio.sleep(0.01)
        yield "]"

    async def _write_line(self, request: Request) -> Response:
        snippet = (await request.json())["snippet"]
        chat = self._chat_of(snippet["liveChatId"])
        text = snippet["textMessageDetails"]["messageText"]
        if not text or len(text) > LIMITS["chat"]:
            raise Refusal(400, "messageTextInvalid")
        line_id = self.say(text, CHANNEL, OWNER_HANDLE, snippet["liveChatId"])
        self.posted.append({"surface": "live", "id": line_id, "chat": snippet["liveChatId"], "text": text})
        return JSONResponse(chat.lines[-1])

    async def _delete_line(self, request: Request) -> Response:
        wanted = request.query_params["id"]
        for name, chat in self.chats.items():
            if any(line["id"] == wanted for line in chat.lines) and wanted not in self.removed:
                self.removed.append(wanted)
                self._line(
                    name,
                    CHANNEL,
                    OWNER_HANDLE,
                    {"type": "messageDeletedEvent", "messageDeletedDetails": {"deletedMessageId": wanted}},
                )
                return Response(status_code=204)
        raise Refusal(404, "liveChatMessageNotFound")


def days_ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)
