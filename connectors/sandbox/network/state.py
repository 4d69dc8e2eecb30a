"""The network's memory: who is here and what was written. Plain values and look-ups; the rules: `acts`, `app_acts`."""

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.sandbox.network.rate import Window

SURFACES = ("comment", "dm", "live")
LIMITS = {"comment": 300, "dm": 1000, "live": 200}  # characters of a reply
FOLLOWER_LIMIT = 5000  # characters of what a follower writes
DM_WINDOW = timedelta(hours=24)


class Refusal(Exception):
    """The network says no: an HTTP status, a code for machines and words for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(slots=True)
class Account:
    """A creator. `events` is the log of encoded events; an event's number is its place in it, from 1."""

    user_id: str
    handle: str
    display_name: str
    app_id: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    webhook_secrets: list[str] = field(repr=False)  # newest first
    webhook_url: str = ""
    revoked: bool = False
    token_ends_at: datetime | None = None
    used_refresh_token: str = field(default="", repr=False)
    refreshed_at: datetime | None = None
    refreshes: int = 0
    events: list[bytes] = field(default_factory=list, repr=False)


@dataclass(slots=True)
class Post:
    """Something a creator published."""

    id: str
    creator_id: str
    text: str
    created_at: datetime


@dataclass(slots=True)
class Thread:
    """A conversation: one comment thread, one follower's direct messages, or a live room."""

    id: str
    surface: str
    creator_id: str
    post_id: str | None = None
    follower_id: str | None = None
    note_ids: list[str] = field(default_factory=list)
    last_follower_at: datetime | None = None


@dataclass(slots=True)
class Note:
    """One written thing. `sent_at` is what it says, `committed_at` when it came to be here."""

    id: str
    surface: str
    conversation_id: str
    creator_id: str
    author_id: str
    author_name: str
    text: str
    sent_at: datetime
    committed_at: datetime
    is_bot: bool = False
    reply_to: str | None = None
    post_id: str | None = None
    app_id: str | None = None  # where an app posted it
    automated: bool = False
    edited: bool = False
    deleted: bool = False

    @property
    def by_creator(self) -> bool:
        """Written by the creator's account, in person or by an app."""
        return self.author_id == self.creator_id


class Network:
    """Everything the network knows. Nothing here looks at a clock except the prefix of the ids."""

    def __init__(self) -> None:
        # A restarted network forgets, but its clients do not: an id must never come twice.
        self._run = format(time.time_ns() // 1_000_000, "x")
        self._count = 0
        self.forget()

    def forget(self) -> None:
        """Empty the network; ids go on."""
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, str] = {}  # access token → user id
        self.posts: dict[str, Post] = {}
        self.threads: dict[str, Thread] = {}
        self.notes: dict[str, Note] = {}
        self.answers: dict[str, list[Note]] = {}  # id of a follower's note → the creator account's replies to it
        self.keys: dict[tuple[str, str], Note] = {}  # (user id, idempotency key) → the reply it made
        self.private_replies: set[str] = set()  # ids of comments that had theirs
        self.violations: Counter[str] = Counter()
        self.windows: defaultdict[str, Window] = defaultdict(Window)  # user id → its calls, where there is a limit
        self.waits: list[float] = []  # seconds from a follower's note to the first reply

    def next_id(self, kind: str) -> str:
        """A new id; ids of one kind sort in the order they were given."""
        self._count += 1
        return f"{kind}_{self._run}{self._count:08d}"

    def account(self, name: str) -> Account:
        """The account with this user id or handle. Raises Refusal 404."""
        found = self.accounts.get(name) or self.accounts.get(f"u_{name.lower()}")
        if found is None:
            raise Refusal(404, "unknown_creator", f"There is no creator {name!r}.")
        return found

    def post(self, post_id: str) -> Post:
        """Raises Refusal 404."""
        found = self.posts.get(post_id)
        if found is None:
            raise Refusal(404, "not_found", f"There is no post {post_id!r}.")
        return found

    def note(self, note_id: str) -> Note:
        """Raises Refusal 404, or 410 where it was deleted."""
        found = self.notes.get(note_id)
        if found is None:
            raise Refusal(404, "not_found", f"There is no message {note_id!r}.")
        if found.deleted:
            raise Refusal(410, "gone", "This message was deleted.")
        return found

    def thread(self, conversation_id: str) -> Thread:
        """Raises Refusal 404."""
        found = self.threads.get(conversation_id)
        if found is None:
            raise Refusal(404, "not_found", f"There is no conversation {conversation_id!r}.")
        return found

    def commit(self, note: Note) -> Note:
        """Make `note` part of its conversation."""
        thread = self.threads[note.conversation_id]
        thread.note_ids.append(note.id)
        self.notes[note.id] = note
        if not note.by_creator:
            thread.last_follower_at = max(note.sent_at, thread.last_follower_at or note.sent_at)
        elif note.reply_to:
            self.answers.setdefault(note.reply_to, []).append(note)
        return note
