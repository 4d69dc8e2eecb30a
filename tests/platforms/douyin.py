"""Douyin's open platform as its documentation tells it: comments, direct messages, tokens, events, live pushes.

It enforces: the token's header, its end, its scopes, whose `open_id` goes with it; every parameter and its range; what
stands where; 100 characters; the day and the six answers of a direct message; codes that are good once; refresh tokens
that are prolonged five times, the old one ending with the new one; a mini-play that must be mounted. Errors are a 200
with a code in the envelope. No machine-readable description of these calls is at hand.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from tests.platforms.base import Simulator, deliver

CLIENT_KEY = "awx0client0key"
OPENED = ("user_info", "item.comment", "video.list.bind", "im.direct_message", "im.recall_message")
DAY = 86400.0
ACCESS, REFRESH = 15 * DAY, 30 * DAY
EXPIRED, NO_TOKEN, NOT_GRANTED, NOT_OPENED, MISMATCH = 2190008, 2190002, 28001012, 28001018, 28001015
WRONG, FORBIDDEN, TOO_FAST = 2100005, 2100007, 28003070


class No(Exception):  # a refusal in the envelope
    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass
class Account:
    open_id: str
    nickname: str
    token: str
    refresh: str
    role: str = "EAccountM"  # '' is a personal account
    scopes: list[str] = field(default_factory=lambda: list(OPENED))
    ends_at: float = field(default_factory=lambda: time.time() + ACCESS)
    refresh_ends_at: float = field(default_factory=lambda: time.time() + REFRESH)
    prolonged: int = 0
    videos: list[dict[str, Any]] = field(default_factory=list)
    comments: dict[str, dict[str, Any]] = field(default_factory=dict)
    talks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


class Douyin(Simulator):
    """`with Douyin() as douyin`: one enterprise account, `douyin.creator`, with one video, `douyin.video`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.forget()

    def forget(self) -> None:
        """As it was when it started, so that tests may share one."""
        self.calls.clear()
        self._dials.clear()
        self.secrets = ["new-secret-a1b2c3d4e5f6", "old-secret-f6e5d4c3b2a1"]
        self.live_secrets = ["new-live-a1b2c3d4e5f6", "old-live-f6e5d4c3b2a1"]
        self.creator = Account("creator-open-id", "小林", "act.a1b2c3d4e5f6a7b8c9d0", "rft.0f1e2d3c4b5a69788796")
        self.codes: dict[str, tuple[str, float]] = {}  # code → scopes, until when
        self.events: list[tuple[str, dict[str, Any]]] = []  # Msg-Id and payload, as they happened
        self.may_prolong = True  # the application has the permission renew_refresh_token
        self.length = 100
        self.a_minute = 600
        self.mounted: set[str] = set()  # rooms that are live and have the mini-play mounted
        self.tasks: set[str] = set()  # rooms whose comments are pushed
        self.spoken: list[tuple[str, dict[str, Any]]] = []  # room and live comment, not pushed yet
        self.live_token = ""
        self._taken: list[float] = []
        self._next = 1000
        self.video = self.publishes("里斯本之上")

    # what people do -----------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        """As Douyin's are: with every letter that a query must encode."""
        self._next += 1
        return f"@{self._next}+/{secrets.token_hex(4)}=="

    def publishes(self, title: str) -> str:
        item = {"item_id": self.new_id(), "title": title, "create_time": int(time.time())}
        self.creator.videos.insert(0, item)
        return str(item["item_id"])

    def comments(
        self, text: str, root: str = "", video: str = "", fan: str = "fan-open-id", age_s: float = 0, to: str = ""
    ) -> str:
        """A follower comments, or replies in the thread of `root`, there to the reply `to`; `fan=""` is the creator."""
        author, comment_id = fan or self.creator.open_id, self.new_id()
        row = {
            "comment_id": comment_id,
            "comment_user_id": author,
            "content": text,
            "create_time": int(time.time() - age_s),
            "digg_count": 0,
            "top": False,
        }
        self.creator.comments[comment_id] = {**row, "item_id": video or self.video, "root": root}
        # The comment above it, and the first one of its thread: they differ from the third level on.
        thread = {"reply_to_comment_id": to or root, "parent_id": root, "reply_to_item_id": video or self.video}
        who = {"nick_name": "粉丝" if fan else self.creator.nickname, "avatar": "", "at_user_id": ""}
        content = {**row, "reply_comment_total": 0, **thread, **who}
        receiver = self.creator.open_id if fan else self._author_of(root)
        self._happens("item_comment_reply", author, receiver, content)
        return comment_id

    def _author_of(self, comment_id: str) -> str:
        return str(self.creator.comments.get(comment_id, {}).get("comment_user_id", ""))

    def takes_down(self, comment_id: str) -> None:
        """It is deleted, and its replies with it. Nobody is told."""
        for key, row in list(self.creator.comments.items()):
            if comment_id in (key, row["root"]):
                del self.creator.comments[key]

    def writes(self, text: str, fan: str = "fan-open-id", age_s: float = 0, kind: str = "text") -> tuple[str, str]:
        """A follower's direct message → its conversation and id."""
        return self._say(fan, self.creator.open_id, fan, text, "", age_s, kind)

    def writes_in_person(self, text: str, fan: str = "fan-open-id", source: str = "") -> tuple[str, str]:
        """The creator's own message, in the app; or another application's, `source`."""
        return self._say(self.creator.open_id, fan, fan, text, source, 0, "text")

    def recalls(self, message_id: str, fan: str = "fan-open-id", ours: bool = False) -> None:
        """Somebody takes a message back."""
        sides = (self.creator.open_id, fan) if ours else (fan, self.creator.open_id)
        self._happens("im_recall_msg", *sides, {"server_message_id": message_id})

    def _say(
        self, sender: str, receiver: str, fan: str, text: str, source: str, age_s: float, kind: str
    ) -> tuple[str, str]:
        conversation, message_id = f"@conv+/{fan}==", self.new_id()
        people = [(fan, "粉丝"), (self.creator.open_id, self.creator.nickname)]
        content = {
            "conversation_short_id": conversation,
            "server_message_id": message_id,
            "conversation_type": 1,
            "create_time": int((time.time() - age_s) * 1000),
            "message_type": kind,
            "source": source,
            **({"text": text} if kind == "text" else {}),
            "user_infos": [{"open_id": open_id, "nick_name": name, "avatar": ""} for open_id, name in people],
        }
        self.creator.talks.setdefault(conversation, []).append({**content, "from": sender, "answers": ""})
        event = "im_send_msg" if sender == self.creator.open_id else "im_receive_msg"
        self._happens(event, sender, receiver, content)
        return conversation, message_id

    def withdraws(self) -> None:
        """The creator takes the access back, in Douyin's settings."""
        self.creator.token = self.creator.refresh = ""
        self._happens("unauthorize", self.creator.open_id, "", {"scopes": self.creator.scopes})

    def speaks(self, text: str, room: str, viewer: str = "_000fan", age_s: float = 0) -> str:
        """A comment in a live room."""
        self._next += 1
        message_id = str(7300000000000000000 + self._next)
        row = {"msg_id": message_id, "sec_openid": viewer, "content": text, "avatar_url": "", "nickname": "观众"}
        self.spoken.append((room, {**row, "timestamp": int((time.time() - age_s) * 1000)}))
        return message_id

    # what it calls ------------------------------------------------------------------------------------------------

    def _happens(self, event: str, sender: str, receiver: str, content: Mapping[str, Any]) -> None:
        self._next += 1
        envelope = {"event": event, "client_key": CLIENT_KEY, "from_user_id": sender, "to_user_id": receiver}
        self.events.append((f"msg-{self._next}", {**envelope, "content": content, "log_id": f"l{self._next}"}))

    def deliver(self, url: str, number: int = -1, *, as_text: bool = True, secret: str = "") -> httpx.Response:
        """One of the events; its content as JSON in a string, or as an object."""
        name, payload = self.events[number]
        content = json.dumps(payload["content"], ensure_ascii=False) if as_text else payload["content"]
        body = json.dumps({**payload, "content": content}, ensure_ascii=False).encode()
        return deliver(url, body, {**self.signed(body, secret), "Msg-Id": name})

    def prove(self, url: str, challenge: Any = 12345) -> httpx.Response:
        """What saving the address in the console does."""
        content = {"challenge": challenge}
        body = json.dumps({"event": "verify_webhook", "client_key": "", "content": content}).encode()
        return deliver(url, body, self.signed(body))

    def signed(self, body: bytes, secret: str = "") -> dict[str, str]:
        key = (secret or self.secrets[0]).encode()
        return {"X-Douyin-Signature": hashlib.sha1(key + body).hexdigest()}  # noqa: S324 - as it is

    def push(
        self, url: str, room: str, *, kind: str = "live_comment", age_s: float = 0, repeated: bool = False
    ) -> httpx.Response:
        """What was said in a room whose comments were asked for, in one call; each comment twice where `repeated`."""
        assert room in self.tasks, "nobody asked for the comments of this room"
        rows = [row for where, row in self.spoken if where == room] * (2 if repeated else 1)
        self.spoken = [one for one in self.spoken if one[0] != room]
        body = json.dumps(rows, ensure_ascii=False).encode()
        at = str(int((time.time() - age_s) * 1000))
        headers = {"x-nonce-str": secrets.token_hex(8), "x-timestamp": at, "x-roomid": room, "x-msg-type": kind}
        signed = "&".join(f"{key}={value}" for key, value in sorted(headers.items())).encode() + body
        digest = hashlib.md5(signed + self.live_secrets[0].encode()).digest()  # noqa: S324 - as it is
        return deliver(url, body, {**headers, "x-signature": base64.b64encode(digest).decode()})

    # the API ------------------------------------------------------------------------------------------------------

    def posted(self) -> list[dict[str, Any]]:
        """The creator's own comments that stand, oldest first."""
        return [row for row in self.creator.comments.values() if row["comment_user_id"] == self.creator.open_id]

    def sent(self, conversation: str) -> list[str]:
        """The texts of the creator's own direct messages."""
        return [one.get("text", "") for one in self.creator.talks[conversation] if one["from"] == self.creator.open_id]

    def routes(self) -> Sequence[BaseRoute]:
        forms = {
            "/oauth/access_token/": self._exchange,
            "/oauth/refresh_token/": self._refresh,
            "/oauth/renew_refresh_token/": self._prolong,
            "/oauth/userinfo/": self._profile,
        }
        return [
            Route("/platform/oauth/connect/", self._authorize),
            Route("/api/apps/v2/token", self._live_app, methods=["POST"]),
            Route("/api/live_data/task/start", self._task(self._start), methods=["POST"]),
            Route("/api/live_data/task/stop", self._task(self._stop), methods=["POST"]),
            Route("/api/live_data/task/get", self._task(self._status), methods=["GET"]),
            *(Route(path, self._form(act), methods=["POST"]) for path, act in forms.items()),
            *(Route(path, self._call(rule), methods=[rule.method]) for path, rule in CALLS.items()),
        ]

    async def _authorize(self, request: Request) -> Response:
        """The page with the code, which the creator scans and agrees to at once."""
        asked, scopes = request.query_params, request.query_params.get("scope", "").split(",")
        redirect = urlsplit(asked.get("redirect_uri", ""))
        known = asked.get("client_key") == CLIENT_KEY and asked.get("response_type") == "code"
        if not (known and redirect.scheme == "https" and not redirect.query and asked.get("state")):
            return Response("this application or address is not registered", 400)
        if not set(scopes) <= set(OPENED):
            return Response("the application was not opened for this scope", 400)
        code = f"code.{secrets.token_hex(8)}"
        self.codes[code] = (",".join(scopes), time.time() + 600)
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", 302)

    def _form(self, act: Callable[[dict[str, str]], dict[str, Any]]) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
                return _envelope(10005, "it must be a form", {})
            asked = {key: one[0] for key, one in parse_qs((await request.body()).decode()).items()}
            try:
                return JSONResponse({"data": {"error_code": 0, "description": "", **act(asked)}, "message": "success"})
            except No as no:
                return JSONResponse({"data": {"error_code": no.code, "description": str(no)}, "message": "error"})

        return handle

    def _call(self, rule: "Rule") -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            asked = dict(request.query_params)
            try:
                account = self._account(request.headers.get("access-token", ""), asked.get("open_id", ""), rule.scope)
                self._count()
                given = asked if rule.method == "GET" else json.loads(await request.body())
                rule.check({key: value for key, value in given.items() if key != "open_id"})
                said = rule.act(self, account, given)
                return _envelope(0, "", said.pop("data", {}), said)
            except No as no:
                return _envelope(no.code, str(no), {})

        return handle

    def _account(self, token: str, open_id: str, scope: str) -> Account:
        if not token or token != self.creator.token:
            raise No(NO_TOKEN, "access_token无效")
        if time.time() >= self.creator.ends_at:
            raise No(EXPIRED, "access_token过期,请刷新或重新授权")
        if open_id != self.creator.open_id:
            raise No(MISMATCH, "请求参数access_token和openId不匹配")
        if scope not in self.creator.scopes:
            raise No(NOT_GRANTED, "用户未授权该OpenAPI")
        return self.creator

    def _count(self) -> None:
        now = time.time()
        self._taken = [at for at in self._taken if at > now - 60]
        if len(self._taken) >= self.a_minute:
            raise No(TOO_FAST, "请求频率过高")
        self._taken.append(now)

    # tokens -------------------------------------------------------------------------------------------------------

    def _exchange(self, asked: dict[str, str]) -> dict[str, Any]:
        if asked.get("client_key") != CLIENT_KEY or asked.get("client_secret") not in self.secrets:
            raise No(10013, "client_key or client_secret is wrong")
        scopes, until = self.codes.pop(asked.get("code", ""), ("", 0.0))
        if asked.get("grant_type") != "authorization_code" or time.time() >= until:
            raise No(10007, "授权码过期")
        one = self.creator
        one.token, one.refresh = f"act.{secrets.token_hex(12)}", f"rft.{secrets.token_hex(12)}"
        one.ends_at, one.refresh_ends_at, one.prolonged = time.time() + ACCESS, time.time() + REFRESH, 0
        one.scopes = scopes.split(",")
        return self._tokens()

    def _tokens(self) -> dict[str, Any]:
        one = self.creator
        tokens = {"access_token": one.token, "refresh_token": one.refresh, "open_id": one.open_id}
        return {**tokens, "expires_in": int(ACCESS), "refresh_expires_in": int(REFRESH), "scope": ",".join(one.scopes)}

    def _known(self, asked: Mapping[str, str]) -> Account:
        if asked.get("client_key") != CLIENT_KEY:
            raise No(10013, "client_key is wrong")
        valid = asked.get("refresh_token") == self.creator.refresh and self.creator.refresh
        if not valid or time.time() >= self.creator.refresh_ends_at:
            raise No(10010, "refresh_token过期")
        return self.creator

    def _refresh(self, asked: dict[str, str]) -> dict[str, Any]:
        """An access that has not ended stays the same one, and lasts longer."""
        one = self._known(asked)
        if asked.get("grant_type") != "refresh_token":
            raise No(10005, "grant_type")
        if time.time() >= one.ends_at:
            one.token = f"act.{secrets.token_hex(12)}"
        one.ends_at = time.time() + ACCESS
        return self._tokens()

    def _prolong(self, asked: dict[str, str]) -> dict[str, Any]:
        one = self._known(asked)
        if not self.may_prolong:
            raise No(10004, "权限不足")
        if one.prolonged >= 5:
            raise No(10020, "超过刷新次数限制")
        one.prolonged += 1
        one.refresh, one.refresh_ends_at = f"rft.{secrets.token_hex(12)}", time.time() + REFRESH
        return {"refresh_token": one.refresh, "expires_in": str(int(REFRESH))}

    def _profile(self, asked: dict[str, str]) -> dict[str, Any]:
        one = self._account(asked.get("access_token", ""), asked.get("open_id", ""), "user_info")
        return {"nickname": one.nickname, "open_id": one.open_id, "e_account_role": one.role, "avatar": ""}

    # live ---------------------------------------------------------------------------------------------------------

    async def _live_app(self, request: Request) -> Response:
        asked = json.loads(await request.body())
        if (asked.get("appid"), asked.get("secret")) != ("tt1234567cac", "live-app-secret-9"):
            return JSONResponse({"err_no": 40017, "err_tips": "bad secret", "data": {"access_token": ""}})
        if asked.get("grant_type") != "client_credential":
            return JSONResponse({"err_no": 40020, "err_tips": "grant_type", "data": {}})
        self.live_token = f"0801{secrets.token_hex(12)}"
        return JSONResponse({"err_no": 0, "err_tips": "success", "data": {"access_token": self.live_token}})

    def _task(self, act: Callable[[str], dict[str, Any]]) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            asked = dict(request.query_params) or json.loads(await request.body())
            try:
                if not self.live_token or request.headers.get("access-token") != self.live_token:
                    raise No(40022, "无效的AccessToken")
                if (asked.get("appid"), asked.get("msg_type")) != ("tt1234567cac", "live_comment"):
                    raise No(40023, "缺少必要的请求参数")
                if not asked.get("roomid"):
                    raise No(40023, "缺少必要的请求参数")
                said: dict[str, Any] = {"err_no": 0, "err_msg": "ok", "data": act(asked["roomid"])}
            except No as no:
                said = {"err_no": no.code, "err_msg": str(no), "data": {}}
            return JSONResponse({**said, "logid": "l1"})

        return handle

    def _start(self, room: str) -> dict[str, Any]:
        if room not in self.mounted:
            raise No(5003019, "推送任务不符合开启的限制条件")
        self.tasks.add(room)
        return {"task_id": "763535353"}

    def _stop(self, room: str) -> dict[str, Any]:
        self.tasks.discard(room)
        return {}

    def _status(self, room: str) -> dict[str, Any]:
        """1: there is no task, 2: it was not started, 3: it runs."""
        return {"status": 1 if room not in self.mounted else 3 if room in self.tasks else 2}

    def unmounts(self, room: str) -> None:
        """The host takes the mini-play off, or the broadcast is over: the task ends by itself."""
        self.mounted.discard(room)
        self.tasks.discard(room)


# what an account may call -------------------------------------------------------------------------------------------

Handler = Callable[[Douyin, Account, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Rule:
    """One endpoint: its method, scope, parameters (true: required) and what it does."""

    method: str
    scope: str
    parameters: Mapping[str, bool]
    act: Handler

    def check(self, asked: Mapping[str, Any]) -> None:
        unknown = [name for name in asked if name not in self.parameters]
        missing = [name for name, required in self.parameters.items() if required and asked.get(name) in (None, "")]
        if unknown or missing:
            raise No(WRONG, f"Parameter error: {unknown or missing}")
        if "count" in self.parameters and not 1 <= int(asked["count"]) <= 20:
            raise No(WRONG, "Parameter error: count")


def _page(rows: list[dict[str, Any]], asked: Mapping[str, Any]) -> dict[str, Any]:
    at, count = int(asked.get("cursor") or 0), int(asked["count"])
    return {"data": {"list": rows[at : at + count], "cursor": at + count, "has_more": at + count < len(rows)}}


def _sorted(rows: list[dict[str, Any]], asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    if asked.get("sort_type") != "time":
        return rows  # by recommendation: no order that anybody could go by
    pinned = [row for row in rows if row["top"]]
    return [*pinned, *sorted((row for row in rows if not row["top"]), key=lambda row: -int(row["create_time"]))]


def _videos(douyin: Douyin, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    def counted(video: dict[str, Any]) -> dict[str, Any]:
        total = sum(row["item_id"] == video["item_id"] for row in account.comments.values())
        return {**video, "statistics": {"comment_count": total, "digg_count": 0}}

    return _page([counted(video) for video in account.videos], asked)


def _listed(account: Account, row: Mapping[str, Any]) -> dict[str, Any]:
    total = sum(one["root"] == row["comment_id"] for one in account.comments.values())
    return {**{name: row[name] for name in row if name not in ("item_id", "root")}, "reply_comment_total": total}


def _in_video(account: Account, item_id: str, root: str) -> list[dict[str, Any]]:
    if item_id not in [video["item_id"] for video in account.videos]:
        raise No(WRONG, "Parameter error: item_id")
    rows = [row for row in account.comments.values() if row["item_id"] == item_id and row["root"] == root]
    return [_listed(account, row) for row in rows]


def _comments(douyin: Douyin, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    return _page(_sorted(_in_video(account, asked["item_id"], ""), asked), asked)


def _parent(account: Account, asked: Mapping[str, Any]) -> dict[str, Any]:
    parent = account.comments.get(asked["comment_id"])
    if parent is None or parent["item_id"] != asked["item_id"]:
        raise No(WRONG, "Parameter error: the comment does not exist")
    return parent


def _replies(douyin: Douyin, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    _parent(account, asked)
    return _page(_sorted(_in_video(account, asked["item_id"], asked["comment_id"]), asked), asked)


def _reply(douyin: Douyin, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    parent = _parent(account, asked)
    if len(asked["content"]) > douyin.length:
        raise No(WRONG, "Parameter error: content is too long")
    made = douyin.comments(asked["content"], parent["root"] or parent["comment_id"], parent["item_id"], fan="")
    return {"data": {"comment_id": made}}


def _send(douyin: Douyin, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    if not account.role:
        raise No(FORBIDDEN, "仅支持企业号")
    talk = account.talks.get(asked["conversation_id"], [])
    theirs = {one["server_message_id"]: one for one in talk if one["from"] == asked["to_user_id"]}
    answered = theirs.get(asked["msg_id"])
    if answered is None or asked["scene"] != "im_reply_msg" or asked["content"].get("msg_type") != 1:
        raise No(WRONG, "Parameter error: msg_id")
    if time.time() * 1000 - answered["create_time"] > DAY * 1000:
        raise No(FORBIDDEN, "the message is older than a day")
    if sum(one["answers"] == asked["msg_id"] for one in talk) >= 6:
        raise No(FORBIDDEN, "six answers were sent to this message")
    text = asked["content"]["text"]["text"]
    if not 1 <= len(text) <= 500:
        raise No(WRONG, "Parameter error: text")
    _, made = douyin._say(account.open_id, asked["to_user_id"], asked["to_user_id"], text, CLIENT_KEY, 0, "text")
    talk[-1]["answers"] = asked["msg_id"]
    return {"msg_id": made}


def _recall(douyin: Douyin, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    talk = account.talks.get(asked["conversation_id"], [])
    ours = [one for one in talk if one["server_message_id"] == asked["msg_id"] and one["from"] == account.open_id]
    if asked["conversation_type"] != 1 or not ours:
        raise No(WRONG, "Parameter error: msg_id")
    talk.remove(ours[0])
    douyin.recalls(asked["msg_id"], ours=True)
    return {}


_LIST = {"cursor": False, "count": True}
CALLS = {
    "/api/douyin/v1/video/video_list/": Rule("GET", "video.list.bind", _LIST, _videos),
    "/item/comment/list/": Rule("GET", "item.comment", {**_LIST, "item_id": True, "sort_type": False}, _comments),
    "/item/comment/reply/list/": Rule(
        "GET", "item.comment", {**_LIST, "item_id": True, "comment_id": True, "sort_type": False}, _replies
    ),
    "/item/comment/reply/": Rule(
        "POST", "item.comment", dict.fromkeys(("item_id", "comment_id", "content"), True), _reply
    ),
    "/im/send/msg/": Rule(
        "POST",
        "im.direct_message",
        dict.fromkeys(("msg_id", "conversation_id", "to_user_id", "scene", "content"), True),
        _send,
    ),
    "/im/recall/msg/": Rule(
        "POST", "im.recall_message", dict.fromkeys(("conversation_id", "conversation_type", "msg_id"), True), _recall
    ),
}


def _envelope(code: int, words: str, data: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> Response:
    said = {"error_code": code, "description": words}
    extra = {**said, "sub_error_code": 0, "sub_description": "", "logid": secrets.token_hex(8)}
    return JSONResponse({"data": {**said, **data}, "extra": {**extra, "now": int(time.time() * 1000)}, **(more or {})})
