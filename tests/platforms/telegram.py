"""The Bot API, simulated: bots, private chats, a channel with its discussion group, and a creator in Secretary Mode.

What people do is a method (`write`, `comment`, `write_to_creator`, …) and returns the number of the message; what the
bot posted is in `posted`. Time is `clock()`, and `pass_time` lets it go by. `check_call` holds a request against the
published description of the API, `check_update` an update.
"""

import asyncio
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tests.platforms.base import Call, Simulator, deliver
from tests.platforms.specs import spec_file

MAX_LENGTH = 4096
MOST_HOLD = 50.0  # seconds that a question may stay open
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{20,}")
CREATOR, FOLLOWER, CONNECTION = 42, 5550001, "bc_AAA"
GROUP, CHANNEL, INBOX = -1001000, -1009000, -1003000  # INBOX: where the channel's direct messages are
BOT_ID = 700100200
BOT_TOKEN = f"{BOT_ID}:AAF0d1E2c3B4a5Z6y7X8w9V0u1T2s3R4q5P"


class Refusal(Exception):
    """An answer that is no 200."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def answer(self) -> Response:
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return JSONResponse(body | ({"parameters": self.parameters} if self.parameters else {}), self.code)


@dataclass(slots=True)
class Stored:
    """A message where it stands. `connection`: in a chat of the creator's own."""

    raw: dict[str, Any]
    connection: str = ""
    by_bot: bool = False


@dataclass
class Telegram(Simulator):
    """One bot, @ada_answers_bot, of the creator Ada."""

    token: str = BOT_TOKEN
    posted: list[dict[str, Any]] = field(default_factory=list)  # the bodies of what the bot wrote, in order
    webhook: dict[str, Any] = field(default_factory=dict)
    updates: list[dict[str, Any]] = field(default_factory=list)  # not confirmed yet
    me: dict[str, Any] = field(
        default_factory=lambda: {
            "id": BOT_ID,
            "is_bot": True,
            "first_name": "Ada answers",
            "username": "ada_answers_bot",
            "can_join_groups": False,
            "can_read_all_group_messages": False,
            "can_connect_to_business": True,
        }
    )
    membership: dict[str, Any] = field(default_factory=lambda: {"status": "administrator", "can_delete_messages": True})
    connection: dict[str, Any] = field(
        default_factory=lambda: {"is_enabled": True, "rights": {"can_reply": True, "can_delete_sent_messages": True}}
    )
    connected_by: int = CREATOR  # who has the bot on their private chats: anybody can
    linked: bool = True  # the channel has its discussion group
    blocked: set[int] = field(default_factory=set)  # who has blocked the bot
    counting: bool = False  # whether the limits are enforced
    echoes: bool = False  # whether what the bot writes for the creator comes back
    last_error: str = ""  # of the webhook

    def __post_init__(self) -> None:
        super().__post_init__()
        self.holding = threading.Event()  # a question is open, and waits for an update
        self.messages: dict[tuple[int, int, str], Stored] = {}
        self.heard: dict[int, datetime] = {}  # chats of the creator's own → when the other side wrote last
        self.revoked = False
        self._sent: list[tuple[int, datetime]] = []
        self._later = timedelta()
        self._numbers, self._update_ids = count(300), count(900001)
        self._newest_update = 900000
        self._news = asyncio.Event()
        self._polls = 0
        self.allowed: list[str] = []

    def clock(self) -> datetime:
        return datetime.now(UTC) + self._later

    def pass_time(self, span: timedelta) -> None:
        self._later += span

    def path(self, method: str) -> str:
        """Where the bot calls a method, for the dials."""
        return f"/bot{self.token}/{method}"

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.path == self.path(method)]

    def let_go(self) -> None:
        """End the question that is open."""
        self._polls += 1
        if self._loop is not None:
            self.soon(self._news.set)

    def reset(self) -> None:
        """Forget everything, for the next test."""
        self.let_go()
        fresh = vars(Telegram())
        kept = {"url", "holding", "_app", "_over", "_loop", "_news", "_polls"}
        self.__dict__.update({name: value for name, value in fresh.items() if name not in kept})
        self.holding.clear()

    def __exit__(self, *problem: Any) -> None:
        self.let_go()
        super().__exit__(*problem)

    # people ---------------------------------------------------------------------------------------------------------

    def _store(self, chat: Mapping[str, Any], sender: Mapping[str, Any], text: str, **more: Any) -> dict[str, Any]:
        connection = more.get("business_connection_id", "")
        base = {"message_id": next(self._numbers), "from": sender, "chat": chat, "date": int(self.clock().timestamp())}
        message = {**base, "text": text, **more}
        self.messages[chat["id"], message["message_id"], connection] = Stored(message, connection)
        return message

    def tell(self, kind: str, value: Mapping[str, Any]) -> int:
        """Put an update in line, where the bot asked for its kind."""
        number = self._newest_update = next(self._update_ids)
        if not self.allowed or kind in self.allowed:
            self.updates.append({"update_id": number, kind: json.loads(json.dumps(value))})
            if self._loop is not None:
                self.soon(self._news.set)
        return number

    def begin_anew(self, at: int) -> None:
        """After a week without updates the next one gets a number that has nothing to do with those before."""
        self._update_ids = count(at)

    def write(self, text: str, user: int = FOLLOWER) -> int:
        """A follower writes to the bot."""
        message = self._store(private(user), person(user), text)
        self.tell("message", message)
        return int(message["message_id"])

    def edit(self, chat: int, number: int, text: str, connection: str = "") -> None:
        """Somebody changes a message."""
        message = self.messages[chat, number, connection].raw
        message |= {"text": text, "edit_date": int(self.clock().timestamp())}
        self.tell("edited_business_message" if connection else "edited_message", message)

    def remove(self, chat: int, number: int, connection: str = "") -> None:
        """Somebody deletes a message: only in the creator's own chats is it told."""
        del self.messages[chat, number, connection]
        if connection:
            gone = {"business_connection_id": connection, "chat": private(chat), "message_ids": [number]}
            self.tell("deleted_business_messages", gone)

    def publish(self, text: str) -> int:
        """The creator posts in the channel; Telegram copies it into the group. The number is the copy's."""
        post = {"message_id": next(self._numbers), "sender_chat": _CHANNEL, "chat": _CHANNEL, "date": 1, "text": text}
        self.tell("channel_post", post)
        origin = {"type": "channel", "date": 1, "chat": _CHANNEL, "message_id": post["message_id"]}
        more = {"sender_chat": _CHANNEL, "is_automatic_forward": True, "forward_origin": origin}
        copy = self._store(_GROUP, _SERVICE, text, **more)
        self.tell("message", copy)
        return int(copy["message_id"])

    def comment(self, thread: int, text: str, user: int = FOLLOWER, to: int = 0) -> int:
        """Somebody comments on a post, or answers a comment (`to`)."""
        parent = {**self.messages[GROUP, to or thread, ""].raw}
        parent.pop("reply_to_message", None)
        more = {"message_thread_id": thread, "reply_to_message": parent}
        message = self._store(_GROUP, person(user), text, **more)
        self.tell("message", message)
        return int(message["message_id"])

    def write_to_creator(self, text: str, user: int = FOLLOWER) -> int:
        """A follower writes to the creator themselves."""
        message = self._store(private(user), person(user), text, business_connection_id=CONNECTION)
        self.heard[user] = self.clock()
        self.tell("business_message", message)
        return int(message["message_id"])

    def write_to_channel(self, text: str, user: int = FOLLOWER) -> int:
        """A follower sends the channel a direct message: each has a topic there."""
        topic = {"topic_id": user, "user": person(user)}
        message = self._store(_INBOX, person(user), text, direct_messages_topic=topic)
        self.tell("message", message)
        return int(message["message_id"])

    def creator_writes(self, to: int, text: str, user: int = CREATOR) -> int:
        """Who has the bot on their private chats writes to a follower in person."""
        message = self._store(private(to), person(user), text, business_connection_id=CONNECTION)
        self.tell("business_message", message)
        return int(message["message_id"])

    def switch_secretary(self, *, on: bool, can_reply: bool = True) -> None:
        """The creator changes what the bot may do in their chats."""
        self.connection = {"is_enabled": on, "rights": {"can_reply": True} if can_reply else {}}
        self.tell("business_connection", self._connection())

    # webhooks -------------------------------------------------------------------------------------------------------

    def deliver(self) -> list[httpx.Response]:
        """Call the webhook with everything that waits; what is answered 2xx does not come again."""
        answers = []
        for update in list(self.updates):
            headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
            answer = deliver(self.webhook["url"], json.dumps(update).encode(), headers)
            answers.append(answer)
            if answer.is_success:
                self.updates.remove(update)
            else:
                self.last_error = f"Wrong response from the webhook: {answer.status_code}"
        return answers

    # the API --------------------------------------------------------------------------------------------------------

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/bot{token}/{method}", self._call, methods=["GET", "POST"])]

    async def _call(self, request: Request) -> Response:
        token, method = request.path_params["token"], request.path_params["method"]
        try:
            if not TOKEN.fullmatch(token) or method not in self._methods():
                raise Refusal(404, "Not Found")
            if token != self.token or self.revoked:
                raise Refusal(401, "Unauthorized")
            body = await request.json() if await request.body() else {}
            result = self._methods()[method](body)
            return JSONResponse({"ok": True, "result": await result if asyncio.iscoroutine(result) else result})
        except Refusal as refusal:
            return refusal.answer()

    def _methods(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        return {
            "getMe": lambda _: self.me,
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._webhook_info,
            "sendMessage": self._send,
            "deleteMessage": self._delete,
            "deleteBusinessMessages": self._delete_business,
            "getBusinessConnection": self._get_connection,
            "getChat": self._get_chat,
            "getChatMember": lambda _: {**self.membership, "user": self.me},
            "getChatAdministrators": self._administrators,
        }

    async def _get_updates(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        if self.webhook.get("url"):
            words = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            raise Refusal(409, f"Conflict: {words}")
        self._polls += 1
        mine = self._polls
        self.allowed = body.get("allowed_updates", self.allowed)
        self._confirm(body.get("offset", 0))
        await self._wait(mine, min(float(body.get("timeout", 0)), MOST_HOLD))
        return self.updates[: body.get("limit", 100)]

    def _confirm(self, offset: int) -> None:
        """Forget what is before `offset`; one that is far beyond the newest update is no offset (td's TQueue::get)."""
        if offset <= self._newest_update + 10:
            self.updates = [one for one in self.updates if one["update_id"] >= offset]

    async def _wait(self, mine: int, seconds: float) -> None:
        """For the first update. Whoever asks later ends an earlier question."""
        self._news.set()
        ends = asyncio.get_running_loop().time() + seconds
        while mine == self._polls and not self.updates and (left := ends - asyncio.get_running_loop().time()) > 0:
            self._news.clear()
            self.holding.set()
            try:
                async with asyncio.timeout(left):
                    await self._news.wait()
            except TimeoutError:
                return
        if mine != self._polls:
            words = "terminated by other getUpdates request; make sure that only one bot instance is running"
            raise Refusal(409, f"Conflict: {words}")

    def _set_webhook(self, body: dict[str, Any]) -> bool:
        if not body["url"].startswith(("https://", "http://127.0.0.1:")):
            raise Refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if not SECRET.fullmatch(body.get("secret_token", "a")):
            raise Refusal(400, "Bad Request: secret token contains unallowed characters")
        self.webhook, self.allowed = body, body.get("allowed_updates", self.allowed)
        return True

    def _delete_webhook(self, body: dict[str, Any]) -> bool:
        self.webhook = {}
        return True

    def _webhook_info(self, body: dict[str, Any]) -> dict[str, Any]:
        at = {"last_error_date": 1795334400, "last_error_message": self.last_error} if self.last_error else {}
        more = at | ({"allowed_updates": self.allowed} if self.allowed else {})
        waiting = {"has_custom_certificate": False, "pending_update_count": len(self.updates)}
        return {"url": self.webhook.get("url", ""), **waiting, **more}

    def _send(self, body: dict[str, Any]) -> dict[str, Any]:
        chat, connection = int(body["chat_id"]), body.get("business_connection_id", "")
        units = len(body["text"].encode("utf-16-le")) // 2
        if not body["text"].strip():
            raise Refusal(400, "Bad Request: message text is empty")
        if units > MAX_LENGTH:
            raise Refusal(400, "Bad Request: message is too long")
        self._check_place(chat, connection, body.get("direct_messages_topic_id", 0))
        replied = self._replied(chat, connection, body)
        self._check_limits(chat)
        return self._post(chat, connection, body, replied)

    def _check_place(self, chat: int, connection: str, topic: int) -> None:
        if connection:
            self._check_connection(connection)
            if not self.connection["rights"].get("can_reply"):
                raise Refusal(403, "Forbidden: not enough rights to send messages in the business account")
            if self.clock() - self.heard.get(chat, datetime.min.replace(tzinfo=UTC)) > timedelta(hours=24):
                raise Refusal(400, "Bad Request: BUSINESS_PEER_USAGE_MISSING")
            return
        if chat in self.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if chat == GROUP and self.membership["status"] in ("left", "kicked"):
            raise Refusal(403, "Forbidden: bot was kicked from the supergroup chat")
        if chat == INBOX and not topic:
            raise Refusal(400, "Bad Request: direct messages topic is required")
        if not any(stored[0] == chat and not stored[2] for stored in self.messages):
            raise Refusal(400, "Bad Request: chat not found")

    def _check_connection(self, connection: str) -> None:
        if connection != CONNECTION or not self.connection["is_enabled"]:
            raise Refusal(400, "Bad Request: business connection not found")

    def _replied(self, chat: int, connection: str, body: dict[str, Any]) -> dict[str, Any] | None:
        asked = body.get("reply_parameters")
        if asked is None:
            return None
        known = self.messages.get((chat, asked["message_id"], connection))
        if known is None and not connection and not asked.get("allow_sending_without_reply"):
            raise Refusal(400, "Bad Request: message to be replied not found")
        return known.raw if known else None

    def _check_limits(self, chat: int) -> None:
        """One a second in a chat, 20 a minute in a group, 30 a second over all."""
        if not self.counting:
            return
        now, second, minute = self.clock(), timedelta(seconds=1), timedelta(minutes=1)
        here = [at for to, at in self._sent if to == chat]
        for times, most, span in (
            (here, 1, second),
            (here if chat < 0 else [], 20, minute),
            ([at for _, at in self._sent], 30, second),
        ):
            recent = [at for at in times if now - at < span]
            if len(recent) >= most:
                wait = max(1, round((span - (now - recent[-most])).total_seconds()))
                raise Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        self._sent.append((chat, now))

    def _post(self, chat: int, connection: str, body: dict[str, Any], replied: Any) -> dict[str, Any]:
        sender = person(CREATOR) if connection else {key: self.me[key] for key in _USER if key in self.me}
        place = {GROUP: _GROUP, INBOX: _INBOX}.get(chat) or private(chat)
        more: dict[str, Any] = {"business_connection_id": connection, "sender_business_bot": _bot(self.me)}
        more = more if connection else {}
        if replied is not None:
            more["reply_to_message"] = {key: value for key, value in replied.items() if key != "reply_to_message"}
            if chat == GROUP:
                more["message_thread_id"] = replied.get("message_thread_id", replied["message_id"])
        message = self._store(place, sender, body["text"], **more)
        self.messages[chat, message["message_id"], connection].by_bot = True
        self.posted.append(body)
        if connection and self.echoes:
            self.tell("business_message", message)
        return message

    def _delete(self, body: dict[str, Any]) -> bool:
        key = (int(body["chat_id"]), body["message_id"], "")
        if key not in self.messages:
            raise Refusal(400, "Bad Request: message to delete not found")
        stored = self.messages[key]
        theirs = not stored.by_bot and key[0] == GROUP and not self.membership.get("can_delete_messages")
        age = self.clock() - datetime.fromtimestamp(stored.raw["date"], UTC)
        if theirs or age > timedelta(hours=48):
            raise Refusal(400, "Bad Request: message can't be deleted")
        del self.messages[key]
        return True

    def _delete_business(self, body: dict[str, Any]) -> bool:
        connection = body["business_connection_id"]
        self._check_connection(connection)
        if not self.connection["rights"].get("can_delete_sent_messages"):
            raise Refusal(400, "Bad Request: not enough rights")
        found = [key for key in self.messages if key[1] in body["message_ids"] and key[2] == connection]
        for key in found:
            del self.messages[key]
        return True

    def _connection(self) -> dict[str, Any]:
        user = self.connected_by
        fixed = {"id": CONNECTION, "user": person(user), "user_chat_id": user, "date": 1795334000}
        return {**fixed, **self.connection}

    def _get_connection(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["business_connection_id"] != CONNECTION:
            raise Refusal(400, "Bad Request: business connection not found")
        return self._connection()

    def _get_chat(self, body: dict[str, Any]) -> dict[str, Any]:
        full = {"accent_color_id": 1, "max_reaction_count": 11, "accepted_gift_types": {}}
        chats = {"@adachannel": (_CHANNEL, GROUP), str(CHANNEL): (_CHANNEL, GROUP), str(GROUP): (_GROUP, CHANNEL)}
        if str(body["chat_id"]) not in chats:
            raise Refusal(400, "Bad Request: chat not found")
        chat, other = chats[str(body["chat_id"])]
        return {**chat, **full, **({"linked_chat_id": other} if self.linked else {})}

    def _administrators(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        if int(body["chat_id"]) != GROUP or self.membership["status"] != "administrator":
            raise Refusal(400, "Bad Request: member list is inaccessible")
        owner = {"status": "creator", "user": person(CREATOR), "is_anonymous": False}
        return [owner, {**self.membership, "user": self.me}]


_USER = ("id", "is_bot", "first_name", "username")
_CHANNEL = {"id": CHANNEL, "type": "channel", "title": "Ada", "username": "adachannel"}
_GROUP = {"id": GROUP, "type": "supergroup", "title": "Ada's table"}
_INBOX = {"id": INBOX, "type": "supergroup", "title": "Ada", "is_direct_messages": True}
_SERVICE = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
_NAMES = {CREATOR: "Ada", FOLLOWER: "Ann"}


def person(user: int) -> dict[str, Any]:
    """A user as Telegram describes one."""
    known = {"id": user, "is_bot": False, "first_name": _NAMES.get(user, f"User {user}")}
    return known | ({"username": "AdaHerself"} if user == CREATOR else {})


def private(user: int) -> dict[str, Any]:
    """The private chat with a user."""
    return {"id": user, "type": "private", "first_name": _NAMES.get(user, f"User {user}")}


def _bot(me: Mapping[str, Any]) -> dict[str, Any]:
    return {key: me[key] for key in _USER if key in me}


# the published description -------------------------------------------------------------------------------------------

SPEC = "telegram/api.json"


@cache
def _spec() -> Any:
    return json.loads(spec_file(SPEC).read_text("utf-8"))


_PLAIN: dict[str, tuple[type, ...]] = {"Integer": (int,), "String": (str,), "Boolean": (bool,), "Float": (int, float)}


def check_call(call: Call) -> None:
    """Raises where a request is none that a method of the API takes."""
    method = _spec()["methods"][call.path.rpartition("/")[2]]
    _check_fields(call.json or {}, method.get("fields", []), method["name"])


def check_update(update: Mapping[str, Any]) -> None:
    """Raises where an update is none that Telegram would send."""
    _check_type(update, "Update", "update")


def _check_fields(value: Any, fields: Sequence[Mapping[str, Any]], where: str) -> None:
    assert isinstance(value, dict), (where, value)
    known = {one["name"]: one for one in fields}
    assert set(value) <= set(known), f"{where} has no {set(value) - set(known)}"
    missing = {name for name, one in known.items() if one["required"]} - set(value)
    assert not missing, f"{where} needs {missing}"
    for name, part in value.items():
        _check_one_of(part, known[name]["types"], f"{where}.{name}")


def _check_one_of(value: Any, kinds: Sequence[str], where: str) -> None:
    errors = []
    for kind in kinds:
        try:
            _check_type(value, kind, where)
        except AssertionError as error:
            errors.append(str(error))
        else:
            return
    raise AssertionError("; ".join(errors))


def _check_type(value: Any, kind: str, where: str) -> None:
    if kind in _PLAIN:
        good = isinstance(value, _PLAIN[kind]) and (kind == "Boolean" or not isinstance(value, bool))
        assert good, f"{where}: {value!r} is no {kind}"
    elif kind.startswith("Array of "):
        assert isinstance(value, list), f"{where}: {value!r} is no list"
        for one in value:
            _check_type(one, kind.removeprefix("Array of "), where)
    elif subtypes := _spec()["types"][kind].get("subtypes"):
        _check_one_of(value, subtypes, where)
    else:
        _check_fields(value, _spec()["types"][kind].get("fields", []), where)
