"""TikTok's business API as its documentation tells it: comments of own videos, direct messages, tokens, webhooks.

It enforces: the token's header, its end and its scopes; `business_id`; every parameter and its range; 40 calls a
minute of an account and endpoint; 150 characters; what stands where; whose a comment is; the windows and countries of
direct messages; codes and refresh tokens that are good once. Errors are a 200 with a code, as TikTok's are.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from tests.platforms.base import Simulator, deliver

V = "/open_api/v1.3"
APP_ID = "7000000000000000000"
SORTED = 500
CLOSED = ("AT", "DE", "FR", "IE", "CH", "GB")
SCOPES = (
    "user.info.basic,user.info.username,user.account.type,video.list,comment.list,comment.list.manage,"
    "message.list.read,message.list.send,message.list.manage"
)
Handler = Callable[["TikTok", "Account", dict[str, Any]], Any]


class No(Exception):  # a refusal in the envelope
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Account:
    open_id: str
    username: str
    token: str
    refresh: str
    region: str = "BR"
    business: bool = True
    scopes: str = SCOPES
    ends_at: float = field(default_factory=lambda: time.time() + 86400)
    videos: list[dict[str, Any]] = field(default_factory=list)
    comments: dict[str, dict[str, Any]] = field(default_factory=dict)
    conversations: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def unique_identifier(self) -> str:
        return f"+own/{self.open_id}"


class TikTok(Simulator):
    """`with TikTok() as tiktok`: one account, `tiktok.creator`, with one video."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget everything: a test that follows on the same server begins like the first."""
        self.calls.clear()
        self._dials.clear()
        self.secrets = ["new-secret-a1b2c3d4e5f6", "old-secret-f6e5d4c3b2a1"]
        self.creator = Account("biz-open-id", "creator", "act.a1b2c3d4e5f6a7b8c9d0", "rft.0f1e2d3c4b5a69788796")
        self.accounts = {"biz-open-id": self.creator}
        self.codes: dict[str, dict[str, str]] = {}
        self.events: list[tuple[str, str, dict[str, Any]]] = []  # owner, event, content
        self.webhooks: dict[str, str] = {}
        self.a_minute = 40
        self.messages_a_second = 10
        self.withheld: set[str] = set()  # comments that lists leave out, as TikTok's safety rules do
        self._taken: dict[tuple[str, str], list[float]] = {}
        self._next = 7300000000000000000
        self.video = self.publishes("Above Lisbon")

    # what people do -----------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        self._next += 1
        return str(self._next)

    def publishes(self, caption: str) -> str:
        video = {"item_id": self.new_id(), "caption": caption, "create_time": str(int(time.time()))}
        self.creator.videos.insert(0, video)
        return str(video["item_id"])

    def comments(
        self, text: str, parent: str = "", video: str = "", fan: str = "fan_1", age_s: float = 0, status: str = "PUBLIC"
    ) -> str:
        """A follower comments, or replies to a comment; `fan=""` is the creator in person."""
        return self._add_comment(self.creator, text, parent, video or self.video, fan, age_s, status)

    def _add_comment(
        self, account: Account, text: str, parent: str, video: str, fan: str, age_s: float = 0, status: str = "PUBLIC"
    ) -> str:
        comment_id = self.new_id()
        row = {
            "comment_id": comment_id,
            "video_id": video,
            "unique_identifier": f"+id/{fan}" if fan else account.unique_identifier,
            "username": fan or account.username,
            "display_name": (fan or account.username).title(),
            "text": text,
            "create_time": str(int(time.time() - age_s)),
            "likes": 0,
            "owner": not fan,
            "liked": False,
            "pinned": False,
            "status": status,
        }
        account.comments[comment_id] = {**row, "parent_comment_id": parent} if parent else row
        self._tell_comment(account, comment_id, "insert")
        return comment_id

    def _tell_comment(self, account: Account, comment_id: str, action: str) -> None:
        row = account.comments[comment_id]
        parent = row.get("parent_comment_id")
        content = {
            "comment_id": int(comment_id),
            "video_id": int(row["video_id"]),
            "parent_comment_id": int(parent or 0),
            "comment_type": "reply" if parent else "comment",
            "comment_action": action,
            "timestamp": int(time.time()),
            "unique_identifier": row["unique_identifier"],
            "text": row["text"],
        }
        self.events.append((account.open_id, "comment.update", content))

    def takes_down(self, comment_id: str) -> None:
        """Whoever wrote it deletes it, and the replies go with it."""
        self._tell_comment(self.creator, comment_id, "delete")
        gone = [key for key, row in self.creator.comments.items() if comment_id in (key, row.get("parent_comment_id"))]
        for key in gone:
            del self.creator.comments[key]

    def shows(self, comment_id: str, status: str) -> None:
        """The creator, or a moderator, hides a comment or publishes it."""
        self.creator.comments[comment_id]["status"] = status
        self._tell_comment(self.creator, comment_id, "set_to_public" if status == "PUBLIC" else "set_to_hidden")

    def writes(
        self, text: str, fan: str = "fan_1", age_s: float = 0, region: str = "BR", kind: str = "text"
    ) -> tuple[str, str]:
        """A follower's direct message → its conversation and id."""
        place = f"c+{fan}=="
        talk = self.creator.conversations.setdefault(place, {"fan": fan, "messages": []})
        said = self._message(self.creator, place, fan, kind, text, age_s)
        talk["messages"].append(said)
        if region in CLOSED:
            stripped = {"to": "creator", "to_user": said["to_user"], "timestamp": said["timestamp"]}
            self.events.append((self.creator.open_id, "im_receive_msg_eu", stripped))
        else:
            self.events.append((self.creator.open_id, "im_receive_msg", said))
        return place, str(said["message_id"])

    def writes_in_person(self, place: str, text: str, source: str = "APP", age_s: float = 0, **more: Any) -> str:
        """The creator's own message, by hand where `source` is APP or WEB."""
        return self._say(self.creator, place, text, source, age_s, more)

    def _say(self, account: Account, place: str, text: str, source: str, age_s: float, more: Mapping[str, Any]) -> str:
        talk = account.conversations[place]
        said = self._message(account, place, talk["fan"], "text", text, age_s, ours=True)
        said |= {"message_tag": {"source": source}, **more}
        talk["messages"].append(said)
        self.events.append((account.open_id, "im_send_msg", said))
        return str(said["message_id"])

    def _message(
        self, account: Account, place: str, fan: str, kind: str, text: str, age_s: float, ours: bool = False
    ) -> dict[str, Any]:
        them = {"id": f"u_{fan}", "role": "personal_account"}
        we = {"id": account.open_id, "role": "business_account"}
        return {
            "from": account.username if ours else fan,
            "to": fan if ours else account.username,
            "unique_identifier": f"+id/{fan}",
            "from_user": we if ours else them,
            "to_user": them if ours else we,
            "conversation_id": place,
            "message_id": f"m{self.new_id()}",
            "timestamp": int((time.time() - age_s) * 1000),
            "type": kind,
            **({"text": {"body": text}} if kind == "text" else {kind: {"media_id": "i1"}}),
        }

    # webhooks -----------------------------------------------------------------------------------------------------

    def signed(self, event: tuple[str, str, dict[str, Any]], secret: str = "") -> tuple[dict[str, str], bytes]:
        """The headers and body of a delivery: `content` is JSON in a string, ids are bare numbers."""
        owner, name, content = event
        envelope = {"client_key": APP_ID, "event": name, "create_time": int(time.time()), "user_openid": owner}
        body = json.dumps({**envelope, "content": json.dumps(content, separators=(",", ":"))}).encode()
        at = str(int(time.time()))
        key = (secret or self.secrets[0]).encode()
        signature = hmac.new(key, at.encode() + b"." + body, hashlib.sha256).hexdigest()
        return {"tiktok-signature": f"t={at},s={signature}"}, body

    def deliver(self, url: str, event: tuple[str, str, dict[str, Any]]) -> httpx.Response:
        headers, body = self.signed(event)
        return deliver(url, body, headers)

    # the API ------------------------------------------------------------------------------------------------------

    def posted(self) -> list[dict[str, Any]]:
        """The creator's own comments that stand, oldest first."""
        return [row for row in self.creator.comments.values() if row["owner"]]

    def sent(self, place: str) -> list[str]:
        """The texts of the creator's own direct messages."""
        said = self.creator.conversations[place]["messages"]
        return [one["text"]["body"] for one in said if one["from_user"]["role"] == "business_account"]

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/v2/auth/authorize", self._authorize),
            Route(f"{V}/tt_user/oauth2/token/", self._app_call(self._token), methods=["POST"]),
            Route(f"{V}/tt_user/oauth2/refresh_token/", self._app_call(self._refresh), methods=["POST"]),
            Route(f"{V}/tt_user/token_info/get/", self._app_call(self._token_info), methods=["POST"]),
            Route(f"{V}/tt_user/oauth2/revoke/", self._app_call(self._revoke), methods=["POST"]),
            Route(f"{V}/business/webhook/update/", self._app_call(self._webhook), methods=["POST"]),
            *(
                Route(f"{V}{path}", self._account_call(path, rule), methods=[rule.method])
                for path, rule in CALLS.items()
            ),
        ]

    async def _authorize(self, request: Request) -> Response:
        """The page, where the creator agrees at once."""
        asked = request.query_params
        redirect = urlsplit(asked.get("redirect_uri", ""))
        fine = redirect.scheme == "https" and redirect.path.endswith("/") and not redirect.query and not redirect.port
        known = asked.get("client_key") == APP_ID and asked.get("response_type") == "code"
        if not (fine and known and asked.get("state") and asked.get("disable_auto_auth") == "1"):
            return Response("this app or address is not registered", 400)
        code = f"auth.{secrets.token_hex(8)}"
        self.codes[code] = {"redirect_uri": asked["redirect_uri"], "scope": asked["scope"]}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", 302)

    def _app_call(self, act: Callable[[dict[str, Any]], Any]) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            try:
                asked = json.loads(await request.body())
                return _envelope(0, "OK", act(asked))
            except No as no:
                return _envelope(no.code, str(no), {})

        return handle

    def _account_call(self, path: str, rule: "Rule") -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            try:
                body = await request.body()
                asked = dict(request.query_params) if rule.method == "GET" else json.loads(body)
                account = self._account(request, asked, rule.scope)
                self._count(account, path)
                rule.check(asked)
                return _envelope(0, "OK", rule.act(self, account, asked))
            except No as no:
                return _envelope(no.code, str(no), {})

        return handle

    def _account(self, request: Request, asked: Mapping[str, Any], scope: str) -> Account:
        token = request.headers.get("access-token", "")
        account = next((one for one in self.accounts.values() if one.token == token), None)
        if account is None:
            raise No(40105, "Access token is incorrect or has been revoked")
        if time.time() >= account.ends_at:
            raise No(40102, "Access token is expired")
        if asked.get("business_id") != account.open_id or scope not in account.scopes.split(","):
            raise No(40001, "No permission to operate")
        return account

    def _count(self, account: Account, path: str) -> None:
        """Calls of an account by endpoint; messages are counted by themselves, for all accounts of the app."""
        sends = path.endswith("/message/send/")
        whose, most, span = ("", self.messages_a_second, 1.0) if sends else (account.open_id, self.a_minute, 60.0)
        now = time.time()
        taken = [at for at in self._taken.get((whose, path), []) if at > now - span]
        if len(taken) >= most:
            raise No(40100, "Too many requests: the limit of calls is reached")
        self._taken[whose, path] = [*taken, now]

    # tokens -------------------------------------------------------------------------------------------------------

    def _check_app(self, asked: Mapping[str, Any], names: tuple[str, str] = ("client_id", "client_secret")) -> None:
        if asked.get(names[0]) != APP_ID or asked.get(names[1]) not in self.secrets:
            raise No(40002, "client_id or client_secret is invalid")

    def _token(self, asked: dict[str, Any]) -> Any:
        self._check_app(asked)
        granted = self.codes.pop(asked.get("auth_code", ""), None)
        if asked.get("grant_type") != "authorization_code" or granted is None:
            raise No(40131, "Authorization code is expired.")
        if asked.get("redirect_uri") != granted["redirect_uri"]:
            raise No(40002, "redirect_uri: it is another than the code was given to")
        self.creator.scopes = granted["scope"]
        return self._new_tokens(self.creator)

    def _refresh(self, asked: dict[str, Any]) -> Any:
        self._check_app(asked)
        account = next((one for one in self.accounts.values() if one.refresh == asked.get("refresh_token")), None)
        if asked.get("grant_type") != "refresh_token" or account is None:
            raise No(40002, "refresh_token is invalid")
        return self._new_tokens(account)

    def _new_tokens(self, account: Account) -> dict[str, Any]:
        account.token, account.refresh = f"act.{secrets.token_hex(12)}", f"rft.{secrets.token_hex(12)}"
        account.ends_at = time.time() + 86400
        return {
            "access_token": account.token,
            "token_type": "Bearer",
            "scope": account.scopes,
            "expires_in": 86400,
            "refresh_token": account.refresh,
            "refresh_token_expires_in": 31536000,
            "open_id": account.open_id,
        }

    def _token_info(self, asked: dict[str, Any]) -> Any:
        account = next((one for one in self.accounts.values() if one.token == asked.get("access_token")), None)
        if asked.get("app_id") != APP_ID or account is None:
            raise No(40105, "Access token is incorrect or has been revoked")
        return {"app_id": APP_ID, "creator_id": account.open_id, "scope": account.scopes}

    def _revoke(self, asked: dict[str, Any]) -> Any:
        self._check_app(asked)
        account = next((one for one in self.accounts.values() if one.token == asked.get("access_token")), None)
        if account is None:
            raise No(40105, "Access token is incorrect or has been revoked")
        account.token = account.refresh = ""
        return {}

    def _webhook(self, asked: dict[str, Any]) -> Any:
        self._check_app(asked, ("app_id", "secret"))
        if asked.get("event_type") not in ("COMMENT", "DIRECT_MESSAGE", "VIDEO", "BRAND_MENTION"):
            raise No(40002, "event_type: invalid value")
        if not str(asked.get("callback_url", "")).startswith("https://"):
            raise No(40002, "callback_url: it must be https")
        self.webhooks[asked["event_type"]] = asked["callback_url"]
        return {"app_id": APP_ID, "event_type": asked["event_type"], "callback_url": asked["callback_url"]}


# what an account may call -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """One endpoint: its method, scope, parameters (true: required) and what it does."""

    method: str
    scope: str
    parameters: Mapping[str, bool]
    act: Handler
    at_most: Mapping[str, int] = field(default_factory=dict)

    def check(self, asked: Mapping[str, Any]) -> None:
        for name in asked:
            if name not in self.parameters and name != "business_id":
                raise No(40002, f"{name}: unknown parameter")
        for name, required in self.parameters.items():
            if required and asked.get(name) in (None, ""):
                raise No(40002, f"{name}: Missing data for required field")
        for name, most in self.at_most.items():
            if not 1 <= int(asked.get(name, 1)) <= most:
                raise No(40002, f"{name}: Must be between 1 and {most}")


def _profile(tiktok: TikTok, account: Account, asked: dict[str, Any]) -> Any:
    known = {"username": account.username, "display_name": "The Creator", "is_business_account": account.business}
    return {name: known[name] for name in json.loads(asked["fields"])}


def _videos(tiktok: TikTok, account: Account, asked: dict[str, Any]) -> Any:
    """Its cursor is a time in milliseconds in TikTok; here a place, which no caller may compute either."""
    fields = json.loads(asked.get("fields", '["item_id"]'))
    if "item_id" not in fields:
        raise No(40002, "fields: item_id is missing")
    at, count = int(asked.get("cursor", 0)), int(asked.get("max_count", 10))
    if at > len(account.videos):
        raise No(40002, "cursor: invalid value")
    page = [{name: video[name] for name in fields} for video in account.videos[at : at + count]]
    return {"videos": page, "cursor": at + len(page), "has_more": at + count < len(account.videos)}


def _page(tiktok: TikTok, rows: list[dict[str, Any]], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Sorted and cut; what safety rules withhold makes the page short, and `has_more` stays."""
    if asked.get("status", "ALL") == "PUBLIC":
        rows = [row for row in rows if row["status"] == "PUBLIC"]
    if asked.get("sort_field") == "create_time":
        rows = _in_order(rows, asked)
    at, count = int(asked.get("cursor", 0)), int(asked.get("max_count", 20))
    page = [row for row in rows[at : at + count] if row["comment_id"] not in tiktok.withheld]
    return {"comments": page, "cursor": min(at + count, len(rows)), "has_more": at + count < len(rows)}


def _in_order(rows: list[dict[str, Any]], asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The first 500 of a video come as they were asked for; behind them the others by likes, and some once more."""
    newest = sorted(rows, key=lambda row: int(row["create_time"]), reverse=asked.get("sort_order") == "desc")
    behind = [*newest[SORTED:], *newest[:10]] if len(rows) > SORTED else []
    return newest[:SORTED] + sorted(behind, key=lambda row: (-row["likes"], row["create_time"]))


def _replies_of(account: Account, comment_id: str) -> list[dict[str, Any]]:
    return [row for row in account.comments.values() if row.get("parent_comment_id") == comment_id]


def _with_replies(account: Account, row: dict[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    replies = _replies_of(account, row["comment_id"])
    shown = [one for one in replies if asked.get("status", "ALL") == "ALL" or one["status"] == "PUBLIC"]
    # Ids in here are numbers, as the documentation has them.
    numbered = [{**one, "comment_id": int(one["comment_id"]), "video_id": int(one["video_id"])} for one in shown[:3]]
    preview = {"reply_list": numbered} if asked.get("include_replies") == "true" else {}
    return {**row, "replies": len(replies), **preview}


def _comments(tiktok: TikTok, account: Account, asked: dict[str, Any]) -> Any:
    if asked["video_id"] not in [video["item_id"] for video in account.videos]:
        raise No(40007, "The video does not exist")
    top = [row for row in account.comments.values() if row["video_id"] == asked["video_id"]]
    page = _page(tiktok, [row for row in top if "parent_comment_id" not in row], asked)
    return {**page, "comments": [_with_replies(account, row, asked) for row in page["comments"]]}


def _replies(tiktok: TikTok, account: Account, asked: dict[str, Any]) -> Any:
    parent = account.comments.get(asked["comment_id"])
    if parent is None or parent["video_id"] != asked["video_id"]:
        raise No(40007, "The comment does not exist")
    if parent["status"] != "PUBLIC":
        raise No(40002, "comment_id: replies of a hidden comment cannot be listed")
    return _page(tiktok, _replies_of(account, asked["comment_id"]), asked)


def _reply(tiktok: TikTok, account: Account, asked: dict[str, Any]) -> Any:
    parent = account.comments.get(asked["comment_id"])
    if parent is None or parent["video_id"] != asked["video_id"]:
        raise No(40007, "The comment does not exist")
    if "parent_comment_id" in parent:
        raise No(40002, "comment_id: it must be a first-level comment")
    if len(asked["text"]) > 150:
        raise No(40002, "text: longer than 150 characters")
    made = tiktok._add_comment(account, asked["text"], asked["comment_id"], asked["video_id"], "")
    row = account.comments[made]
    kept = ("comment_id", "video_id", "parent_comment_id", "create_time", "text", "unique_identifier")
    return {name: row[name] for name in kept}


def _hide(tiktok: TikTok, account: Account, asked: dict[str, Any]) -> Any:
    row = account.comments.get(asked["comment_id"])
    if row is None or row["video_id"] != asked["video_id"]:
        raise No(40007, "The comment does not exist")
    if asked["action"] not in ("HIDE", "UNHIDE"):
        raise No(40002, "action: invalid value")
    tiktok.shows(asked["comment_id"], "HIDDEN" if asked["action"] == "HIDE" else "PUBLIC")
    return {}


def _delete(tiktok: TikTok, account: Account, asked: dict[str, Any]) -> Any:
    row = account.comments.get(asked["comment_id"])
    if row is None:
        raise No(40007, "The comment does not exist")
    if not row["owner"]:
        raise No(40001, "Comments of others cannot be deleted")
    tiktok.takes_down(asked["comment_id"])
    return {}


def _check_messaging(account: Account) -> None:
    if account.region in CLOSED or not account.business:
        raise No(40001, "The Business Messaging API is not available for this account")


def _conversations(tiktok: TikTok, account: Account, asked: dict[str, Any]) -> Any:
    _check_messaging(account)
    if asked["conversation_type"] not in ("STRANGER", "SINGLE"):
        raise No(40002, "conversation_type: invalid value")
    found = []
    for place, talk in account.conversations.items():
        answered = any(one["from_user"]["role"] == "business_account" for one in talk["messages"])
        if answered == (asked["conversation_type"] == "SINGLE"):
            newest = max(one["timestamp"] for one in talk["messages"])
            found.append({"conversation_id": place, "update_time": newest, "referral": {}})
    found.sort(key=lambda one: one["update_time"], reverse=True)
    return {"conversations": found[: int(asked.get("limit", 100))], "has_more": False, "cursor": 0}


def _content(tiktok: TikTok, account: Account, asked: dict[str, Any]) -> Any:
    _check_messaging(account)
    talk = account.conversations.get(asked["conversation_id"])
    if talk is None:  # a + that was not encoded comes here as a blank
        raise No(40002, "Param conversation_id is invalid")
    newest = sorted(talk["messages"], key=lambda one: one["timestamp"], reverse=True)[:20]
    return {"messages": [_listed(one) for one in newest], "participants": []}


def _listed(said: Mapping[str, Any]) -> dict[str, Any]:
    """A message as the list has it: other names, capital letters, and no unique_identifier."""
    kept = ("message_id", "conversation_id", "timestamp", "text", "message_tag", "auto_message_type")
    people = {side: {**said[side], "role": said[side]["role"].upper()} for side in ("from_user", "to_user")}
    kind = {"message_type": said["type"].upper(), "sender": said["from"], "recipient": said["to"]}
    return {**{name: said[name] for name in kept if name in said}, **people, **kind}


def _send(tiktok: TikTok, account: Account, asked: dict[str, Any]) -> Any:
    _check_messaging(account)
    if (asked["recipient_type"], asked["message_type"]) != ("CONVERSATION", "TEXT"):
        raise No(40002, "recipient_type or message_type: invalid value")
    text = asked["text"]["body"]
    if not 1 <= len(text) <= 6000:
        raise No(40002, "text.body: length must be between 1 and 6000")
    talk = account.conversations.get(asked["recipient"])
    if talk is None:
        raise No(40007, "The conversation does not exist")
    _check_window(talk["messages"])
    made = tiktok._say(account, asked["recipient"], text, "API", 0, {})
    return {"message": {"message_id": made}}


def _check_window(said: Sequence[Mapping[str, Any]]) -> None:
    """Ten messages after the follower's first, any number after a later one, three once 48 hours have passed."""
    theirs = [one["timestamp"] for one in said if one["from_user"]["role"] == "personal_account"]
    since = Counter(one["timestamp"] >= max(theirs) for one in said if one["from_user"]["role"] != "personal_account")
    silent = time.time() * 1000 - max(theirs) > 48 * 3600 * 1000
    if (silent and since[True] >= 3) or (not silent and len(theirs) == 1 and since[True] >= 10):
        raise No(40064, "The message is blocked by the rules for direct messages")


_LISTED = {"max_count": 30}
_ROWS = {
    "video_id": True,
    "status": False,
    "sort_field": False,
    "sort_order": False,
    "cursor": False,
    "max_count": False,
}
CALLS = {
    "/business/get/": Rule("GET", "user.info.basic", {"fields": True}, _profile),
    "/business/video/list/": Rule(
        "GET", "video.list", dict.fromkeys(("fields", "cursor", "max_count"), False), _videos, {"max_count": 20}
    ),
    "/business/comment/list/": Rule(
        "GET", "comment.list", {**_ROWS, "include_replies": False, "comment_ids": False}, _comments, _LISTED
    ),
    "/business/comment/reply/list/": Rule("GET", "comment.list", {**_ROWS, "comment_id": True}, _replies, _LISTED),
    "/business/comment/reply/create/": Rule(
        "POST", "comment.list.manage", dict.fromkeys(("video_id", "comment_id", "text"), True), _reply
    ),
    "/business/comment/hide/": Rule(
        "POST", "comment.list.manage", dict.fromkeys(("video_id", "comment_id", "action"), True), _hide
    ),
    "/business/comment/delete/": Rule("POST", "comment.list.manage", {"comment_id": True}, _delete),
    "/business/message/conversation/list/": Rule(
        "GET",
        "message.list.read",
        {"conversation_type": True, "limit": False, "cursor": False},
        _conversations,
        {"limit": 100},
    ),
    "/business/message/content/list/": Rule("GET", "message.list.read", {"conversation_id": True}, _content),
    "/business/message/send/": Rule(
        "POST", "message.list.send", dict.fromkeys(("recipient_type", "recipient", "message_type", "text"), True), _send
    ),
}


def _envelope(code: int, message: str, data: Any) -> Response:
    return JSONResponse({"code": code, "message": message, "request_id": secrets.token_hex(8), "data": data})
