"""Our ids for Telegram's chats and messages. Pure.

Telegram numbers messages anew in each chat, and a creator's private chats share their ids with those of the bot. So a
conversation is `kind:chat:rest`, and a message `chat:number` or `chat:number:connection`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class Kind(StrEnum):
    """What kind of chat it is; the comment says what `rest` holds."""

    BOT = "bot"  # a private chat with the bot; its topic, mostly ''
    BUSINESS = "business"  # a private chat of the creator; the business connection
    DIRECT = "direct"  # messages to a channel; the topic, one a follower
    THREAD = "thread"  # comments under a post, or another thread of a group; its first message, and the follower
    TOPIC = "topic"  # a topic of a forum; the topic, and the follower


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation in its parts."""

    kind: Kind
    chat: str
    rest: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.chat}:{self.rest}"

    @classmethod
    def read(cls, conversation_id: str) -> Self:
        """The place that a conversation id names. Raises ValueError."""
        kind, chat, rest = conversation_id.split(":", 2)
        return cls(Kind(kind), str(int(chat)), rest)

    def message(self, number: str) -> str:
        """Our id of a message here."""
        return f"{self.chat}:{number}:{self.rest}" if self.kind is Kind.BUSINESS else f"{self.chat}:{number}"

    def fields(self) -> dict[str, Any]:
        """What a call that writes here must hold."""
        target: dict[str, Any] = {"chat_id": int(self.chat)}
        match self.kind:
            case Kind.BUSINESS:
                return target | {"business_connection_id": self.rest}
            case Kind.DIRECT:
                return target | {"direct_messages_topic_id": int(self.rest)}
            case Kind.TOPIC | Kind.BOT if self.rest:
                return target | {"message_thread_id": int(self.rest.partition(":")[0])}
        return target


@dataclass(frozen=True, slots=True)
class Written:
    """A message's id in its parts."""

    chat: int
    number: int
    connection: str = ""

    @classmethod
    def read(cls, message_id: str) -> Self:
        """The message that an id of ours names. Raises ValueError."""
        chat, number, *connection = message_id.split(":", 2)
        return cls(int(chat), int(number), "".join(connection))
