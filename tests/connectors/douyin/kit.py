"""What the contract test needs to know of Douyin."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engage.errors import Ambiguous, RateLimited, Refused, Unauthorized, Unavailable
from engage.models import Outgoing, Surface
from engage.platform import AccountLink, App

SECRETS = ("new-secret-a1b2c3d4e5f6", "old-secret-f6e5d4c3b2a1")
LIVE_SECRETS = ("new-live-a1b2c3d4e5f6", "old-live-f6e5d4c3b2a1")
EXPIRES = False  # an event holds no time that is signed; a live push does
SIGNS_BODY = True
BEFORE = ()  # it reads nothing before it sends
CLIENT = "awx0client0key"
OWN = "creator-open-id"
FAN = "fan-open-id"
ANCHOR = "_000anchor"
TOKEN = "act.a1b2c3d4e5f6a7b8c9d0"
REFRESH = "rft.0f1e2d3c4b5a69788796"
ITEM = "@9VwItem0+/A=="
COMMENT = "@9VwComment1+/A=="
ROOM = "7214015683695250235"
SCOPES = ["user_info", "item.comment", "video.list.bind", "im.direct_message", "im.recall_message"]


def said(code: Any, words: str = "", **data: Any) -> dict[str, Any]:
    """An answer in Douyin's envelope."""
    extra = {"error_code": code, "description": words, "sub_error_code": 0, "sub_description": "", "logid": "l1"}
    return {"data": {"error_code": code, "description": words, **data}, "extra": {**extra, "now": 1795334400000}}


ERRORS = (
    (403, said(28001018, "应用未获得该能力"), Refused),
    (404, said(28001017, "未知URI"), Refused),
    (409, said(2100005, "Parameter error"), Refused),
    (403, "", Refused),
    (404, "no such page", Refused),
    (409, "", Refused),
    *((200, said(code, "access_token"), Unauthorized) for code in (10008, 2190002, 2190008, 28001003, 28001008)),
    *((200, said(code, "closed"), Unauthorized) for code in (28001015, 28001016, 28001045, 28001046, 2100009)),
    *((200, said(code, "no permission"), Refused) for code in (10004, 2100007, 2190004, 28001012, 28001014, 28001019)),
    *((200, said(code, "parameter"), Refused) for code in (10005, 10010, 10020, 2100005, 28001007, 28001056)),
    *((200, said(code, "too fast"), RateLimited) for code in (28001052, 28003018, 28003070, 2190001, 28003017)),
    *((200, said(code, "busy"), Ambiguous) for code in (2100004, 2100001, 10001, 28001005, 28001006)),
    (200, said(5003019, "not mounted"), Unavailable),
    (200, said(2190008, f"access_token {TOKEN} expired"), Unauthorized),
    (401, said(2190008, "expired"), Unauthorized),
    (200, said("2190008", "a code in a string"), Unauthorized),
    (200, {"err_no": 28001008, "err_msg": "expired", "data": {}}, Unauthorized),
    (200, {"data": {"error_code": 0}, "extra": {"error_code": 28003018}}, RateLimited),
    (200, said(99999999, "a code that nobody has heard of"), Refused),
    (200, {"message": "success"}, Ambiguous),
    (200, said(0), Ambiguous),
    (200, said(True), Ambiguous),
    (500, said(28001005, "busy"), Ambiguous),
    (503, "", Ambiguous),
)


def app(**config: Any) -> App:
    """The application, in the middle of a change of its secrets."""
    known = {"client_id": CLIENT, "scopes": " ".join(SCOPES), "live_rooms": f"{ROOM}={OWN},{ANCHOR}", **config}
    secrets = {"client_secret": " ".join(SECRETS), "live_secret": " ".join(LIVE_SECRETS)}
    return App("douyin", {"live_app_id": "tt1234567cac", **known}, {**secrets, "live_app_secret": "live-app-secret-9"})


def account(base_url: str, secrets: Sequence[str] = SECRETS, **config: Any) -> AccountLink:
    """An enterprise account with every scope, whose calls go to `base_url`."""
    return AccountLink(
        id="a1",
        platform_user_id=OWN,
        handle="小林",
        config={"base_url": base_url, "scopes": SCOPES, "business": True, **config},
        credentials={"access_token": TOKEN, "refresh_token": REFRESH},
        app=app(base_url=base_url),
    )


def sign(secret: str, delivery: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The headers of an event, as Douyin would send it."""
    digest = hashlib.sha1(secret.encode() + body).hexdigest()  # noqa: S324 - Douyin's choice
    return {"x-douyin-signature": digest, "msg-id": f"msg-{delivery}"}


def live_headers(sent_at: datetime, room: str = ROOM, kind: str = "live_comment") -> dict[str, str]:
    """The headers of a live push that are signed."""
    at = str(int(sent_at.timestamp() * 1000))
    return {"x-nonce-str": "n1", "x-timestamp": at, "x-roomid": room, "x-msg-type": kind}


def sign_live(secret: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """Them, and the signature."""
    signed = "&".join(f"{name}={headers[name]}" for name in sorted(headers)).encode() + body + secret.encode()
    digest = hashlib.md5(signed).digest()  # noqa: S324 - Douyin's choice
    return {**headers, "x-signature": base64.b64encode(digest).decode()}


def body(delivery: str) -> bytes:
    """A delivery; another one for another name."""
    content = {
        "comment_id": f"@{delivery}==",
        "comment_user_id": FAN,
        "content": "太好看了",
        "create_time": 1795334390,
        "reply_to_comment_id": "",
        "reply_to_item_id": ITEM,
    }
    envelope = {"event": "item_comment_reply", "client_key": CLIENT, "from_user_id": FAN, "to_user_id": OWN}
    return json.dumps({**envelope, "content": json.dumps(content, ensure_ascii=False)}, ensure_ascii=False).encode()


def live_body(delivery: str, count: int) -> bytes:
    """A live push of so many comments; others for another name."""
    known = {"sec_openid": "_000fan", "content": "主播好，这个镜头是什么？", "avatar_url": "", "nickname": "观众"}
    rows = [{"msg_id": f"{delivery}-{n}", **known, "timestamp": 1795334390123} for n in range(count)]
    return json.dumps(rows, ensure_ascii=False).encode()


def reply(text: str = "在辛特拉。", **changes: Any) -> Outgoing:
    """A reply to a comment."""
    given = {
        "surface": Surface.COMMENT,
        "conversation_id": f"{ITEM} {COMMENT}",
        "in_reply_to": COMMENT,
        "follower_id": FAN,
        **changes,
    }
    return Outgoing(id="o1", idempotency_key="key-1", text=text, **given)


def message(text: str = "在辛特拉。", **changes: Any) -> Outgoing:
    """A reply to a direct message."""
    given = {"surface": Surface.DM, "conversation_id": "@conv==", "in_reply_to": "@msg=="}
    return reply(text, **{**given, **changes})


def live(text: str = "在辛特拉。", **changes: Any) -> Outgoing:
    """An answer in a live room."""
    given = {"surface": Surface.LIVE, "conversation_id": f"live:{ROOM}", "in_reply_to": "7300000000000000009"}
    return reply(text, **{**given, **changes})
