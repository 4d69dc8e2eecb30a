"""Threads, as the documentation of Meta's Threads API says."""

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from starlette.requests import Request
from starlette.routing import BaseRoute

from tests.platforms.base import Call, deliver
from tests.platforms.meta import Graph, Refusal, graph_time
from tests.platforms.postman import check_postman

LENGTH, LINKS = 500, 5
DAY = timedelta(hours=24)
SCOPES = (
    "threads_basic",
    "threads_content_publish",
    "threads_manage_replies",
    "threads_read_replies",
    "threads_manage_mentions",
    "threads_delete",
)
COLLECTION = "meta/meta-threads-api.postman_collection.json"
# Of the reference pages, where the collection does not know them.
BESIDE = {
    "": frozenset({"access_token"}),
    "conversation": frozenset({"before", "after"}),
    "replies": frozenset({"before", "after"}),
}
FIELDS = {"mentions": frozenset({"is_reply", "is_reply_owned_by_me", "root_post", "replied_to"})}


def check(call: Call) -> None:
    """Raises where a call is none of Threads' collection; skips the test where that is not at hand."""
    check_postman(call, COLLECTION, "/v1.0", BESIDE, FIELDS)


def length(words: str) -> int:
    """As Threads counts: an emoji as its bytes, everything else as characters."""
    return sum(len(one.encode()) if unicodedata.category(one) == "So" else 1 for one in words)


@dataclass
class Media:
    """A post, or a reply to one (`parent`)."""

    id: str
    author: str
    text: str
    at: datetime
    parent: str = ""
    root: str = ""
    hidden: bool = False


@dataclass
class Container:
    """A reply that is being made. looks: how many times it says that it is not ready."""

    id: str
    text: str
    parent: str
    at: datetime
    looks: int = 0
    broken: bool = False
    published: bool = False


@dataclass
class Threads(Graph):
    """`with Threads() as platform`: the profile @ada.makes with a post, and what others write."""

    own: str = "17841400000000007"
    handle: str = "ada.makes"
    product: str = "threads"
    app_id: str = "990000000000007"
    code: str = "AQDx-one-use-code"
    testers_only: bool = False  # whether the account is none of the app's testers, whose tokens may be asked about
    slow: int = 0  # how often a new container says that it is not ready
    broken: bool = False  # whether containers fail
    media: dict[str, Media] = field(default_factory=dict)
    containers: dict[str, Container] = field(default_factory=dict)
    scopes: tuple[str, ...] = SCOPES
    reviewed: bool = True  # whether the app has the access tier that mentions need
    unknown: int = 0  # how often a reply's target is not known yet
    used_before: int = 0  # replies that were posted before in these 24 hours
    deletions: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.post = self.write(self.handle, "New chair", id_="18050000000000001")

    def routes(self) -> Sequence[BaseRoute]:
        return [
            self.at("/oauth/access_token", self._exchange, "POST", anyone=True),
            self.at("/access_token", self._long, anyone=True),
            self.at("/refresh_access_token", self._refresh, anyone=True),
            self.at("/v1.0/me", self._me),
            self.at("/v1.0/debug_token", self._debug),
            self.at("/v1.0/me/threads", self._posts),
            self.at("/v1.0/me/threads", self._create, "POST"),
            self.at("/v1.0/me/threads_publish", self._publish, "POST"),
            self.at("/v1.0/me/threads_publishing_limit", self._limit),
            self.at("/v1.0/me/replies", self._own_replies),
            self.at("/v1.0/me/mentions", self._mentions),
            self.at("/v1.0/{id}/replies", self._replies),
            self.at("/v1.0/{id}/conversation", self._whole_thread),
            self.at("/v1.0/{id}/manage_reply", self._hide, "POST"),
            self.at("/v1.0/{id}", self._one),
            self.at("/v1.0/{id}", self._delete, "DELETE"),
        ]

    def _needs(self, *scopes: str) -> None:
        if not {"threads_basic", *scopes} <= set(self.scopes):
            raise Refusal(10, status=403)

    # tokens ---------------------------------------------------------------------------------------------------------

    def _exchange(self, request: Request, given: Mapping[str, Any]) -> Any:
        proof = (given.get("client_id"), given.get("client_secret"), given.get("grant_type"))
        if proof != (self.app_id, self.secret, "authorization_code") or given.get("code") != self.code:
            raise Refusal(100, 36009)
        self.code = ""  # it is good for once
        return {"access_token": self.grant(self.fresh("THshort"), timedelta(hours=1)), "user_id": int(self.own)}

    def _long(self, request: Request, given: Mapping[str, Any]) -> Any:
        if (given.get("grant_type"), given.get("client_secret")) != ("th_exchange_token", self.secret):
            raise Refusal(100)
        self.known(given["access_token"])
        return self._granted()

    def _refresh(self, request: Request, given: Mapping[str, Any]) -> Any:
        if given.get("grant_type") != "th_refresh_token":
            raise Refusal(100)
        if self.now() < self.known(given["access_token"]).issued_at + DAY:
            raise Refusal(100)
        return self._granted()

    def _granted(self) -> dict[str, Any]:
        return {"access_token": self.grant(self.fresh("THAAlong")), "token_type": "bearer", "expires_in": 5183944}

    def _me(self, request: Request, given: Mapping[str, Any]) -> Any:
        return {"id": self.own, "username": self.handle}

    def _debug(self, request: Request, given: Mapping[str, Any]) -> Any:
        if self.testers_only:
            raise Refusal(100)
        self.known(given["input_token"])
        return {"data": {"type": "USER", "is_valid": True, "scopes": list(self.scopes), "user_id": self.own}}

    # posting --------------------------------------------------------------------------------------------------------

    def _create(self, request: Request, given: Mapping[str, Any]) -> Any:
        self._needs("threads_content_publish", "threads_manage_replies")
        words, parent = given.get("text", ""), self.media.get(given.get("reply_to_id", ""))
        if self.unknown:
            self.unknown -= 1
            raise Refusal(24, 4279009)
        if given.get("media_type") != "TEXT" or not words or length(words) > LENGTH:
            raise Refusal(100)
        if parent is None or len(set(re.findall(r"https?://\S+", words))) > LINKS:
            raise Refusal(100, 33)
        if self.media[parent.root].author != self.handle:
            self._needs("threads_manage_mentions")
        made = Container(self.fresh("17900000000"), words, parent.id, self.now(), self.slow, self.broken)
        self.containers[made.id] = made
        return {"id": made.id}

    def _publish(self, request: Request, given: Mapping[str, Any]) -> Any:
        made = self.containers.get(given["creation_id"])
        gone = made is None or made.published or made.broken or self.now() >= made.at + DAY
        if made is None or gone or made.looks > 0 or made.parent not in self.media:
            raise Refusal(24, 4279009)
        if self.replies_used() >= 1000:
            raise Refusal(4, 2207042)
        made.published = True
        mine = self.write(self.handle, made.text, made.parent)
        self.posted.append({"id": mine.id, "surface": "comment", "to": made.parent, "text": made.text})
        return {"id": mine.id}

    def replies_used(self) -> int:
        """How many replies apps posted in these 24 hours."""
        ids = {one["id"] for one in self.posted}
        recent = [one for one in self.media.values() if one.id in ids and self.now() < one.at + DAY]
        return self.used_before + len(recent)

    def _limit(self, request: Request, given: Mapping[str, Any]) -> Any:
        self._needs("threads_content_publish", "threads_manage_replies")
        config = {"quota_total": 1000, "quota_duration": 86400}
        return {"data": [{"reply_quota_usage": self.replies_used(), "reply_config": config}]}

    # reading --------------------------------------------------------------------------------------------------------

    def _told(self, one: Media, given: Mapping[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {"text": one.text, "username": one.author, "timestamp": graph_time(one.at)}
        told |= {"media_type": "TEXT_POST", "is_reply": bool(one.parent)}
        told["has_replies"] = any(other.parent == one.id for other in self.media.values())
        if one.parent:
            told |= {"root_post": {"id": one.root}, "replied_to": {"id": one.parent}}
            told["is_reply_owned_by_me"] = one.author == self.handle
            told["hide_status"] = "HIDDEN" if one.hidden else "NOT_HUSHED"
        asked = given.get("fields", "id").split(",")
        return {"id": one.id, **{name: value for name, value in told.items() if name in asked}}

    def _page(self, found: Sequence[Media], given: Mapping[str, Any], newest_first: bool = True) -> dict[str, Any]:
        since = datetime.fromtimestamp(int(given.get("since") or 0), UTC)
        rows = sorted((one for one in found if one.at >= since), key=lambda one: (one.at, one.id), reverse=newest_first)
        start, size = int(given.get("after") or 0), min(int(given.get("limit") or 25), 100)
        part = rows[start : start + size]
        if not part:
            return {"data": []}
        # A cursor stands after the last page too.
        cursors = {"before": str(start), "after": str(start + len(part))}
        return {"data": [self._told(one, given) for one in part], "paging": {"cursors": cursors}}

    def _posts(self, request: Request, given: Mapping[str, Any]) -> Any:
        self._needs()
        return self._page([one for one in self.media.values() if one.author == self.handle and not one.parent], given)

    def _own_replies(self, request: Request, given: Mapping[str, Any]) -> Any:
        self._needs("threads_read_replies")
        return self._page([one for one in self.media.values() if one.author == self.handle and one.parent], given)

    def _mentions(self, request: Request, given: Mapping[str, Any]) -> Any:
        self._needs("threads_manage_mentions")
        if not self.reviewed:
            raise Refusal(10, 4279067, 403, error_user_title="App Does Not Have Sufficient Access Tier")
        others = [one for one in self.media.values() if one.author != self.handle]
        return self._page([one for one in others if f"@{self.handle}" in one.text], given)

    def _replies(self, request: Request, given: Mapping[str, Any]) -> Any:
        self._needs("threads_read_replies")
        parent = self._there(request)
        if self.handle not in (parent.author, self.media[parent.root].author):
            raise Refusal(10, status=403)
        found = [one for one in self.media.values() if one.parent == parent.id]
        return self._page(found, given, given.get("reverse", "true") == "true")

    def _whole_thread(self, request: Request, given: Mapping[str, Any]) -> Any:
        self._needs("threads_read_replies")
        root = self._there(request)
        if root.parent or root.author != self.handle:
            raise Refusal(100)
        found = [one for one in self.media.values() if one.root == root.id and one.parent]
        return self._page(found, given, given.get("reverse", "true") == "true")

    def _one(self, request: Request, given: Mapping[str, Any]) -> Any:
        made = self.containers.get(request.path_params["id"])
        if made is None:
            return self._told(self._there(request), given)
        if made.looks > 0:
            made.looks -= 1
            return {"id": made.id, "status": "IN_PROGRESS"}
        if made.broken:
            return {"id": made.id, "status": "ERROR", "error_message": "UNKNOWN"}
        return {"id": made.id, "status": "PUBLISHED" if made.published else "FINISHED"}

    def _there(self, request: Request) -> Media:
        found = self.media.get(request.path_params["id"])
        if found is None:
            raise Refusal(100, 33)
        return found

    # moderation -----------------------------------------------------------------------------------------------------

    def _hide(self, request: Request, given: Mapping[str, Any]) -> Any:
        self._needs("threads_manage_replies")
        reply = self._there(request)
        if not reply.parent or reply.parent != reply.root or self.media[reply.root].author != self.handle:
            raise Refusal(100)
        for one in self._tree(reply):
            one.hidden = given["hide"] == "true"
        return {"success": True}

    def _tree(self, top: Media) -> list[Media]:
        found = [top]
        for one in found:
            found += [other for other in self.media.values() if other.parent == one.id]
        return found

    def _delete(self, request: Request, given: Mapping[str, Any]) -> Any:
        self._needs("threads_delete")
        if self._there(request).author != self.handle:
            raise Refusal(10, status=403)
        if len([at for at in self.deletions if self.now() < at + DAY]) >= 100:
            raise Refusal(4)
        self.deletions.append(self.now())
        return {"success": True, "deleted_id": self.media.pop(request.path_params["id"]).id}

    # what people do -------------------------------------------------------------------------------------------------

    def write(self, author: str, text: str, parent: str = "", id_: str = "") -> Media:
        """Somebody posts, or replies."""
        new = id_ or self.fresh("18070000000")
        root = self.media[parent].root if parent else new
        self.media[new] = Media(new, author, text, self.now(), parent, root)
        return self.media[new]

    def remove(self, media_id: str) -> None:
        """Its author deletes it; of followers' no webhook tells."""
        del self.media[media_id]

    # webhooks -------------------------------------------------------------------------------------------------------

    def delivery_of(self, field: str, one: Media) -> dict[str, Any]:
        """What Threads tells of a reply, a mention, a deletion or a publication: one a call."""
        value: dict[str, Any] = {"id": one.id, "username": one.author, "timestamp": graph_time(one.at)}
        if field in ("replies", "mentions"):
            value |= {"text": one.text, "media_type": "TEXT_POST", "shortcode": "Pp"}
        if field == "replies" or (field == "mentions" and one.parent):
            owner = self.media[one.root].author
            owner_id = self.own if owner == self.handle else "17841400000000099"
            value["root_post"] = {"id": one.root, "owner_id": owner_id, "username": owner}
            value["replied_to"] = {"id": one.parent}
        if field == "delete":
            value |= {"owner": {"owner_id": self.own}, "deleted_at": graph_time(self.now())}
        target = one.id if field == "replies" else self.own
        head: dict[str, Any] = {
            "app_id": self.app_id,
            "topic": "moderate" if field in ("replies", "delete") else "interaction",
        }
        head |= {"target_id": target, "subscription_id": "234567", "has_uid_field": False}
        return {**head, "time": int(self.now().timestamp()), "values": {"field": field, "value": value}}

    def signed(self, payload: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
        """The body and the headers of a call of the webhook."""
        body = json.dumps(payload).encode()
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        return body, {"x-hub-signature-256": f"sha256={signature}"}

    def tell(self, url: str, field: str, one: Media) -> httpx.Response:
        """Call the webhook."""
        return deliver(url, *self.signed(self.delivery_of(field, one)))
