"""X on a port of this machine: its tokens, posts, direct messages, broadcasts, webhooks and the activity stream.

`write`, `message`, `chat`, `remove` and `revoke` are what people do there; whoever subscribed to it is told. Rules are
those of https://docs.x.com/x-api/. `spent` is what X takes for it, in dollars.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from tests.platforms.base import Simulator, deliver

CLIENT_SECRET, BEARER = "x-client-secret-of-this-year", "AAAA-app-only-bearer-token"
REDIRECT = "http://127.0.0.1/connect/x/back"
TOKEN_SECONDS = 7200
BACKFILL = timedelta(minutes=5)
WINDOW, DAY = timedelta(minutes=15), timedelta(days=1)
EPOCH_MS = 1_288_834_974_657
# Also what was written without a scheme, under the most common top-level domains.
LINK = re.compile(r"https?://\S+|(?<![\w@./-])(?:[\w-]+\.)+(?:com|net|org)\b(?:/\S*)?")
NAME = re.compile(r"(?<!\w)@(\w+)")
_clients = count(1)
# A letter that counts once; every other one, and an emoji as a whole, counts twice (twitter-text, version 3).
LIGHT = "\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037"
EMOJI = re.compile("[\U0001f1e6-\U0001f1ff]{2}|[\U0001f300-\U0001faff](?:\u200d[\U0001f300-\U0001faff])*")
# Calls that one user may make in 15 minutes, or a day; of streams and subscriptions, the application.
LIMITS = {
    "post": 100,
    "post app day": 10_000,
    "delete": 50,
    "hide": 50,
    "dm": 15,
    "dm user day": 1_440,
    "dm app day": 1_440,
    "dm_read": 15,
    "me": 75,
    "posts": 900,
    "stream": 450,
    "subscriptions": 500,
}
PRICES = {
    name: Decimal(price)
    for name, price in {
        "reply": "0.010",
        "post": "0.015",
        "link": "0.200",
        "dm": "0.015",
        "chat": "0.015",
        "post event": "0.005",
        "dm event": "0.010",
        "post read": "0.005",
        "dm read": "0.010",
        "delete": "0.010",
        "manage": "0.005",
    }.items()
}


class No(Exception):
    """A refusal in X's words."""

    def __init__(self, status: int, detail: str, kind: str = "about:blank", **more: str) -> None:
        self.status = status
        place = kind if ":" in kind else f"https://api.x.com/2/problems/{kind}"
        self.body = {"title": detail.split(":")[0], "detail": detail, "type": place, "status": status, **more}


@dataclass
class User:
    id: str
    username: str
    automated: bool = False
    scopes: set[str] = field(default_factory=set)  # granted to the application

    def shown(self) -> dict[str, Any]:
        label = {"affiliation": {"description": "Automated"}} if self.automated else {}
        return {"id": self.id, "username": self.username, "name": self.username.title(), **label}


@dataclass
class Post:
    """`text` is what its author wrote; X puts `names` before it."""

    id: str
    author: str
    text: str
    names: tuple[str, ...] = ()
    reply_to: str = ""
    quotes: str = ""
    thread: str = ""
    hidden: bool = False
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Note:
    """A direct message."""

    id: str
    sender: str
    to: str
    text: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Line:
    """A line in the chat of a broadcast; its id is its time in nanoseconds."""

    id: str
    author: str
    text: str
    reply_to: str = ""


@dataclass
class Broadcast:
    id: str
    owner: str
    running: bool = True
    lines: list[Line] = field(default_factory=list)


@dataclass
class Subscription:
    id: str
    event_type: str
    filter: dict[str, str]
    tag: str = ""
    webhook_id: str = ""

    def shown(self) -> dict[str, Any]:
        via = {"webhook_id": self.webhook_id} if self.webhook_id else {}
        return {
            "subscription_id": self.id,
            "event_type": self.event_type,
            "filter": self.filter,
            "tag": self.tag,
            **via,
        }


@dataclass
class Webhook:
    id: str
    url: str
    valid: bool = True


def weight(text: str) -> int:
    """How X counts: links 23, most letters one, everything else two."""
    rest = EMOJI.sub("界", LINK.sub("", text))
    light = len(re.findall(f"[{LIGHT}]", rest))
    return light + 2 * (len(rest) - light) + 23 * len(LINK.findall(text))


def shortened(text: str, before: str = "") -> tuple[str, list[dict[str, Any]]]:
    """As X writes it: with short links, and some letters escaped; and what the links stand for."""
    urls = []
    shown = before + text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for number, link in enumerate(LINK.findall(text)):
        short = f"https://t.co/{number:010d}"
        shown = shown.replace(link.replace("&", "&amp;"), short, 1)
        at, bare = shown.index(short), link.removeprefix("https://").removeprefix("http://")
        whole = link if bare != link else f"http://{link}"
        told = {"url": short, "expanded_url": whole, "display_url": bare if len(bare) < 27 else f"{bare[:26]}…"}
        urls.append({"start": at, "end": at + len(short), **told})
    return shown, urls


def signed(secret: str, body: bytes) -> str:
    """The signature of a webhook, and the answer to a challenge."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


@dataclass
class X(Simulator):
    """See the module."""

    users: dict[str, User] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    broadcasts: dict[str, Broadcast] = field(default_factory=dict)
    subscriptions: list[Subscription] = field(default_factory=list)
    webhooks: list[Webhook] = field(default_factory=list)
    deliveries: list[tuple[str, int]] = field(default_factory=list)  # event id, status of the answer
    told: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)  # all events, to be told again
    replays: list[dict[str, Any]] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=lambda: dict(LIMITS))
    spent: Decimal = Decimal(0)
    enterprise: bool = False  # may answer anybody, and be told again
    credits: Decimal = Decimal(1000)
    rotates: bool = True  # a refresh token is good for once
    https_only: bool = False  # real addresses must be; those of tests are on this machine
    signs_as: str = "x-twitter-webhooks-signature-oauth2"
    secret: str = CLIENT_SECRET
    keepalive_s: float = 0.05
    page: int = 0  # posts on a page at most; 0: as many as are asked for

    def __post_init__(self) -> None:
        super().__post_init__()
        self._begin()

    def reset(self) -> None:
        """Forget everything, as if it had just been started; nobody may be connected."""
        for one in fields(self):
            if one.default_factory is not MISSING:
                setattr(self, one.name, one.default_factory())
            elif one.name != "url":
                setattr(self, one.name, one.default)
        self._dials.clear()
        self._begin()

    def _begin(self) -> None:
        self.client_id = f"engage-client-{next(_clients)}"  # accounts of one application share its stream
        self._ids = count(1)
        self._tokens: dict[str, str] = {}  # access token → user
        self._refresh: dict[str, str] = {}
        self._codes: dict[str, dict[str, str]] = {}
        self._used: dict[tuple[str, str], list[datetime]] = {}
        self.streams: list[asyncio.Queue[str | None]] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    def routes(self) -> Sequence[BaseRoute]:
        table: list[tuple[str, str, Any]] = [
            ("POST", "/2/oauth2/token", self._token),
            ("POST", "/2/oauth2/revoke", self._give_back),
            ("GET", "/2/users/me", self._me),
            ("POST", "/2/tweets", self._create),
            ("DELETE", "/2/tweets/{id}", self._delete),
            ("PUT", "/2/tweets/{id}/hidden", self._hide),
            ("GET", "/2/users/{id}/tweets", self._timeline),
            ("POST", "/2/dm_conversations/with/{id}/messages", self._send_note),
            ("GET", "/2/dm_conversations/with/{id}/dm_events", self._read_notes),
            ("DELETE", "/2/dm_events/{id}", self._delete_note),
            ("GET", "/2/broadcasts/{id}/chat", self._read_chat),
            ("POST", "/2/broadcasts/{id}/chat", self._send_line),
            ("DELETE", "/2/broadcasts/{id}/chat/{number}", self._delete_line),
            ("GET", "/2/webhooks", self._list_webhooks),
            ("POST", "/2/webhooks", self._make_webhook),
            ("POST", "/2/webhooks/replay", self._replay),
            ("PUT", "/2/webhooks/{id}", self._validate_webhook),
            ("GET", "/2/activity/subscriptions", self._list_subscriptions),
            ("POST", "/2/activity/subscriptions", self._subscribe),
            ("PUT", "/2/activity/subscriptions/{id}", self._move_subscription),
            ("DELETE", "/2/activity/subscriptions/{id}", self._unsubscribe),
            ("GET", "/2/activity/stream", self._stream),
            ("GET", "/2/usage/tweets", self._usage),
        ]
        return [Route(path, self._answer(handle), methods=[method]) for method, path, handle in table]

    def _answer(self, handle: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            request.state.headers = {}
            try:
                answer: Response = await handle(request)
            except No as no:
                answer = JSONResponse(no.body, no.status, media_type="application/problem+json")
            answer.headers.update(request.state.headers)
            return answer

        return endpoint

    # what people do -------------------------------------------------------------------------------------------------

    def user(self, user_id: str, username: str, *scopes: str, automated: bool = False) -> User:
        self.users[user_id] = User(user_id, username, automated, set(scopes))
        return self.users[user_id]

    def consent(self, page: str, user_id: str) -> dict[str, str]:
        """What the consent page sends back with the browser."""
        asked = dict(parse_qsl(urlsplit(page).query))
        assert asked["client_id"] == self.client_id
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        self.users[user_id].scopes |= set(asked["scope"].split())
        code = secrets.token_hex(8)
        self._codes[code] = {"user": user_id, "redirect": asked["redirect_uri"], "challenge": asked["code_challenge"]}
        return {"code": code, "state": asked["state"]}

    def grant(self, user_id: str) -> dict[str, str]:
        """Tokens without the page."""
        return {name: str(value) for name, value in self._grant(user_id).items() if name.endswith("_token")}

    def write(self, author: str, text: str, reply_to: str = "", quotes: str = "") -> str:
        """Somebody posts something. Returns its id."""
        made = self._post(author, text, reply_to, quotes)
        self._do(lambda: self._publish(made))
        return made.id

    def message(self, sender: str, to: str, text: str) -> str:
        """Somebody writes a direct message. Returns its id."""
        note = Note(self._new_id(), sender, to, text)
        self._do(lambda: self._note_down(note))
        return note.id

    def broadcast(self, owner: str, broadcast_id: str) -> Broadcast:
        self.broadcasts[broadcast_id] = Broadcast(broadcast_id, owner)
        return self.broadcasts[broadcast_id]

    def chat(self, broadcast_id: str, author: str, text: str) -> str:
        """Somebody writes in the chat. Returns the line's number."""
        line = Line(self._nanoseconds(), author, text)
        self._do(lambda: self._say(self.broadcasts[broadcast_id], line))
        return line.id

    def remove(self, post_id: str) -> None:
        """Its author deletes a post."""
        self._do(lambda: self._remove(post_id))

    def revoke(self, user_id: str) -> None:
        """The user takes the application's access back."""
        for tokens in (self._tokens, self._refresh):
            for token in [token for token, owner in tokens.items() if owner == user_id]:
                del tokens[token]
        told = {"date_time": datetime.now(UTC).isoformat(timespec="seconds"), "user_id": user_id, "app_id": "1"}
        self._do(lambda: self._tell("oauth.revoke", {}, told, {}, ""))

    def expire(self) -> None:
        """All access tokens end now."""
        self._tokens.clear()

    def drop_streams(self) -> None:
        """Every stream ends."""
        self._do(lambda: [stream.put_nowait(None) for stream in self.streams])

    def say_on_streams(self, text: str) -> None:
        """A line that is no event of anybody."""
        self._do(lambda: [stream.put_nowait(text) for stream in self.streams])

    def written_by(self, user_id: str) -> list[Post]:
        return [post for post in self.posts.values() if post.author == user_id]

    def _do(self, work: Callable[[], Any]) -> None:
        """In the simulator's own loop, and wait until it is done; before anybody has called there is nobody to tell."""
        if self._loop is None:
            work()
            return
        done: Future[Any] = Future()

        def now() -> None:
            try:
                done.set_result(work())
            except Exception as error:  # shown to the test
                done.set_exception(error)

        self.soon(now)
        done.result(timeout=20)

    def _new_id(self) -> str:
        milliseconds = int(datetime.now(UTC).timestamp() * 1000) - EPOCH_MS
        return str((milliseconds << 22) | (next(self._ids) % 4096))

    def _nanoseconds(self) -> str:
        return str(int(datetime.now(UTC).timestamp() * 1000) * 1_000_000 + next(self._ids))

    # tokens ---------------------------------------------------------------------------------------------------------

    def _stranger(self, request: Request) -> Response | None:
        """The answer to who is not the application."""
        known = base64.b64encode(f"{self.client_id}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") == f"Basic {known}":
            return None
        body = {"error": "unauthorized_client", "error_description": "Missing valid authorization header"}
        return JSONResponse(body, 401)

    async def _give_back(self, request: Request) -> Response:
        """One token, and that one alone."""
        if stranger := self._stranger(request):
            return stranger
        token = str((await request.form())["token"])
        for known in (self._tokens, self._refresh):
            known.pop(token, None)
        return JSONResponse({"revoked": True})

    async def _token(self, request: Request) -> Response:
        form = {key: str(value) for key, value in (await request.form()).items()}
        if stranger := self._stranger(request):
            return stranger
        wrong = JSONResponse(
            {"error": "invalid_request", "error_description": "Value passed for the token was invalid."}, 400
        )
        if form["grant_type"] == "authorization_code":
            kept = self._codes.pop(form["code"], None)
            proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
            if not kept or kept["redirect"] != form["redirect_uri"] or kept["challenge"] != proof.decode():
                return wrong
            return JSONResponse(self._grant(kept["user"]))
        user_id = self._refresh.get(form["refresh_token"], "")
        if not user_id:
            return wrong
        if self.rotates:
            del self._refresh[form["refresh_token"]]
        return JSONResponse(self._grant(user_id))

    def _grant(self, user_id: str) -> dict[str, Any]:
        access, refresh = f"user{secrets.token_hex(12)}", f"refresh{secrets.token_hex(12)}"
        self._tokens[access], self._refresh[refresh] = user_id, user_id
        scope = " ".join(sorted(self.users[user_id].scopes))
        granted = {"access_token": access, "refresh_token": refresh, "scope": scope}
        return {**granted, "expires_in": TOKEN_SECONDS, "token_type": "bearer"}

    def _user(self, request: Request, scope: str) -> User:
        user = self.users.get(self._tokens.get(_token_in(request), ""))
        if user is None:
            raise No(401, "Unauthorized")
        if scope not in user.scopes:
            raise No(403, f"Forbidden: {scope} was not granted")
        return user

    def _as_app(self, request: Request) -> None:
        if _token_in(request) != BEARER:
            raise No(401, "Unauthorized")

    def _count(self, request: Request, what: str, who: str) -> None:
        """One more call of a window, which the headers tell."""
        windows = (
            ("x-rate-limit", what, who, WINDOW),
            ("x-app-limit-24hour", f"{what} app day", "app", DAY),
            ("x-user-limit-24hour", f"{what} user day", who, DAY),
        )
        counted = [self._window(request, *window) for window in windows if window[1] in self.limits]
        if any(len(used) >= most for used, most in counted):
            raise No(429, "Too Many Requests")
        for used, _ in counted:
            used.append(datetime.now(UTC))

    def _window(
        self, request: Request, header: str, what: str, who: str, span: timedelta
    ) -> tuple[list[datetime], int]:
        """The calls in a window, and how many there may be."""
        moment = datetime.now(UTC)
        used = self._used.setdefault((what, who), [])
        used[:] = [at for at in used if moment - at < span]
        most, resets = self.limits[what], (used[0] if used else moment) + span
        request.state.headers |= {
            f"{header}-limit": str(most),
            f"{header}-remaining": str(max(0, most - len(used) - 1)),
            f"{header}-reset": str(int(resets.timestamp()) + 1),
        }
        return used, most

    def _pay(self, what: str, times: int = 1) -> None:
        if self.spent + PRICES[what] * times > self.credits:
            raise No(429, "UsageCapExceeded", "usage-capped")
        self.spent += PRICES[what] * times

    async def _me(self, request: Request) -> Response:
        user = self._user(request, "users.read")
        self._count(request, "me", user.id)
        return JSONResponse({"data": user.shown()})

    # posts ----------------------------------------------------------------------------------------------------------

    async def _create(self, request: Request) -> Response:
        user, body = self._user(request, "tweet.write"), await request.json()
        self._count(request, "post", user.id)
        text, parent = body["text"], body.get("reply", {}).get("in_reply_to_tweet_id", "")
        if not text or weight(text) > 280:
            raise No(400, "Invalid Request: the text is too long", "invalid-request")
        if parent and parent not in self.posts:
            raise No(403, "Forbidden: You attempted to reply to a Post that is deleted or not visible to you")
        if parent and not (self.enterprise or self._has_summoned(self.posts[parent], user)):
            raise No(403, "Forbidden: Reply to this conversation is not allowed because you have not been mentioned")
        if len(re.findall(r"\$[A-Za-z]{1,6}\b", text)) > 1:
            raise No(403, "Forbidden: a post may hold one cashtag")
        if any((one.author, one.text, one.reply_to) == (user.id, text, parent) for one in self.posts.values()):
            raise No(403, "Forbidden: You are not allowed to create a Post with duplicate content.")
        self._pay("link" if LINK.search(text) else "post" if self.enterprise or not parent else "reply")
        made = self._post(user.id, text, parent, "")
        self._publish(made)
        return JSONResponse({"data": {"id": made.id, "text": text}}, 201)

    def _has_summoned(self, asked: Post, user: User) -> bool:
        quoted = self.posts.get(asked.quotes)
        named = user.username.lower() in [name.lower() for name in NAME.findall(asked.text)]
        return named or (quoted is not None and quoted.author == user.id)

    def _post(self, author: str, text: str, reply_to: str, quotes: str) -> Post:
        made = Post(self._new_id(), author, text, reply_to=reply_to, quotes=quotes)
        parent = self.posts.get(reply_to)
        made.thread = parent.thread if parent else made.id
        if parent and parent.author != author:
            made.names = (self.users[parent.author].username,)
        return made

    def _publish(self, post: Post) -> None:
        self.posts[post.id] = post
        shown, includes = self._event_of(post), self._around(post)
        self._announce("post.create", post.author, shown, includes)
        parent, quoted = self.posts.get(post.reply_to), self.posts.get(post.quotes)
        named = {name.lower() for name in NAME.findall(post.text)}
        for user in self.users.values():
            if user.id == post.author:
                continue
            if user.username.lower() in named:
                self._announce("post.mention.create", user.id, shown, includes)
            if parent and parent.author == user.id:
                self._announce("post.reply.create", user.id, shown, includes)
            if quoted and quoted.author == user.id:
                self._announce("post.quote.create", user.id, shown, includes)

    def _event_of(self, post: Post) -> dict[str, Any]:
        """A post as events have it."""
        shown = {**self._shown(post), "edit_history_tweet_ids": [post.id], "author_id": post.author}
        parent = self.posts.get(post.reply_to)
        referred = [("replied_to", post.reply_to), ("quoted", post.quotes)]
        if parent:
            shown |= {"in_reply_to_tweet_id": post.reply_to, "in_reply_to_user_id": parent.author}
        return {**shown, "referenced_tweets": [{"type": kind, "id": one} for kind, one in referred if one]}

    def _around(self, post: Post) -> dict[str, Any]:
        near = [
            self.posts[one] for one in dict.fromkeys((post.thread, post.reply_to, post.quotes)) if one in self.posts
        ]
        return {
            "users": [user.shown() for user in self.users.values()],
            "tweets": [self._event_of(one) for one in near if one is not post],
        }

    def _shown(self, post: Post) -> dict[str, Any]:
        """X's text: names before it, short links in it, and some letters escaped."""
        before = "".join(f"@{name} " for name in post.names)
        text, urls = shortened(post.text, before)
        ids = {user.username.lower(): user.id for user in self.users.values()}
        mentions = [
            {"start": found.start(), "end": found.end(), "username": found[1], "id": ids[found[1].lower()]}
            for found in NAME.finditer(text)
            if found[1].lower() in ids
        ]
        return {
            "id": post.id,
            "text": text,
            "conversation_id": post.thread,
            "created_at": stamp(post.at),
            "display_text_range": [len(before), len(text)],
            "entities": {"mentions": mentions, "urls": urls},
        }

    def _remove(self, post_id: str) -> None:
        post = self.posts.pop(post_id)
        self._announce("post.delete", post.author, {"id": post.id, "author_id": post.author}, {})

    async def _delete(self, request: Request) -> Response:
        user, post_id = self._user(request, "tweet.write"), request.path_params["id"]
        self._count(request, "delete", user.id)
        if post_id not in self.posts:
            raise No(404, "Not Found Error", "resource-not-found")
        if self.posts[post_id].author != user.id:
            raise No(403, "Forbidden: You are not authorized to delete this Post")
        self._pay("delete")
        self._remove(post_id)
        return JSONResponse({"data": {"deleted": True}})

    async def _hide(self, request: Request) -> Response:
        user, post = self._user(request, "tweet.moderate.write"), self.posts.get(request.path_params["id"])
        self._count(request, "hide", user.id)
        if post is None:
            raise No(404, "Not Found Error", "resource-not-found")
        root = self.posts.get(post.thread)
        if root is None or root.author != user.id or root is post:
            raise No(403, "Forbidden: only replies in own conversations can be hidden")
        self._pay("manage")
        post.hidden = bool((await request.json())["hidden"])
        return JSONResponse({"data": {"hidden": post.hidden}})

    async def _timeline(self, request: Request) -> Response:
        user, asked = self._user(request, "tweet.read"), request.query_params
        self._count(request, "posts", user.id)
        found = sorted(self.written_by(request.path_params["id"]), key=lambda one: int(one.id), reverse=True)
        if "start_time" in asked:
            found = [one for one in found if one.at >= datetime.fromisoformat(asked["start_time"])]
        found = [one for one in found if int(one.id) > int(asked.get("since_id", "0"))]
        wanted = {"id", *asked.get("post.fields", "").split(",")}
        rows, meta = self._paged(found, asked, 100)
        self._pay("post read", len(rows))
        shown = [{key: value for key, value in self._shown(one).items() if key in wanted} for one in rows]
        return JSONResponse({"data": shown, "meta": meta} if shown else {"meta": meta})

    def _paged(self, found: list[Any], asked: Mapping[str, str], most: int) -> tuple[list[Any], dict[str, Any]]:
        start = int(asked.get("pagination_token", "0").rpartition("-")[2])
        size = min(int(asked.get("max_results", most)), self.page or most)
        rows = found[start : start + size]
        more = {"next_token": f"a-token-of-16-characters-{start + size}"} if len(found) > start + size else {}
        return rows, {"result_count": len(rows), **more}

    # direct messages ------------------------------------------------------------------------------------------------

    async def _send_note(self, request: Request) -> Response:
        user, to = self._user(request, "dm.write"), request.path_params["id"]
        self._count(request, "dm", user.id)
        text = (await request.json())["text"]
        if to not in self.users or len(text) > 10_000:
            raise No(400, "Invalid Request", "invalid-request")
        if not any((one.sender, one.to) == (to, user.id) for one in self.notes):
            raise No(403, "Forbidden: You cannot send messages to this user")
        self._pay("dm")
        note = Note(self._new_id(), user.id, to, text)
        self._note_down(note)
        between = "-".join(sorted((user.id, to), key=int))
        return JSONResponse({"data": {"dm_conversation_id": between, "dm_event_id": note.id}}, 201)

    def _note_down(self, note: Note) -> None:
        self.notes.append(note)
        created = {"target": {"recipient_id": note.to}, "sender_id": note.sender}
        text, urls = shortened(note.text)
        row = {
            "type": "message_create",
            "id": note.id,
            "created_timestamp": str(int(note.at.timestamp() * 1000)),
            "message_create": {**created, "message_data": {"text": text, "entities": {"urls": urls}}},
        }
        users = {one: {"data": self.users[one].shown()} for one in (note.sender, note.to)}
        payload = {"direct_message_events": [row], "users": users}
        self._announce("dm.received", note.to, payload, {})
        self._announce("dm.sent", note.sender, payload, {})

    async def _read_notes(self, request: Request) -> Response:
        user, other = self._user(request, "dm.read"), request.path_params["id"]
        self._count(request, "dm_read", user.id)
        found = [one for one in reversed(self.notes) if {one.sender, one.to} == {user.id, other}]
        rows, meta = self._paged(found, request.query_params, 100)
        self._pay("dm read", len(rows))
        wanted = {"sender_id", *request.query_params.get("dm_event.fields", "id,text,event_type").split(",")}
        shown = [{key: value for key, value in _note_shown(one).items() if key in wanted} for one in rows]
        return JSONResponse({"data": shown, "meta": meta})

    async def _delete_note(self, request: Request) -> Response:
        user = self._user(request, "dm.write")
        note = next((one for one in self.notes if one.id == request.path_params["id"]), None)
        if note is None or note.sender != user.id:
            raise No(404, "Not Found Error", "resource-not-found")
        self._pay("delete")
        self.notes.remove(note)
        return JSONResponse({"data": {"deleted": True}})

    # broadcasts -----------------------------------------------------------------------------------------------------

    def _running(self, request: Request, user: User) -> Broadcast:
        found = self.broadcasts.get(request.path_params["id"])
        if found is None or found.owner != user.id:
            raise No(404, "Not Found Error", "resource-not-found")
        if not found.running:
            raise No(400, "Invalid Request: the broadcast is not running", "invalid-request")
        return found

    async def _send_line(self, request: Request) -> Response:
        user, body = self._user(request, "broadcast.write"), await request.json()
        broadcast = self._running(request, user)
        if not 1 <= len(body["text"]) <= 140:
            raise No(400, "Invalid Request: text", "invalid-request")
        self._pay("chat")
        line = Line(self._nanoseconds(), user.id, body["text"], body.get("reply_to", ""))
        self._say(broadcast, line)
        return JSONResponse({"data": {"success": True, "timestamp": line.id}})

    def _say(self, broadcast: Broadcast, line: Line) -> None:
        broadcast.lines.append(line)
        payload = {"broadcast_id": broadcast.id, "message_id": line.id, "message": line.text}
        author = {"author": {"data": self.users[line.author].shown()}}
        parent = {"reply_to": line.reply_to} if line.reply_to else {}
        self._announce("broadcast.chat", broadcast.owner, {**payload, **author, **parent}, {})

    async def _read_chat(self, request: Request) -> Response:
        broadcast = self._running(request, self._user(request, "broadcast.read"))
        rows, meta = self._paged(broadcast.lines[::-1], request.query_params, 200)
        shown = [
            {"id": one.id, "text": one.text, "author_id": one.author, "created_at_ms": one.id[:-6]}
            | ({"reply_to": one.reply_to} if one.reply_to else {})
            for one in rows
        ]
        return JSONResponse({"data": shown, "meta": meta})

    async def _delete_line(self, request: Request) -> Response:
        broadcast = self._running(request, self._user(request, "broadcast.write"))
        line = next((one for one in broadcast.lines if one.id == request.path_params["number"]), None)
        if line is None:
            raise No(404, "Not Found Error", "resource-not-found")
        self._pay("delete")
        broadcast.lines.remove(line)
        return JSONResponse({"data": {"deleted": True}})

    # webhooks -------------------------------------------------------------------------------------------------------

    async def _list_webhooks(self, request: Request) -> Response:
        self._as_app(request)
        rows = [{"id": one.id, "url": one.url, "valid": one.valid} for one in self.webhooks]
        return JSONResponse({"data": rows, "meta": {"result_count": len(rows)}})

    async def _make_webhook(self, request: Request) -> Response:
        self._as_app(request)
        url = (await request.json())["url"]
        if self.https_only and (not url.startswith("https://") or urlsplit(url).port):
            raise No(400, "UrlValidationFailed: https, and no port", "invalid-request")
        if any(one.url == url for one in self.webhooks):
            raise No(400, "DuplicateUrlFailed", "invalid-request")
        if not await self._is_ours(url):
            raise No(400, "CrcValidationFailed", "invalid-request")
        made = Webhook(str(next(self._ids)), url)
        self.webhooks.append(made)
        shown = {"id": made.id, "url": url, "valid": True, "created_at": stamp(datetime.now(UTC))}
        return JSONResponse({"data": shown})

    async def _is_ours(self, url: str) -> bool:
        """The challenge."""
        token = secrets.token_urlsafe(12)
        with suppress(httpx.HTTPError, ValueError, KeyError, TypeError):
            answer = await asyncio.to_thread(httpx.get, url, params={"crc_token": token}, timeout=10)
            return bool(answer.json()["response_token"] == signed(self.secret, token.encode()))
        return False

    async def _validate_webhook(self, request: Request) -> Response:
        self._as_app(request)
        found = next((one for one in self.webhooks if one.id == request.path_params["id"]), None)
        if found is None:
            raise No(400, "WebhookIdInvalid", "invalid-request")
        found.valid = await self._is_ours(found.url)
        if not found.valid:
            raise No(400, "CrcValidationFailed", "invalid-request")
        return JSONResponse({"data": {"valid": True}})

    async def _replay(self, request: Request) -> Response:
        self._as_app(request)
        asked = await request.json()
        self.replays.append(asked)
        start = datetime.strptime(asked["from_date"], "%Y%m%d%H%M").replace(tzinfo=UTC)
        webhook = next(one for one in self.webhooks if one.id == asked["webhook_id"])
        for at, event in self.told:
            if at >= start:
                self._later(self._deliver(webhook, event))
        return JSONResponse({"data": {"job_id": "1", "created_at": stamp(datetime.now(UTC))}})

    # activity -------------------------------------------------------------------------------------------------------

    async def _list_subscriptions(self, request: Request) -> Response:
        self._as_app(request)
        self._count(request, "subscriptions", "read")
        rows, meta = self._paged(self.subscriptions, request.query_params, 1000)
        return JSONResponse({"data": [one.shown() for one in rows], "meta": meta})

    async def _subscribe(self, request: Request) -> Response:
        self._count(request, "subscriptions", "made")
        body = await request.json()
        scope = {"dm": "dm.read", "broadcast": "broadcast.read"}.get(body["event_type"].split(".")[0], "tweet.read")
        user = self._user(request, scope)
        if body["filter"]["user_id"] != user.id:
            raise No(403, "Forbidden: these events are private")
        via = body.get("webhook_id", "")
        if via and not any(one.id == via and one.valid for one in self.webhooks):
            raise No(400, "Invalid Request: webhook_id", "invalid-request")
        if any((one.event_type, one.filter) == (body["event_type"], body["filter"]) for one in self.subscriptions):
            raise No(400, "DuplicateSubscription: it exists already", "invalid-request")
        made = Subscription(str(next(self._ids)), body["event_type"], body["filter"], body.get("tag", ""), via)
        self.subscriptions.append(made)
        return JSONResponse({"data": {"subscription": made.shown()}})

    def _subscription(self, request: Request) -> Subscription:
        self._as_app(request)
        found = next((one for one in self.subscriptions if one.id == request.path_params["id"]), None)
        if found is None:
            raise No(404, "Not Found Error", "resource-not-found")
        return found

    async def _move_subscription(self, request: Request) -> Response:
        found, body = self._subscription(request), await request.json()
        found.webhook_id, found.tag = body["webhook_id"], body.get("tag", found.tag)
        return JSONResponse({"data": {"subscription": found.shown()}})

    async def _unsubscribe(self, request: Request) -> Response:
        self.subscriptions.remove(self._subscription(request))
        return JSONResponse({"data": {"deleted": True}})

    def _announce(self, kind: str, user_id: str, payload: Any, includes: Any) -> None:
        """Tell whoever subscribed to it, and take the money."""
        for one in self.subscriptions:
            if one.event_type == kind and one.filter["user_id"] == user_id:
                if kind != "post.delete":
                    self.spent += PRICES["dm event" if kind.startswith("dm.") else "post event"]
                self._tell(kind, one.filter, payload, includes, one.webhook_id)

    def _tell(self, kind: str, filters: Any, payload: Any, includes: Any, webhook_id: str) -> None:
        number = int.from_bytes(secrets.token_bytes(8), "big", signed=True)
        data = {"event_uuid": str(number), "filter": filters, "event_type": kind, "tag": "engage", "payload": payload}
        event = {"data": {**data, "includes": includes} if includes else data}
        self.told.append((datetime.now(UTC), event))
        for webhook in self.webhooks:
            if webhook.valid and (webhook.id == webhook_id or not filters):
                self._later(self._deliver(webhook, event))
        for stream in self.streams:
            stream.put_nowait(json.dumps(event))

    async def _deliver(self, webhook: Webhook, event: dict[str, Any]) -> None:
        body = json.dumps(event).encode()
        headers = {self.signs_as: signed(self.secret, body)}
        with suppress(OSError, httpx.HTTPError):
            answer = await asyncio.to_thread(deliver, webhook.url, body, headers)
            self.deliveries.append((event["data"]["event_uuid"], answer.status_code))

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stream(self, request: Request) -> Response:
        self._as_app(request)
        self._count(request, "stream", "app")
        back = timedelta(minutes=int(request.query_params.get("backfill_minutes", "0")))
        if back and not self.enterprise:
            raise No(400, "Invalid Request: backfill is not available", "invalid-request")
        if len(self.streams) >= 2:
            said = {"connection_issue": "TooManyConnections"}
            raise No(429, "This stream is at the maximum allowed connection limit.", "streaming-connection", **said)
        stream: asyncio.Queue[str | None] = asyncio.Queue()
        for at, event in self.told:
            if datetime.now(UTC) - at <= back:
                stream.put_nowait(json.dumps(event))
        self.streams.append(stream)
        return StreamingResponse(self._lines(stream), media_type="application/json")

    async def _lines(self, stream: asyncio.Queue[str | None]) -> AsyncIterator[str]:
        try:
            while True:
                try:
                    told = await asyncio.wait_for(stream.get(), self.keepalive_s)
                except TimeoutError:
                    told = ""
                if told is None:
                    return
                yield f"{told}\r\n"
        finally:
            self.streams.remove(stream)

    async def _usage(self, request: Request) -> Response:
        self._as_app(request)
        return JSONResponse({"data": {"project_usage": "12", "project_cap": "3000000", "cap_reset_day": 1}})


def _note_shown(note: Note) -> dict[str, Any]:
    text, urls = shortened(note.text)
    said = {"id": note.id, "text": text, "event_type": "MessageCreate", "created_at": stamp(note.at)}
    return {**said, "sender_id": note.sender, "entities": {"urls": urls}}


def _token_in(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind == "Bearer" else ""
