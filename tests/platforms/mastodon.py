"""Mastodon on a port of this machine: one server with one account that is ours, its REST API and its streams.

It enforces what https://docs.joinmastodon.org and the server's source say: tokens and scopes, PKCE and codes that work
once, idempotency keys that last an hour, the length of a status, who may see it and who is told of it, its limits, and
ids that are opaque strings.
"""

import asyncio
import base64
import hashlib
import html
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx
import regex  # type: ignore[import-untyped]
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from tests.platforms.base import Simulator

ME, ANN, BOB = "14715", "108892", "108893"
TOKEN = "at_tILNHkSEmBtoj0s0DsUJRdnPWVoTYBmL"
SCOPES = "read:accounts read:notifications read:statuses write:statuses"
WINDOW, KEY_LIFE = timedelta(minutes=5), timedelta(hours=1)
_URL = regex.compile(r"https?://[^\s<>]+")
# Account::MENTION_RE of the server: what it takes for a mention, whatever its author meant.
_MENTION = regex.compile(r"(?<![=/\w])@([a-z0-9_]+(?:[a-z0-9_.-]+[a-z0-9_]+)?)(?:@([\w.-]+\w+))?", regex.IGNORECASE)
_OVER: Any = object()
Handler = Callable[[Request], Any]


class Throttle(NamedTuple):
    """At most `limit` in each `span`; spans begin on the clock, not with the first request."""

    name: str
    limit: int
    span: timedelta


def person(identifier: str, name: str, shown: str, *, bot: bool = False) -> dict[str, Any]:
    username, _, host = name.partition("@")
    url = f"https://{host or 'social.example'}/@{username}"
    known = {"id": identifier, "username": username, "acct": name, "display_name": shown, "bot": bot, "url": url}
    return {**known, "note": "<p></p>", "fields": [], "emojis": []}


@dataclass
class Mastodon(Simulator):
    """`write`, `edit`, `remove` are a follower's, `post_in_person` the creator's; `posted` is what our app posted."""

    max_characters: int = 500
    limit: int = 300
    statuses_limit: int = 300  # in three hours, whichever way the account posts them
    bot: bool = True
    policy: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)  # statuses that the account may not see
    notified: list[tuple[str, str]] = field(default_factory=list)  # account and status: whom a reply reached
    statuses: dict[str, dict[str, Any]] = field(default_factory=dict)
    notifications: list[dict[str, Any]] = field(default_factory=list)
    page_size: int = 80  # servers may give less than they are asked for
    streaming_ready: bool = True
    limited_federation: bool = False  # nothing but the registration is answered without a token
    shows_application: bool = True  # a setting of the account
    repeated_keys_fail: bool = False  # https://github.com/mastodon/mastodon/issues/40399

    def __post_init__(self) -> None:
        super().__post_init__()
        self.people = {
            one["id"]: one
            for one in (person(ME, "me", "Me"), person(ANN, "ann@remote.example", "Ann"), person(BOB, "bob", ""))
        }
        self.tokens: dict[str, set[str]] = {TOKEN: set(SCOPES.split())}
        self.apps: dict[str, dict[str, Any]] = {}
        self._codes: dict[str, dict[str, str]] = {}
        self._keys: dict[str, tuple[str, datetime]] = {}
        self._used: dict[str, int] = {}
        self._ours: set[str] = set()
        self._streams: dict[asyncio.Queue[Any], Callable[[], None]] = {}
        self._ahead = timedelta(0)
        self._statuses_made, self._notes_made = 9_995, 996  # so that ids get longer on the way

    # what people do -------------------------------------------------------------------------------------------------

    def write(
        self,
        text: str,
        author: str = ANN,
        *,
        visibility: str = "public",
        reply_to: str = "",
        spoiler_text: str = "",
        language: str | None = "en",
        kind: str = "mention",
    ) -> str:
        """A follower's status; who mentions the account tells it so. The id of the status."""
        status = self._made(author, text, visibility, reply_to, spoiler_text, language)
        if any(one["id"] == ME for one in status["mentions"]) or kind != "mention":
            self._notes_made += 1
            note = {"id": str(self._notes_made), "type": kind, "created_at": self._now_text()}
            self.notifications.append({**note, "account": status["account"], "status": status})
            self._tell("notification", self.notifications[-1])
        return str(status["id"])

    def post_in_person(self, text: str, reply_to: str = "", visibility: str = "public", app: str = "Web") -> str:
        status = self._made(ME, text, visibility, reply_to, "", "en", app)
        self._tell("update", status)
        return str(status["id"])

    def edit(self, status_id: str, text: str) -> None:
        status = self.statuses[status_id]
        status |= {"content": self._rendered(text), "edited_at": self._now_text(), "text": text}
        status |= {"mentions": self._mentions(text)}
        self._tell("status.update", status)
        self._tell("status.update", status)  # twice to who is mentioned and follows the author (mastodon pull 28324)

    def remove(self, status_id: str) -> None:
        del self.statuses[status_id]
        self.notifications = [one for one in self.notifications if one["status"]["id"] != status_id]
        for status in self.statuses.values():
            if status["in_reply_to_id"] == status_id:
                status["in_reply_to_id"] = None
        self._tell("delete", status_id)

    def tell(self, event: str, payload: Any) -> None:
        """Anything else on the stream."""
        self._tell(event, payload)

    def consent(self, url: str, *, deny: bool = False) -> dict[str, str]:
        """The creator on the page: the query that their browser comes back with."""
        answer = httpx.get(f"{url}&deny=1" if deny else url, follow_redirects=False)
        assert answer.status_code == 302, answer.text
        return dict(httpx.URL(answer.headers["location"]).params)

    def revoke(self, token: str = TOKEN) -> None:
        self.tokens.pop(token)
        self.drop_streams()

    # what a test may look at and turn -------------------------------------------------------------------------------

    @property
    def posted(self) -> list[dict[str, Any]]:
        """What our app posted and nobody took back, oldest first."""
        return [one for one in self.statuses.values() if one["id"] in self._ours]

    def pass_time(self, span: timedelta) -> None:
        self._ahead += span

    def drop_streams(self, *, cleanly: bool = False) -> None:
        """Cut every open stream, or end it as a server that restarts."""
        for queue, abort in list(self._streams.items()):
            self.soon((lambda queue=queue: queue.put_nowait(_OVER)) if cleanly else abort)

    @property
    def streaming(self) -> int:
        return len(self._streams)

    def _tell(self, event: str, payload: Any) -> None:
        data = payload if isinstance(payload, str) else JSONResponse(payload).body.decode()
        for queue in list(self._streams):
            self.soon(lambda queue=queue: queue.put_nowait(f"event: {event}\ndata: {data}\n\n"))

    def _now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def _now_text(self) -> str:
        return self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    # statuses -------------------------------------------------------------------------------------------------------

    def _made(
        self,
        author: str,
        text: str,
        visibility: str,
        reply_to: str,
        spoiler_text: str,
        language: str | None,
        app: str = "",
    ) -> dict[str, Any]:
        self._statuses_made += 1
        parent = self.statuses.get(reply_to)
        status = {
            "id": str(self._statuses_made),
            "created_at": self._now_text(),
            "in_reply_to_id": reply_to or None,
            "in_reply_to_account_id": parent["account"]["id"] if parent else None,
            "visibility": visibility,
            "spoiler_text": spoiler_text,
            "language": language,
            "edited_at": None,
            "reblog": None,
            "content": self._rendered(text),
            "text": text,
            "account": self.people[author],
            "emojis": [],
            "application": {"name": app, "website": None} if app and self.shows_application else None,
            "mentions": self._mentions(text),
        }
        self.statuses[status["id"]] = status
        return status

    def _mentions(self, text: str) -> list[dict[str, Any]]:
        return [{key: one[key] for key in ("id", "username", "acct", "url")} for one in self._mentioned(text)]

    def _mentioned(self, text: str) -> list[dict[str, Any]]:
        names = ["@".join(filter(None, found.groups())).lower() for found in _MENTION.finditer(text)]
        return [one for one in self.people.values() if one["acct"] in names]

    def _rendered(self, text: str) -> str:
        known = {one["acct"]: one for one in self.people.values()}

        def mention(found: Any) -> str:
            one = known.get("@".join(filter(None, found.groups())).lower())
            if one is None:
                return str(found[0])
            link = f'<a href="{one["url"]}" class="u-url mention">@<span>{one["username"]}</span></a>'
            return f'<span class="h-card" translate="no">{link}</span>'

        def link(found: Any) -> str:
            scheme, _, rest = found[0].partition("://")
            shown = f'<span class="ellipsis">{rest[:30]}</span><span class="invisible">{rest[30:]}</span>'
            return f'<a href="{found[0]}"><span class="invisible">{scheme}://</span>{shown}</a>'

        parts = [
            link(found) if (found := _URL.fullmatch(part)) else _MENTION.sub(mention, html.escape(part))
            for part in regex.split(r"(https?://[^\s<>]+)", text)
        ]
        return "<p>" + "".join(parts).replace("\n\n", "</p><p>").replace("\n", "<br />") + "</p>"

    def length(self, text: str, spoiler_text: str = "") -> int:
        """As the server counts: graphemes, a link 23, of a mention the name without its server, and the warning too."""
        countable = _MENTION.sub(lambda found: f"@{found[1]}", _URL.sub("x" * 23, text))
        return len(regex.findall(r"\X", spoiler_text + countable))

    # the API --------------------------------------------------------------------------------------------------------

    def routes(self) -> Sequence[BaseRoute]:
        limited = self._limited
        return [
            Route("/api/v1/apps", self._register, methods=["POST"]),
            Route("/oauth/authorize", self._authorize),
            Route("/oauth/token", self._token, methods=["POST"]),
            Route("/oauth/revoke", self._revoke, methods=["POST"]),
            Route("/api/v1/apps/verify_credentials", limited(self._application, "")),
            Route("/api/v1/accounts/verify_credentials", limited(self._verify, "read:accounts")),
            Route("/api/v2/instance", limited(self._instance, "")),
            Route("/api/v2/notifications/policy", limited(self._policy, "read:notifications")),
            Route("/api/v1/notifications", limited(self._listed_notifications, "read:notifications")),
            Route("/api/v1/statuses", limited(self._post, "write:statuses"), methods=["POST"]),
            Route("/api/v1/statuses/{id}", limited(self._show, "read:statuses"), methods=["GET"]),
            Route("/api/v1/statuses/{id}", limited(self._delete, "write:statuses"), methods=["DELETE"]),
            Route("/api/v1/accounts/{id}/statuses", limited(self._listed_statuses, "read:statuses")),
            Route("/api/v1/streaming/health", self._health),
            Route("/api/v1/streaming/user", self._stream),
        ]

    def _limited(self, handler: Handler, scope: str) -> Handler:
        async def guarded(request: Request) -> Response:
            if refusal := self._refused(request, scope):
                return refusal
            throttles = self._throttles(request)
            if refusal := self._too_many(throttles):
                return refusal
            answer: Response = await handler(request)
            if "x-ratelimit-limit" not in answer.headers:
                answer.headers.update(min(map(self._rate_headers, throttles), key=_left))
            return answer

        return guarded

    def _refused(self, request: Request, scope: str) -> Response | None:
        scopes = self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if scopes is None and (scope or self.limited_federation):
            return JSONResponse({"error": "The access token is invalid"}, 401)
        if scope and not {scope, scope.partition(":")[0]} & (scopes or set()):
            return JSONResponse({"error": "This action is outside the authorized scopes"}, 403)
        return None

    def _throttles(self, request: Request) -> list[Throttle]:
        """What a request is counted in (rack_attack.rb)."""
        found = [Throttle("all", self.limit, WINDOW)]
        if {"min_id", "max_id", "since_id"} & set(request.query_params):
            found.append(Throttle("paging", 300, 3 * WINDOW))
        return [*found, Throttle("delete", 30, 6 * WINDOW)] if request.method == "DELETE" else found

    def _too_many(self, throttles: Sequence[Throttle]) -> Response | None:
        for throttle in throttles:
            slot = self._slot(throttle)
            self._used[slot] = self._used.get(slot, 0) + 1
            if self._used[slot] > throttle.limit:
                return JSONResponse({"error": "Too many requests"}, 429, self._rate_headers(throttle))
        return None

    def _slot(self, throttle: Throttle) -> str:
        return f"{throttle.name} {int(self._now().timestamp() // throttle.span.total_seconds())}"

    def _rate_headers(self, throttle: Throttle) -> dict[str, str]:
        seconds = throttle.span.total_seconds()
        ends = datetime.fromtimestamp((self._now().timestamp() // seconds + 1) * seconds, UTC)
        left = max(0, throttle.limit - self._used.get(self._slot(throttle), 0))
        reset = ends.isoformat(timespec="microseconds").replace("+00:00", "Z")
        return {
            "x-ratelimit-limit": str(throttle.limit),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": reset,
        }

    async def _register(self, request: Request) -> Response:
        asked = await request.json()
        if not (asked.get("client_name") and asked.get("redirect_uris")):
            return JSONResponse({"error": "Validation failed: Redirect URI must be an absolute URI."}, 422)
        number = str(len(self.apps) + 1)
        app = {"client_id": f"ci_{number}", "client_secret": f"cs_secret_of_application_{number}", **asked}
        self.apps[app["client_id"]] = app
        return JSONResponse({"id": number, "name": asked["client_name"], **app})

    async def _authorize(self, request: Request) -> Response:
        asked = request.query_params
        app = self.apps.get(asked.get("client_id", ""))
        good = app and asked.get("response_type") == "code" and asked["redirect_uri"] in app["redirect_uris"]
        if not good or not set(asked["scope"].split()) <= set(app["scopes"].split()):
            return JSONResponse({"error": "invalid_request"}, 400)
        assert asked["code_challenge_method"] == "S256"
        back = {"state": asked["state"]}
        if "deny" in asked:
            return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', **back})}", 302)
        code = f"code-{len(self._codes) + 1}"
        self._codes[code] = dict(asked)
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, **back})}", 302)

    async def _token(self, request: Request) -> Response:
        asked = {key: str(value) for key, value in (await request.form()).items()}
        app = self.apps.get(asked.get("client_id", ""))
        if app is None or app["client_secret"] != asked.get("client_secret"):
            return JSONResponse({"error": "invalid_client"}, 401)
        known = self._codes.pop(asked.get("code", ""), None)  # it works once
        if known is None or known["redirect_uri"] != asked["redirect_uri"] or not _proves(known, asked):
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = f"at_granted_token_number_{len(self.tokens) + 1}"
        self.tokens[token] = set(known["scope"].split())
        said = {"access_token": token, "token_type": "Bearer", "scope": known["scope"]}
        return JSONResponse({**said, "created_at": int(self._now().timestamp())})

    async def _revoke(self, request: Request) -> Response:
        asked = {key: str(value) for key, value in (await request.form()).items()}
        app = self.apps.get(asked.get("client_id", ""))
        if app is None or app["client_secret"] != asked.get("client_secret"):
            said = "You are not authorized to revoke this token"
            return JSONResponse({"error": "unauthorized_client", "error_description": said}, 403)
        self.tokens.pop(asked.get("token", ""), None)
        return JSONResponse({})

    async def _application(self, request: Request) -> Response:
        return JSONResponse({"name": "Engage", "website": None, "scopes": SCOPES.split()})

    async def _verify(self, request: Request) -> Response:
        return JSONResponse({**self.people[ME], "bot": self.bot})

    async def _instance(self, request: Request) -> Response:
        statuses = {"max_characters": self.max_characters, "characters_reserved_per_url": 23}
        urls = {"streaming": self.url.replace("http://", "ws://")}
        return JSONResponse({"domain": "social.example", "configuration": {"urls": urls, "statuses": statuses}})

    async def _policy(self, request: Request) -> Response:
        return JSONResponse({"for_not_following": "accept", "for_private_mentions": "accept", **self.policy})

    async def _listed_notifications(self, request: Request) -> Response:
        kinds = request.query_params.getlist("types[]")
        rows = [one for one in self.notifications if not kinds or one["type"] in kinds]
        return JSONResponse(_page(rows, request.query_params, most=self.page_size))

    async def _listed_statuses(self, request: Request) -> Response:
        rows = [one for one in self.statuses.values() if one["account"]["id"] == request.path_params["id"]]
        return JSONResponse(_page(rows, request.query_params, most=min(self.page_size, 40)))

    async def _show(self, request: Request) -> Response:
        status = self.statuses.get(request.path_params["id"])
        if status is None or status["id"] in self.hidden:
            return JSONResponse({"error": "Record not found"}, 404)
        return JSONResponse(status)

    async def _post(self, request: Request) -> Response:
        asked, key = await request.json(), request.headers.get("idempotency-key", "")
        parent = self.statuses.get(asked.get("in_reply_to_id", ""))
        if asked.get("in_reply_to_id") and (parent is None or parent["id"] in self.hidden):
            return JSONResponse({"error": "The post you are trying to reply to does not appear to exist."}, 404)
        known = self._keys.get(key)
        if known and self._now() - known[1] <= KEY_LIFE:
            if self.repeated_keys_fail:
                return JSONResponse({"error": "We're sorry, but something went wrong on our end."}, 500)
            return JSONResponse(self.statuses[known[0]])
        warning = asked.get("spoiler_text", "")
        if self.length(asked["status"], warning) > self.max_characters:
            said = f"Validation failed: Text character limit of {self.max_characters} exceeded"
            return JSONResponse({"error": said}, 422)
        family = Throttle("statuses", self.statuses_limit, 36 * WINDOW)  # rate_limiter.rb; its headers go before others
        if refusal := self._too_many([family]):
            return refusal
        place = (asked.get("visibility", "public"), asked.get("in_reply_to_id", ""))
        status = self._made(ME, asked["status"], *place, warning, asked.get("language"), "Engage")
        self._ours.add(status["id"])
        self._keys[key] = (status["id"], self._now())
        self.notified += [(one["acct"], status["id"]) for one in status["mentions"]]
        self._tell("update", status)
        return JSONResponse(status, headers=self._rate_headers(family))

    async def _delete(self, request: Request) -> Response:
        status = self.statuses.get(request.path_params["id"])
        if status is None or status["account"]["id"] != ME:
            return JSONResponse({"error": "Record not found"}, 404)
        self.remove(status["id"])
        return JSONResponse(status)

    # streams --------------------------------------------------------------------------------------------------------

    async def _health(self, request: Request) -> Response:
        return Response("OK" if self.streaming_ready else "", 200 if self.streaming_ready else 503)

    async def _stream(self, request: Request) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not {"read:statuses", "read:notifications"} <= self.tokens.get(token, set()):
            return JSONResponse({"error": "Invalid access token"}, 401)
        queue: asyncio.Queue[Any] = asyncio.Queue()
        self._streams[queue] = request.scope["extensions"]["simulator"]["abort"]
        return StreamingResponse(self._told(queue), media_type="text/event-stream")

    async def _told(self, queue: asyncio.Queue[Any]) -> AsyncIterator[str]:
        try:
            yield ":)\n"
            while True:
                try:
                    said = await asyncio.wait_for(queue.get(), 15)
                except TimeoutError:
                    said = ":thump\n"
                if said is _OVER:
                    return
                yield said
        finally:
            self._streams.pop(queue, None)


def _proves(known: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == known["code_challenge"]


def _left(headers: Mapping[str, str]) -> int:
    return int(headers["x-ratelimit-remaining"])


def _page(rows: list[dict[str, Any]], asked: Mapping[str, str], most: int) -> list[dict[str, Any]]:
    """Newest first; `min_id` begins at the old end, `max_id` at the new one."""
    limit = min(int(asked.get("limit", most // 2)), most)
    rows = sorted(rows, key=lambda row: int(row["id"]))
    if "min_id" in asked:
        return [row for row in rows if int(row["id"]) > int(asked["min_id"])][:limit][::-1]
    below = [row for row in rows if int(row["id"]) < int(asked.get("max_id", 10**20))]
    return below[::-1][:limit]
