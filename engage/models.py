"""The words everything else is said in: plain values, no I/O.

Ids are `str`, times are aware and end in `_at`, spans are `timedelta`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engage.facts import Fact


class Surface(StrEnum):
    """Where a message was written. The value is also the name of the queue that answers it."""

    LIVE = "live"
    DM = "dm"
    COMMENT = "comment"


class Mode(StrEnum):
    """What the avatar does on one surface of one account."""

    OFF = "off"
    SHADOW = "shadow"  # decides and shows it, posts nothing
    REVIEW = "review"  # every answer waits for the creator
    AUTO = "auto"


class LengthUnit(StrEnum):
    """What a platform counts when it limits a reply's length."""

    CHARACTERS = "characters"  # Unicode code points
    BYTES = "bytes"  # UTF-8
    GRAPHEMES = "graphemes"  # what a reader sees as one character
    UTF16 = "utf16"  # UTF-16 code units
    WEIGHTED = "weighted"  # as X counts: most letters one, other scripts and emoji two, a link 23


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message, as the platform names them."""

    id: str
    name: str = ""
    is_self: bool = False  # the creator's own account
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message in normal form; `id` and `conversation_id` are the platform's."""

    id: str
    conversation_id: str
    surface: Surface
    author: Author
    text: str
    sent_at: datetime
    reply_to_id: str | None = None
    post_id: str | None = None  # the post or video a comment stands under
    post_text: str | None = None


class EventKind(StrEnum):
    """What a platform told us."""

    MESSAGE = "message"
    ECHO = "echo"  # our own post coming back
    TAKEOVER = "takeover"  # the creator wrote in person
    EDITED = "edited"
    DELETED = "deleted"
    REVOKED = "revoked"  # the account's access was withdrawn
    REMOVED = "removed"  # its owner took the application away: the account is disconnected here too
    CHALLENGE = "challenge"
    STATUS = "status"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing inside a delivery. `reason` says why an event is ignored.

    EDITED carries the message with its new text, DELETED with an empty one. Where a platform tells only the id of what
    was deleted, conversation and author of that message are empty. Where it takes away everything that somebody wrote
    in a conversation and names no message, its id is empty; the author too where it is everybody's. A TAKEOVER that
    answers one of our replies may leave the conversation empty, where only the ledger knows it.
    """

    kind: EventKind
    surface: Surface | None = None
    message: Message | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one account may do on one surface, asked before anything is written."""

    may_reply: bool
    reason: str = ""  # why not
    max_length: int = 500
    unit: LengthUnit = LengthUnit.CHARACTERS
    window_ends_at: datetime | None = None  # replies are refused after this
    native_bot_label: bool = False  # the platform itself marks the reply as automated
    private_reply: bool = False  # a comment may be answered by DM, once


class Freedom(StrEnum):
    """How freely an avatar words what it says. In all of them the creator's words are the facts."""

    STRICT = "strict"  # facts in the creator's very sentences, and nothing beside them where something was asked
    ADAPTIVE = "adaptive"  # facts in words made for the follower, with kind words and questions back
    CREATIVE = "creative"  # … and it joins in where followers only talk


@dataclass(frozen=True, slots=True)
class Persona:
    """A creator as the avatar needs them; `id` is the tenant key of every query."""

    id: str
    name: str  # unique handle, as in `--creator NAME`
    display_name: str
    bio: str = ""
    language: str = "en"
    allowed_links: tuple[str, ...] = ()  # hosts or URL prefixes the avatar may post
    avoid_topics: tuple[str, ...] = ()
    style_rules: tuple[str, ...] = ()
    freedom: Freedom = Freedom.ADAPTIVE
    voice_border: float | None = None  # style score a draft should reach, 0..1; None: what their own texts do
    strict_voice: bool = False  # a draft below it goes to a person instead of out


class Age(StrEnum):
    """What a follower has said of their age in their own words."""

    UNKNOWN = ""
    MINOR = "minor"  # under 18
    CHILD = "child"  # under 13


@dataclass(frozen=True, slots=True)
class Follower:
    """What one follower's own history says about how to treat them (never shared with another follower)."""

    id: str
    name: str = ""
    opted_out: bool = False
    blocked: bool = False
    replies_last_hour: int = 0
    first_contact: bool = True
    recent_texts: tuple[str, ...] = ()  # what they wrote elsewhere on this account within a day
    facts: tuple[Fact, ...] = ()  # what they told in direct messages, newest first; empty in every other turn
    age: Age = Age.UNKNOWN  # as they told it earlier


class Role(StrEnum):
    """Who said a line of history."""

    FOLLOWER = "follower"
    CREATOR = "creator"
    AVATAR = "avatar"


@dataclass(frozen=True, slots=True)
class Line:
    """One earlier line of the conversation."""

    role: Role
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """The messages of one follower in one conversation that are answered together, oldest first."""

    id: str
    creator_id: str
    surface: Surface
    messages: tuple[Message, ...]
    follower: Follower
    history: tuple[Line, ...] = ()  # oldest first, at most 20
    post_text: str | None = None
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(may_reply=True))
    avatar_depth: int = 0  # replies of ours in a row in this conversation without a break
    last_avatar_at: datetime | None = None  # our last reply to this follower here
    creator_replies_last_hour: int = 0  # to everybody; counted only where there is a limit, and only so far
    handed_back: bool = False  # a person answered here since our last reply
    raided: str = ""  # engage.raids.Level, while strangers raid the creator
    stranger: bool = False  # the follower came with that raid
    loosened: frozenset[str] = frozenset()  # of engage.compose.policies.LOOSENABLE: an operator's recorded overrides

    @property
    def text(self) -> str:
        """What the follower said, one message a line."""
        return "\n".join(message.text for message in self.messages)

    @property
    def told(self) -> tuple[Fact, ...]:
        """What the follower told earlier: a turn in public has nothing of it, whoever filled it in."""
        return self.follower.facts if self.surface is Surface.DM else ()


class PassageKind(StrEnum):
    """What a passage was cut from."""

    POST = "post"
    PAIR = "pair"
    FAQ = "faq"
    PRODUCT = "product"
    CORRECTION = "correction"  # written by hand in the place of the avatar's answer, or where it had none
    PRIVATE = "private"  # written to one person: it teaches the voice and is never recalled


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of the creator's own words. `question` is what it answered, where it did; `surface` where, if known."""

    id: str
    source_id: str
    kind: PassageKind
    text: str
    question: str | None = None
    title: str | None = None
    url: str | None = None
    said_at: datetime | None = None
    language: str = ""
    surface: Surface | None = field(default=None, repr=False)  # no part of the digest: it is not searched


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage with its relevance, 0..1 (calibrated: comparable between queries)."""

    passage: Passage
    score: float
    dense: float = 0.0  # cosine of the encoder
    lexical: float = 0.0  # normalised BM25
    question_match: float = 0.0  # how near the asked question is to the one this passage answered, 0..1
    superseded_by: str = ""  # the newer passage that says otherwise: this one is shown, and nothing stands on it


@dataclass(frozen=True, slots=True)
class Recall:
    """What memory found, best first. `supported`: the creator did say something that answers this."""

    passages: tuple[Scored, ...]
    supported: bool
    note: str = ""  # a degraded search says so ("vectors unavailable")
    answered: tuple[Scored, ...] = ()  # past answers to what is most like it, whether or not they answer it


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence of a draft and the passage it stands on; `score` 0..1."""

    sentence: str
    passage_id: str
    score: float


class Disclosure(StrEnum):
    """How a reply tells that it is automated. There is no value for "an automated reply that does not tell"."""

    TEXT = "text"  # the marker stands in the text
    NATIVE = "native"  # the platform's own label
    EARLIER = "earlier"  # told in this conversation, and the telling has not worn off
    PERSON = "person"  # not automated: the creator wrote or rewrote it by hand


@dataclass(frozen=True, slots=True)
class Draft:
    """What a composer proposes. An empty `text` means it declines, and `reason` says why."""

    text: str
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    model: str = "extractive"
    prompt_version: str = ""
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """A draft that passed the guard. It cannot be built without its disclosure decision."""

    text: str
    disclosure: Disclosure
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """Why the avatar decided as it did: kept for every turn and shown to the creator."""

    reasons: tuple[str, ...]
    language: str = ""
    labels: Mapping[str, float] = field(default_factory=dict)
    sources: tuple[Scored, ...] = ()
    supported: bool | None = None
    style: float | None = None
    first_style: float | None = None  # of a first draft that was written again
    unlike: tuple[str, ...] = ()  # how what was written measurably differs from what they write
    model: str = ""
    prompt_version: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0  # in the currency of the configured prices
    ms: int = 0
    draft: str = ""  # what was written, also where it was not sent
    private: str = ""  # what is said in private beside a public reply, where the creator lets it


@dataclass(frozen=True, slots=True)
class Answer:
    """Reply to the follower."""

    reply: Reply
    card: Card


@dataclass(frozen=True, slots=True)
class Skip:
    """Leave it unanswered, on purpose."""

    card: Card


@dataclass(frozen=True, slots=True)
class Escalate:
    """A person should look. `reply` is a fixed safe text to send meanwhile, where there is one.

    private: goes beside it to the follower alone, where the platform permits that.
    """

    card: Card
    reply: Reply | None = None
    private: Reply | None = None


Outcome = Answer | Skip | Escalate


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A reply on its way to a platform. Every attempt sends exactly these values."""

    id: str
    idempotency_key: str
    surface: Surface
    conversation_id: str  # the platform's
    in_reply_to: str  # the platform's id of the message that is answered
    follower_id: str  # the platform's id of the follower
    text: str
    automated: bool = True
    first_sent_at: datetime | None = None
    follower_name: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform's word that it has the reply. quiet_until: its limit for the account is used up until then."""

    id: str
    sent_at: datetime
    quiet_until: datetime | None = None
