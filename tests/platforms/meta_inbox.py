"""What the simulators of Meta's products with an inbox share: messages and their windows, private replies."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

from tests.platforms.meta import Graph, Refusal, graph_time, page_of

WINDOW = timedelta(hours=24)
PRIVATE_REPLY_WINDOW = timedelta(days=7)
READABLE = 20


@dataclass
class Comment:
    """A comment on a post, or on another comment (`parent`)."""

    id: str
    post: str
    author: str
    name: str
    text: str
    at: datetime
    parent: str = ""
    live: bool = False
    hidden: bool = False


@dataclass
class Direct:
    """A message of one conversation."""

    id: str
    sender: str
    to: str
    text: str
    at: datetime
    metadata: str = ""


@dataclass
class Post:
    """A post of an account."""

    id: str
    text: str
    live: bool = False
    on_air: bool = False


@dataclass
class Inbox(Graph):
    """One account on a product of Meta's whose followers write messages."""

    message_prefix: str = "m_"
    posts: dict[str, Post] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)
    messages: list[Direct] = field(default_factory=list)
    privately: set[str] = field(default_factory=set)  # comments that had their private reply
    blocked: set[str] = field(default_factory=set)  # followers that no message reaches
    subscribed: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._sent: dict[str, list[datetime]] = {}  # surface → when messages went out of late

    # rules of the product -------------------------------------------------------------------------------------------

    @abstractmethod
    def fits(self, text: str) -> bool:
        """Whether a message is short enough."""

    def is_automated_reply(self, given: Mapping[str, Any]) -> bool:
        """Whether a message goes out as an answer: HUMAN_AGENT and the other tags are for what a person writes."""
        return "tag" not in given and given.get("messaging_type", "RESPONSE") == "RESPONSE"

    @abstractmethod
    def comment_id(self, post: str) -> str:
        """An id for a new comment."""

    @abstractmethod
    def product_routes(self) -> Sequence[BaseRoute]:
        """What this product has beside the shared calls."""

    # serving --------------------------------------------------------------------------------------------------------

    def routes(self) -> Sequence[BaseRoute]:
        return [
            *self.product_routes(),
            self.at("/v25.0/{id}/messages", self._send, "POST"),
            self.at("/v25.0/{id}/conversations", self._conversations),
            self.at("/v25.0/{id}/subscribed_apps", self._subscriptions),
            self.at("/v25.0/{id}/subscribed_apps", self._subscribe, "POST"),
            self.at("/v25.0/{id}/subscribed_apps", self._unsubscribe, "DELETE"),
        ]

    # the inbox ------------------------------------------------------------------------------------------------------

    def _send(self, request: Request, given: Mapping[str, Any]) -> Any:
        words, recipient = given["message"]["text"], given["recipient"]
        if not words or not self.fits(words) or not self.is_automated_reply(given):
            raise Refusal(100)
        to = (
            self._by_comment(recipient["comment_id"]) if "comment_id" in recipient else self._by_person(recipient["id"])
        )
        if to in self.blocked:
            raise Refusal(551, 1545041)
        self._count("live" if self._is_live(recipient) else "dm")
        message = Direct(
            self.fresh(self.message_prefix), self.own, to, words, self.now(), given["message"].get("metadata", "")
        )
        self.messages.append(message)
        self.posted.append({"id": message.id, "surface": "dm", "to": to, "text": words})
        return {"recipient_id": to, "message_id": message.id}

    def _is_live(self, recipient: Mapping[str, Any]) -> bool:
        comment = self.comments.get(recipient.get("comment_id", ""))
        return comment is not None and comment.live

    def _count(self, surface: str) -> None:
        """300 messages a second of an account, 100 private replies to live comments."""
        most, now = {"live": 100, "dm": 300}[surface], self.now()
        recent = [at for at in self._sent.get(surface, []) if at > now - timedelta(seconds=1)]
        if len(recent) >= most:
            raise Refusal(613)
        self._sent[surface] = [*recent, now]

    def _by_comment(self, comment_id: str) -> str:
        comment = self.comments.get(comment_id)
        if comment is None or comment_id in self.privately:
            raise Refusal(100)
        ended = comment.live and not self.posts[comment.post].on_air
        if ended or self.now() >= comment.at + PRIVATE_REPLY_WINDOW:
            raise Refusal(10, 2534022, 403)
        self.privately.add(comment_id)
        return comment.author

    def _by_person(self, person: str) -> str:
        theirs = [message.at for message in self.messages if message.sender == person]
        if not theirs:
            raise Refusal(100, 2018001)
        if self.now() >= max(theirs) + WINDOW:
            raise Refusal(10, 2018278, 403)
        return person

    def _conversations(self, request: Request, given: Mapping[str, Any]) -> Any:
        people = {message.sender if message.sender != self.own else message.to for message in self.messages}
        if person := given.get("user_id"):
            people &= {person}
        talks = [self._conversation(person) for person in sorted(people)]
        return page_of(sorted(talks, key=lambda talk: talk["updated_time"], reverse=True), given)

    def _conversation(self, person: str) -> dict[str, Any]:
        talk = [message for message in self.messages if person in (message.sender, message.to)][-READABLE:]
        rows = [
            {
                "id": message.id,
                "created_time": graph_time(message.at),
                "from": self.person(message.sender),
                "to": {"data": [self.person(message.to)]},
                "message": message.text,
            }
            for message in reversed(talk)
        ]
        return {"id": f"t_{person}", "updated_time": rows[0]["created_time"], "messages": {"data": rows}}

    def person(self, user_id: str) -> dict[str, str]:
        return {"id": user_id, "username": self.handle if user_id == self.own else f"fan_{user_id[-1]}"}

    # subscriptions --------------------------------------------------------------------------------------------------

    def _subscribe(self, request: Request, given: Mapping[str, Any]) -> Any:
        self.subscribed[request.path_params["id"]] = given["subscribed_fields"].split(",")
        return {"success": True}

    def _unsubscribe(self, request: Request, given: Mapping[str, Any]) -> Any:
        self.subscribed.pop(request.path_params["id"], None)
        return {"success": True}

    def _subscriptions(self, request: Request, given: Mapping[str, Any]) -> Any:
        fields = self.subscribed.get(request.path_params["id"])
        return {"data": [{"id": self.app_id, "subscribed_fields": fields}] if fields else []}

    # what people write ----------------------------------------------------------------------------------------------

    def message_entry(self, message: Direct, **more: Any) -> dict[str, Any]:
        told: dict[str, Any] = {"mid": message.id, "text": message.text, **more}
        if message.sender == self.own:
            told["is_echo"] = True
        ends = {"sender": {"id": message.sender}, "recipient": {"id": message.to}}
        return self.entry("messaging", {**ends, "timestamp": int(message.at.timestamp() * 1000), "message": told})

    def write_message(self, person: str, text: str) -> Direct:
        """A follower writes a direct message."""
        message = Direct(self.fresh(self.message_prefix), person, self.own, text, self.now())
        self.messages.append(message)
        return message

    def write_by_hand(self, person: str, text: str) -> Direct:
        """The creator writes in the app."""
        message = Direct(self.fresh(self.message_prefix), self.own, person, text, self.now())
        self.messages.append(message)
        return message
