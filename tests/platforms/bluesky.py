"""A simulated Bluesky: an account's server, the network's view of posts, and the chat service behind it.

It enforces what the documents and the reference server say: sessions whose short token ends after two hours and whose
long one gives the same successor for two more; app passwords with and without direct messages; record keys;
`swapRecord`; 300 graphemes and 3,000 bytes; points an hour; thread gates; notifications that are ordered by a declared
time and filtered after they are paged.
"""

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import Receive, Scope, Send

from engage.compose.lengths import measure
from engage.models import LengthUnit
from tests.platforms.base import Simulator
from tests.platforms.bluesky_oauth import Authorization, No

POST, GATE, PROFILE = "app.bsky.feed.post", "app.bsky.feed.threadgate", "app.bsky.actor.profile"
REFRESH_SCOPE = "com.atproto.refresh"
CHAT = "did:web:api.bsky.chat#bsky_chat"
ACCESS, REFRESH, GRACE = timedelta(hours=2), timedelta(days=90), timedelta(hours=2)
DEPTH = 5  # how many posts upwards of a reply are told of it
_TID = re.compile(r"[234567a-j][234567a-z]{12}")
_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"


class Refusal(Exception):
    def __init__(self, status: int, name: str, message: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(name)
        self.answer = JSONResponse({"error": name, "message": message or name}, status, dict(headers or {}))


@dataclass(slots=True)
class Person:
    did: str
    handle: str
    password: str = ""
    app_passwords: dict[str, bool] = field(default_factory=dict)  # whether each opens direct messages
    display_name: str = ""
    labels: list[dict[str, Any]] = field(default_factory=list)
    status: str = ""
    logins: int = 0


@dataclass(slots=True)
class Token:
    did: str
    scope: str
    ends_at: datetime
    next: dict[str, str] | None = None


@dataclass(slots=True)
class Convo:
    id: str
    members: list[str]
    group: bool = False
    accepted: set[str] = field(default_factory=set)
    messages: list[dict[str, Any]] = field(default_factory=list)
    locked: bool = False


@dataclass
class Bluesky(Simulator):
    """`with Bluesky() as platform`; people are made by `person`, who then `write` and `say`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Nobody is here yet, nothing was asked, no dial is turned."""
        self.calls.clear()
        self._dials.clear()
        self.people: dict[str, Person] = {}
        self.tokens: dict[str, Token] = {}
        self.repos: dict[str, dict[str, dict[str, tuple[str, dict[str, Any]]]]] = {}  # did, collection, key
        self.notifications: dict[str, list[dict[str, Any]]] = {}
        self.indexed: dict[str, datetime] = {}
        self.closed: set[str] = set()  # posts that take no replies
        self.blocks: set[tuple[str, str]] = set()  # who blocks whom
        self.mutes: set[tuple[str, str]] = set()
        self.convos: dict[str, Convo] = {}
        self.log: list[tuple[str, str, dict[str, Any]]] = []  # rev, whose, entry
        self.answers: list[tuple[str, Any]] = []
        self.hour_points, self.log_page, self.tells_profiles = 5_000, 50, True
        self.spent: dict[str, int] = {}
        self.priority_only: set[str] = set()  # who is told of nobody they do not follow
        self.ahead = timedelta()  # how far its clock was put forward
        self._count = itertools.count(1)
        self.oauth = Authorization(self)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    # what people do -------------------------------------------------------------------------------------------------

    def person(self, name: str, **more: Any) -> str:
        """Somebody; returns the DID."""
        did = f"did:plc:{name}"
        self.people[did] = Person(did, f"{name}.example.com", display_name=name.title(), **more)
        return did

    def write(
        self, did: str, text: str, answer_to: str = "", mention: str = "", quote: str = "", at: datetime | None = None
    ) -> str:
        """A post from an app; returns its URI. at: the time that its record claims, as it is not checked."""
        at = at or self.now
        record: dict[str, Any] = {"$type": POST, "text": text, "createdAt": iso(at), "langs": ["en"]}
        if answer_to:
            parent = self._record(answer_to)
            this = {"uri": answer_to, "cid": parent[0]}
            record["reply"] = {"root": parent[1].get("reply", {}).get("root", this), "parent": this}
        if mention:
            feature = {"$type": "app.bsky.richtext.facet#mention", "did": mention}
            record["facets"] = [{"index": {"byteStart": 0, "byteEnd": len(text.encode())}, "features": [feature]}]
        if quote:
            embedded = {"uri": quote, "cid": self._record(quote)[0]}
            record["embed"] = {"$type": "app.bsky.embed.record", "record": embedded}
        return self._put(did, POST, self._key(at), record)

    def like(self, did: str, uri: str) -> None:
        subject = {"uri": uri, "cid": self._record(uri)[0]}
        record = {"$type": "app.bsky.feed.like", "subject": subject, "createdAt": iso(self.now)}
        self._put(did, "app.bsky.feed.like", self._key(self.now), record)

    def remove(self, uri: str) -> None:
        """Delete a record, as its writer does. Notifications of it go too."""
        did, collection, key = split(uri)
        del self.repos[did][collection][key]
        for rows in self.notifications.values():
            rows[:] = [row for row in rows if row["uri"] != uri]

    def label(self, did: str, *values: str) -> None:
        """Label the profile of `did` by itself."""
        labels = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": one} for one in values]}
        self._put(did, PROFILE, "self", {"$type": PROFILE, "labels": labels})
        one = {"src": did, "uri": f"at://{did}/{PROFILE}/self", "cts": iso(self.now)}
        self.people[did].labels = [{**one, "val": value} for value in values]

    def say(self, did: str, text: str, to: str = "", convo: str = "", *, group: bool = False) -> str:
        """A direct message from an app; returns its id. Without `convo` the one of the two is used or begun."""
        found = self.convos[convo] if convo else self._convo_of(did, to, group=group)
        return str(self._say(found, did, {"text": text})["id"])

    def forget(self, did: str, message_id: str) -> None:
        """`did` deletes a message for themselves."""
        for convo in self.convos.values():
            for row in [one for one in convo.messages if one["id"] == message_id]:
                gone = {**{key: row[key] for key in ("id", "sender", "sentAt")}, "rev": self._rev()}
                self._logged(did, "logDeleteMessage", convo, message={**gone, "$type": type_of("deletedMessageView")})

    def posts_of(self, did: str) -> list[dict[str, Any]]:
        """What an account posted, oldest first."""
        rows = self.repos.get(did, {}).get(POST, {})
        return [rows[key][1] for key in sorted(rows)]

    def said_in(self, convo: str) -> list[dict[str, Any]]:
        return self.convos[convo].messages

    def convo_between(self, one: str, other: str) -> str:
        return self._convo_of(one, other).id

    def posted(self, did: str) -> list[str]:
        """The texts that an account wrote in answer to somebody, on every surface."""
        public = [post["text"] for post in self.posts_of(did) if "reply" in post]
        rows = [row for convo in self.convos.values() for row in convo.messages]
        return public + [row["text"] for row in rows if row["sender"]["did"] == did]

    def revoke(self, did: str) -> None:
        """The creator removes the app password: no session of it is renewed. Short tokens end by their time only."""
        self.people[did].app_passwords.clear()
        self.tokens = {
            name: token for name, token in self.tokens.items() if token.did != did or REFRESH_SCOPE not in _claims(name)
        }

    # sessions -------------------------------------------------------------------------------------------------------

    def session(self, did: str, *, privileged: bool = True, scope: str = "") -> dict[str, str]:
        """A pair of tokens."""
        scope = scope or ("com.atproto.appPassPrivileged" if privileged else "com.atproto.appPass")
        access = self._token(did, scope, ACCESS)
        return {"accessJwt": access, "refreshJwt": self._token(did, scope, REFRESH, REFRESH_SCOPE)}

    def _token(self, did: str, scope: str, lasts: timedelta, shown: str = "") -> str:
        ends_at = self.now + lasts
        claims = {"scope": shown or scope, "sub": did, "exp": int(ends_at.timestamp()), "jti": next(self._count)}
        token = ".".join(_packed(one) for one in ({"typ": "at+jwt"}, claims, "signed"))
        self.tokens[token] = Token(did, scope, ends_at)
        return token

    async def create_session(self, request: Request) -> Any:
        given = await request.json()
        found = [one for one in self.people.values() if given["identifier"] in (one.handle, one.did)]
        if found:
            found[0].logins += 1
            if found[0].logins > 30:
                reset = str(int(self.now.timestamp()) + 300)
                raise Refusal(429, "RateLimitExceeded", headers={"ratelimit-reset": reset})
        if found and found[0].password and given["password"] == found[0].password:
            return self._opened(found[0], self.session(found[0].did, scope="com.atproto.access"))
        if not found or given["password"] not in found[0].app_passwords:
            raise Refusal(401, "AuthenticationRequired", "Invalid identifier or password")
        privileged = found[0].app_passwords[given["password"]]
        return self._opened(found[0], self.session(found[0].did, privileged=privileged))

    async def refresh_session(self, request: Request) -> Any:
        token = self._bearer(request, refresh=True)
        if self.people[token.did].status == "takendown":
            raise Refusal(401, "AccountTakedown", "Account has been taken down")
        if token.next is None:
            scope = token.scope
            token.next = self.session(token.did, scope=scope)
            token.ends_at = min(token.ends_at, self.now + GRACE)
        return self._opened(self.people[token.did], token.next)

    async def get_session(self, request: Request) -> Any:
        return self._opened(self.people[self._bearer(request).did], {})

    async def delete_session(self, request: Request) -> Any:
        """Whatever refresh token the server once gave: one that ended, or was given back before, is no error."""
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        if REFRESH_SCOPE not in _claims(name):
            raise Refusal(400, "InvalidToken", "Token could not be verified")
        self.tokens.pop(name, None)
        return {}

    def _opened(self, person: Person, tokens: Mapping[str, str]) -> Any:
        state = {"active": False, "status": person.status} if person.status else {"active": True}
        home = {"didDoc": self.oauth.document_of(person.did)} if person.did in self.oauth.servers else {}
        return {**tokens, "did": person.did, "handle": person.handle, **state, **home}

    def _bearer(self, request: Request, *, refresh: bool = False) -> Token:
        if request.headers.get("authorization", "").startswith("DPoP "):
            grant = self.oauth.holder(request)
            return Token(grant.did, grant.scope, self.now)
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        token = self.tokens.get(name)
        if not name:
            raise Refusal(401, "AuthMissing", "Authentication Required")
        if token is None or (REFRESH_SCOPE in _claims(name)) is not refresh:
            raise Refusal(400, "InvalidToken", "Token could not be verified")
        if token.ends_at <= self.now:
            raise Refusal(400, "ExpiredToken", "Token has expired")
        if self.people[token.did].status and not refresh and request.url.path.split(".")[-1] != "getSession":
            raise Refusal(400, "AccountTakedown", "Account has been taken down")
        return token

    # repositories ---------------------------------------------------------------------------------------------------

    async def put_record(self, request: Request) -> Any:
        did, given = self._bearer(request).did, await request.json()
        if given["repo"] != did:
            raise Refusal(401, "AuthMissing")
        collection, key, record = given["collection"], given["rkey"], given["record"]
        if collection in (POST, GATE) and not _TID.fullmatch(key):
            raise Refusal(400, "InvalidRequest", "Invalid record key")
        if collection == POST and (len(record["text"].encode()) > 3000 or graphemes(record["text"]) > 300):
            raise Refusal(400, "InvalidRequest", "Invalid app.bsky.feed.post record: Record/text is too long")
        current = self.repos.get(did, {}).get(collection, {}).get(key)
        uri, cid = f"at://{did}/{collection}/{key}", cid_of(record)
        left = self._spend(did, 0 if current else 3)
        if current and current[0] == cid:
            return {"uri": uri, "cid": cid, "validationStatus": "valid"}, left  # nothing to do
        if "swapRecord" in given and given["swapRecord"] != (current[0] if current else None):
            raise Refusal(400, "InvalidSwap", f"Record was at {current[0] if current else None}")
        self._put(did, collection, key, record)
        commit = {"cid": cid, "rev": self._rev()}
        return {"uri": uri, "cid": cid, "commit": commit, "validationStatus": "valid"}, left

    def _spend(self, did: str, points: int) -> dict[str, str]:
        self.spent[did] = self.spent.get(did, 0) + points
        left, reset = self.hour_points - self.spent[did], int(self.now.timestamp()) + 1800
        headers = {"ratelimit-limit": str(self.hour_points), "ratelimit-remaining": str(max(0, left))}
        headers |= {"ratelimit-reset": str(reset), "ratelimit-policy": f"{self.hour_points};w=3600"}
        if left < 0:
            self.spent[did] -= points
            raise Refusal(429, "RateLimitExceeded", "Rate Limit Exceeded", headers)
        return headers

    async def get_record(self, request: Request) -> Any:
        asked = request.query_params
        row = self.repos.get(asked["repo"], {}).get(asked["collection"], {}).get(asked["rkey"])
        uri = f"at://{asked['repo']}/{asked['collection']}/{asked['rkey']}"
        if row is None:
            raise Refusal(400, "RecordNotFound", f"Could not locate record: {uri}")
        return {"uri": uri, "cid": row[0], "value": row[1]}

    async def list_records(self, request: Request) -> Any:
        asked, limit = request.query_params, int(request.query_params.get("limit", "50"))
        rows, forward = self.repos.get(asked["repo"], {}).get(asked["collection"], {}), asked.get("reverse") == "true"
        cursor, keys = asked.get("cursor"), sorted(rows, reverse=not forward)
        after = [key for key in keys if not cursor or (key > cursor if forward else key < cursor)][:limit]
        place = f"at://{asked['repo']}/{asked['collection']}"
        shown = [{"uri": f"{place}/{key}", "cid": rows[key][0], "value": rows[key][1]} for key in after]
        return {"records": shown, **({"cursor": after[-1]} if after else {})}

    async def delete_record(self, request: Request) -> Any:
        did, given = self._bearer(request).did, await request.json()
        if given["repo"] != did:
            raise Refusal(401, "AuthMissing")
        if given["rkey"] in self.repos.get(did, {}).get(given["collection"], {}):
            self.remove(f"at://{did}/{given['collection']}/{given['rkey']}")
        return {}

    def _record(self, uri: str) -> tuple[str, dict[str, Any]]:
        did, collection, key = split(uri)
        return self.repos[did][collection][key]

    def _put(self, did: str, collection: str, key: str, record: dict[str, Any]) -> str:
        uri = f"at://{did}/{collection}/{key}"
        self.repos.setdefault(did, {}).setdefault(collection, {})[key] = (cid_of(record), record)
        self.indexed[uri] = self.now
        if collection in (POST, "app.bsky.feed.like"):
            self._tell(did, uri, record)
        return uri

    def _key(self, at: datetime) -> str:
        value = int(at.timestamp() * 1e6) << 10 | next(self._count) % 1024
        return "".join(_LETTERS[value >> shift & 31] for shift in range(60, -1, -5))

    # the network's view ---------------------------------------------------------------------------------------------

    def _tell(self, did: str, uri: str, record: dict[str, Any]) -> None:
        """Notifications of a new record, each person once."""
        told = {did}
        for whom, reason, subject in self._reasons(record):
            if whom in told or whom not in self.people:
                continue
            told.add(whom)
            declared = datetime.fromisoformat(record["createdAt"])
            at = min(declared, self.indexed[uri])
            at = at.replace(microsecond=at.microsecond // 1000 * 1000)  # it is kept to the millisecond
            row = {"uri": uri, "reason": reason, "at": at}
            self.notifications.setdefault(whom, []).append({**row, **({"reasonSubject": subject} if subject else {})})

    def _reasons(self, record: dict[str, Any]) -> list[tuple[str, str, str]]:
        found = []
        for facet in record.get("facets", []):
            found += [(one["did"], "mention", "") for one in facet["features"] if "did" in one]
        if "embed" in record:
            quoted = record["embed"]["record"]["uri"]
            found.append((split(quoted)[0], "quote", quoted))
        if "subject" in record:
            found.append((split(record["subject"]["uri"])[0], "like", record["subject"]["uri"]))
        above = record.get("reply", {}).get("parent", {}).get("uri", "")
        for _ in range(DEPTH):
            if not above:
                break
            found.append((split(above)[0], "reply", above))
            did, collection, key = split(above)
            row = self.repos.get(did, {}).get(collection, {}).get(key)
            above = row[1].get("reply", {}).get("parent", {}).get("uri", "") if row else ""
        return found

    async def list_notifications(self, request: Request) -> Any:
        did, asked = self._bearer(request).did, request.query_params
        limit, cursor, reasons = int(asked.get("limit", "50")), asked.get("cursor"), asked.getlist("reasons")
        rows = sorted(self.notifications.get(did, []), key=lambda row: row["at"], reverse=True)
        if asked.get("priority", str(did in self.priority_only).lower()) == "true":
            rows = []  # it follows nobody here
        shown: list[dict[str, Any]] = []
        for _ in range(10):
            page = [row for row in rows if not cursor or row["at"] < datetime.fromisoformat(cursor)][:limit]
            shown += [row for row in page if row["reason"] in reasons or not reasons]
            cursor = iso(page[-1]["at"]) if page else None  # a time alone: its other rows fall out
            if len(shown) >= -(-limit // 2) or not cursor:
                break
        views = [self._notification(row, did) for row in shown if not self._hidden(row["uri"], did)]
        return {"notifications": views, "priority": False, **({"cursor": cursor} if cursor else {})}

    def _hidden(self, uri: str, viewer: str) -> bool:
        """By a mute, a block, or the gate of a thread that the viewer began."""
        writer = split(uri)[0]
        if (viewer, writer) in self.mutes | self.blocks or (writer, viewer) in self.blocks:
            return True
        root = self._record(uri)[1].get("reply", {}).get("root", {}).get("uri", "")
        gate = self.repos.get(viewer, {}).get(GATE, {}).get(root.rpartition("/")[2])
        return bool(root) and split(root)[0] == viewer and gate is not None and uri in gate[1].get("hiddenReplies", [])

    def _notification(self, row: dict[str, Any], viewer: str) -> dict[str, Any]:
        cid, record = self._record(row["uri"])
        shown = {key: row[key] for key in ("uri", "reason", "reasonSubject") if key in row}
        author = self._author(split(row["uri"])[0], viewer)
        return {**shown, "cid": cid, "author": author, "record": record, "isRead": False, "indexedAt": iso(row["at"])}

    def _author(self, did: str, viewer: str) -> dict[str, Any]:
        person = self.people[did]
        blocked = {"blocking": f"at://{viewer}/app.bsky.graph.block/1"} if (viewer, did) in self.blocks else {}
        state = {"muted": (viewer, did) in self.mutes, "blockedBy": (did, viewer) in self.blocks, **blocked}
        shown = {"did": did, "handle": person.handle, "displayName": person.display_name}
        return {**shown, "viewer": state, "labels": person.labels}

    async def get_posts(self, request: Request) -> Any:
        viewer, views = self._bearer(request).did, []
        uris = request.query_params.getlist("uris")
        if len(uris) > 25:
            raise Refusal(400, "InvalidRequest", "uris must not have more than 25 elements")
        for uri in uris:
            did, collection, key = split(uri)
            if row := self.repos.get(did, {}).get(collection, {}).get(key):
                view = {"uri": uri, "cid": row[0], "record": row[1], "author": self._author(did, viewer)}
                state = {"replyDisabled": True} if uri in self.closed else {}
                views.append({**view, "indexedAt": iso(self.indexed[uri]), "viewer": state})
        return {"posts": views}

    # chat -----------------------------------------------------------------------------------------------------------

    def _chat(self, request: Request) -> str:
        token = self._bearer(request)
        if request.headers.get("atproto-proxy") != CHAT:
            raise Refusal(404, "XRPCNotSupported", "Method not found")
        if token.scope.startswith("atproto") and "transition:chat.bsky" not in token.scope:
            raise Refusal(403, "ScopeMissingError", "Missing required scope")
        if token.scope == "com.atproto.appPass":
            raise Refusal(400, "InvalidToken", "Bad token method")
        return token.did

    def _convo_of(self, did: str, to: str, *, group: bool = False) -> Convo:
        for convo in self.convos.values():
            if not group and not convo.group and set(convo.members) == {did, to}:
                return convo
        made = Convo(f"3kconvo{next(self._count)}", [did, to], group, accepted={did, to} if group else {did})
        self.convos[made.id] = made
        self._logged(to, "logBeginConvo", made)
        return made

    def _say(self, convo: Convo, did: str, given: Mapping[str, Any]) -> dict[str, Any]:
        row = {"$type": type_of("messageView"), "id": f"3kmsg{next(self._count)}", "rev": self._rev()}
        row |= {"text": given["text"], "sender": {"did": did}, "sentAt": iso(self.now)}
        if "facets" in given:
            row["facets"] = given["facets"]
        if "replyTo" in given:
            row["replyTo"] = next(one for one in convo.messages if one["id"] == given["replyTo"]["messageId"])
        convo.messages.append(row)
        convo.accepted.add(did)
        kind = "groupConvoMember" if convo.group else "directConvoMember"
        role = {"role": "standard"} if convo.group else {}
        told = {"kind": {"$type": f"chat.bsky.actor.defs#{kind}", **role}}
        profiles = {"relatedProfiles": [{**self._member(did), **told}]} if self.tells_profiles else {}
        for member in convo.members:
            self._logged(member, "logCreateMessage", convo, message=row, **profiles)
        return row

    def _logged(self, whose: str, kind: str, convo: Convo, **more: Any) -> None:
        rev = self._rev()
        entry = {"$type": type_of(kind), "rev": rev, "convoId": convo.id, **more}
        self.log.append((rev, whose, entry))

    def _rev(self) -> str:
        return self._key(self.now)

    def _view(self, convo: Convo, viewer: str) -> dict[str, Any]:
        members = [self._member(did) for did in convo.members]
        status = "accepted" if viewer in convo.accepted else "request"
        kind: dict[str, Any] = {"$type": type_of("directConvo")}
        if convo.group:
            kind = {"$type": type_of("groupConvo"), "createdAt": iso(self.now), "lockStatus": "unlocked", "name": "We"}
            kind |= {"lockStatusModerationOverride": False, "memberCount": len(members), "memberLimit": 50}
        unread = bool(convo.messages) and convo.messages[-1]["sender"]["did"] != viewer
        shown = {"id": convo.id, "rev": self._rev(), "members": members, "muted": False, "status": status}
        last = {"lastMessage": convo.messages[-1]} if convo.messages else {}
        return {**shown, "unreadCount": int(unread), "kind": kind, **last}

    def _member(self, did: str) -> dict[str, Any]:
        person = self.people[did]
        return {"did": did, "handle": person.handle, "displayName": person.display_name, "labels": person.labels}

    def _convo(self, convo_id: str, viewer: str) -> Convo:
        convo = self.convos.get(convo_id)
        if convo is None or viewer not in convo.members:
            raise Refusal(400, "InvalidConvo")
        return convo

    async def get_log(self, request: Request) -> Any:
        did, cursor = self._chat(request), request.query_params.get("cursor")
        if not cursor:
            return {"logs": [], "cursor": self._rev()}  # without one it begins now
        rows = [(rev, entry) for rev, whose, entry in self.log if whose == did and rev > cursor][: self.log_page]
        return {"logs": [entry for _, entry in rows], "cursor": rows[-1][0] if rows else cursor}

    async def get_convo(self, request: Request) -> Any:
        did = self._chat(request)
        return {"convo": self._view(self._convo(request.query_params["convoId"], did), did)}

    async def list_convos(self, request: Request) -> Any:
        did, asked = self._chat(request), request.query_params
        views = [self._view(convo, did) for convo in self.convos.values() if did in convo.members]
        views = [view for view in views if view["status"] == asked.get("status", view["status"])]
        if asked.get("kind") == "direct":
            views = [view for view in views if view["kind"]["$type"] == type_of("directConvo")]
        if asked.get("readState") == "unread":
            views = [view for view in views if view["unreadCount"]]
        return {"convos": views[: int(asked.get("limit", "50"))]}

    async def list_requests(self, request: Request) -> Any:
        did = self._chat(request)
        views = [self._view(convo, did) for convo in self.convos.values() if did in convo.members]
        asked = [view for view in views if view["status"] == "request"]
        return {"requests": [{"$type": type_of("convoView"), **view} for view in asked]}

    async def accept_convo(self, request: Request) -> Any:
        did = self._chat(request)
        convo = self._convo((await request.json())["convoId"], did)
        if did in convo.accepted:
            return {}
        convo.accepted.add(did)
        self._logged(did, "logAcceptConvo", convo)
        return {"rev": self._rev()}

    async def send_message(self, request: Request) -> Any:
        did, given = self._chat(request), await request.json()
        convo, message = self._convo(given["convoId"], did), given["message"]
        if convo.locked:
            raise Refusal(400, "ConvoLocked")
        if did not in convo.accepted:
            raise Refusal(400, "InvalidRequest", "the conversation is a request")
        if graphemes(message["text"]) > 1000 or len(message["text"].encode()) > 10_000:
            raise Refusal(400, "InvalidRequest", "message is too long")
        asked = message.get("replyTo", {}).get("messageId")
        if asked and asked not in [one["id"] for one in convo.messages]:
            raise Refusal(400, "ReplyTargetNotFound")
        return self._say(convo, did, message)

    async def get_messages(self, request: Request) -> Any:
        asked, did = request.query_params, self._chat(request)
        rows = self._convo(asked["convoId"], did).messages[::-1]
        start, limit = int(asked.get("cursor", "0")), int(asked.get("limit", "50"))
        more = {"cursor": str(start + limit)} if len(rows) > start + limit else {}
        return {"messages": rows[start : start + limit], **more}

    # serving --------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        inner = self._app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await inner(scope, receive, send)

        self._app = app  # type: ignore[method-assign]  # uvicorn takes a bound method for an app of ASGI 2
        return super().__enter__()

    def routes(self) -> list[BaseRoute]:
        methods = {
            "com.atproto.server.createSession": self.create_session,
            "com.atproto.server.refreshSession": self.refresh_session,
            "com.atproto.server.getSession": self.get_session,
            "com.atproto.server.deleteSession": self.delete_session,
            "com.atproto.repo.putRecord": self.put_record,
            "com.atproto.repo.getRecord": self.get_record,
            "com.atproto.repo.listRecords": self.list_records,
            "com.atproto.repo.deleteRecord": self.delete_record,
            "app.bsky.notification.listNotifications": self.list_notifications,
            "app.bsky.feed.getPosts": self.get_posts,
            "chat.bsky.convo.getLog": self.get_log,
            "chat.bsky.convo.getConvo": self.get_convo,
            "chat.bsky.convo.listConvos": self.list_convos,
            "chat.bsky.convo.listConvoRequests": self.list_requests,
            "chat.bsky.convo.acceptConvo": self.accept_convo,
            "chat.bsky.convo.sendMessage": self.send_message,
            "chat.bsky.convo.getMessages": self.get_messages,
        }
        calls: list[BaseRoute] = [
            Route(f"/xrpc/{name}", self._answering(name, act), methods=["GET", "POST"]) for name, act in methods.items()
        ]
        # (Each test has an authorization server of its own, so its routes are looked up anew.)
        return [*calls, Mount("/", app=self._authorizing)]

    async def _authorizing(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Router(self.oauth.routes())(scope, receive, send)

    def _answering(self, name: str, act: Any) -> Any:
        async def answer(request: Request) -> Response:
            try:
                said = await act(request)
            except Refusal as refusal:
                return refusal.answer
            except No as no:
                return self.oauth.refusal(no, "rs")
            body, headers = said if isinstance(said, tuple) else (said, {})
            if body:
                self.answers.append((name, body))
            nonce = {"dpop-nonce": self.oauth.nonces["rs"]} if "dpop" in request.headers else {}
            return JSONResponse(body, headers={**headers, **nonce})

        return answer


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def graphemes(text: str) -> int:
    return measure(text, LengthUnit.GRAPHEMES)


def split(uri: str) -> tuple[str, str, str]:
    did, collection, key = uri.removeprefix("at://").split("/")
    return did, collection, key


def cid_of(record: Any) -> str:
    """A name of a record's content: the same content has the same one."""
    digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).digest()
    return "bafyrei" + base64.b32encode(digest).decode().rstrip("=").lower()


def type_of(name: str) -> str:
    return f"chat.bsky.convo.defs#{name}"


def _claims(token: str) -> str:
    """What a token says of itself; '' where it is none."""
    part = (*token.split("."), "")[1]
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()
    except ValueError:
        return ""


def _packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
