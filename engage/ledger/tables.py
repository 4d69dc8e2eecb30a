"""The tables. Every row of a creator's carries the creator's id: it is the tenant key of every query."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from engage.ledger.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Rows that something waits for. Statements say them in these words, so that they find the indexes of just these rows.
RECEIVED = "state = 'received'"  # of deliveries
OPEN = "state = 'collecting'"  # of turns
UNSENT = "state IN ('held', 'due')"  # of replies
TIMED = "state = 'held' AND release_at IS NOT NULL"  # of replies: they go out by themselves
ENDING = "renew_at IS NOT NULL"  # of accounts: their credentials are renewed then
ASKING = "subscribe_at IS NOT NULL"  # of accounts: their platforms are asked for their events then
FORGOTTEN = "forgotten_at IS NOT NULL"  # of followers: they asked for it, and are erased soon
ASKED = "due_at IS NOT NULL"  # of erasures: they are still to be carried out
LATE = "indexed_at IS NULL"  # of passages: their vectors are still to come


def partial_index(name: str, *columns: str, where: str) -> Index:
    """An index of the few rows that meet `where`; a statement must say those very words to use it."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


creators = Table(
    "creators",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("persona", JSON, nullable=False),  # engage.models.Persona without id and name
    Column("paused_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
)

apps = Table(  # what an operator registered with a platform, once for all its accounts
    "apps",
    metadata,
    Column("platform", String(40), primary_key=True),
    Column("config", JSON, nullable=False),
    Column("secrets", LargeBinary, nullable=False),  # encrypted
    Column("changed_at", UtcDateTime, nullable=False),
)

consents = Table(  # creators who were sent to a platform's page and are not back yet
    "consents",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("platform", String(40), nullable=False),
    Column("creator_id", ForeignKey("creators.id"), nullable=False),
    Column("asked_by", String(100), nullable=False),  # who may come back with it
    Column("redirect_uri", Text, nullable=False),
    Column("keep", LargeBinary, nullable=False),  # encrypted
    Column("ends_at", UtcDateTime, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("creator_id", ForeignKey("creators.id"), nullable=False, index=True),
    Column("platform", String(40), nullable=False),
    Column("platform_user_id", String(200), nullable=False),
    Column("handle", String(200), nullable=False),
    Column("config", JSON, nullable=False),
    Column("credentials", LargeBinary, nullable=False),  # encrypted
    Column("state", String(20), nullable=False),  # ACCOUNT in states.py
    Column("reason", Text, nullable=False, default=""),
    Column("blocked_until", UtcDateTime),  # the platform asked to slow down
    Column("offer", String(40)),  # sources its connector had when its rows in `cursors` were made; NULL: make them
    Column("expires_at", UtcDateTime),  # when its credentials end; NULL: they do not
    Column("renew_at", UtcDateTime),  # when somebody may renew them, or the end of the lease of whoever does
    Column("renewed_at", UtcDateTime),  # when these credentials took the place of others
    Column("subscribe_at", UtcDateTime),  # when its platform is asked for its events, or the end of that lease
    Column("unsubscribed", Text, nullable=False, default="", server_default=""),  # why it could not be asked
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("platform", "platform_user_id"),
    partial_index("ix_accounts_changed", "id", where="offer IS NULL"),
    partial_index("ix_accounts_renew_at", "renew_at", where=ENDING),
    partial_index("ix_accounts_subscribe_at", "subscribe_at", where=ASKING),
)

modes = Table(
    "modes",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("surface", String(10), primary_key=True),
    Column("mode", String(10), nullable=False),
    Column("undo_seconds", Float, nullable=False, default=0.0),
    Column("paced_until", UtcDateTime),  # a limit of the platform is used up: nothing due is claimed before then
)

raids = Table(  # many strangers at once at a creator: the avatar is quiet in public until it ends
    "raids",
    metadata,
    Column("creator_id", ForeignKey("creators.id"), primary_key=True),
    Column("level", String(10), nullable=False),  # engage.raids.Level: slow | silent
    Column("people", Integer, nullable=False),  # new followers in the window that was looked at
    Column("began_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("deaf_until", UtcDateTime),  # a person ended it: none begins by itself before then
)

overrides = Table(  # what an operator loosened of what followers are told, and who answers for it
    "overrides",
    metadata,
    Column("creator_id", ForeignKey("creators.id"), primary_key=True),
    Column("rule", String(40), primary_key=True),  # of engage.compose.policies
    Column("who", String(100), nullable=False),
    Column("why", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
)

switches = Table(  # one row: the operator's pause of everything
    "switches",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("on_at", UtcDateTime),
)

cursors = Table(  # the polls and streams of the accounts that have some
    "cursors",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("source", String(20), primary_key=True),  # poll | stream
    Column("cursor", Text, nullable=False, default=""),
    Column("next_at", UtcDateTime),  # due, or the end of its lease; NULL: its account is paused or was refused
    Column("lease_owner", String(64)),
    Column("error", Text, nullable=False, default=""),
    Index("ix_cursors_source_next_at", "source", "next_at"),
    partial_index("ix_cursors_lease_owner", "lease_owner", where="lease_owner IS NOT NULL"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("dedupe_key", String(200), nullable=False),
    Column("source", String(20), nullable=False),  # webhook | poll | stream
    Column("body", LargeBinary, nullable=False),
    Column("state", String(12), nullable=False),  # DELIVERY in states.py
    Column("reason", Text, nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("received_at", UtcDateTime, nullable=False),
    Column("processed_at", UtcDateTime),
    UniqueConstraint("account_id", "dedupe_key"),
    Index("ix_deliveries_state_account_id_id", "state", "account_id", "id"),
    partial_index("ix_deliveries_received", "state", "received_at", where=RECEIVED),
)

followers = Table(
    "followers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("creator_id", ForeignKey("creators.id"), nullable=False, index=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("platform_user_id", String(200), nullable=False),
    Column("name", String(200), nullable=False, default=""),
    Column("opted_out_at", UtcDateTime),
    Column("blocked_at", UtcDateTime),
    Column("forgotten_at", UtcDateTime),  # they asked for it: they are erased soon after
    Column("age", String(6), nullable=False, default="", server_default=""),  # engage.models.Age, as they told it
    Column("age_until", UtcDateTime),  # it is not known any more from then on
    Column("first_seen_at", UtcDateTime, nullable=False),
    UniqueConstraint("account_id", "platform_user_id"),
    Index("ix_followers_creator_id_first_seen_at", "creator_id", "first_seen_at"),
    partial_index("ix_followers_forgotten_at", "forgotten_at", where=FORGOTTEN),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("creator_id", ForeignKey("creators.id"), nullable=False, index=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("platform_id", String(300), nullable=False),
    Column("surface", String(10), nullable=False),
    Column("post_id", String(200)),
    Column("post_text", Text),
    Column("human_until", UtcDateTime),  # the creator wrote here in person: quiet until then
    Column("human_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("account_id", "platform_id"),
)

turns = Table(
    "turns",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("creator_id", ForeignKey("creators.id"), nullable=False),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False),
    Column("follower_id", ForeignKey("followers.id"), nullable=False, index=True),
    Column("order_key", String(65), nullable=False),  # turns of one key are answered one after the other
    Column("surface", String(10), nullable=False),
    Column("state", String(12), nullable=False),  # TURN in states.py
    Column("version", Integer, nullable=False, default=1),  # grows with every message: a draft of an older one is stale
    Column("rewrites", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("lease_owner", String(64)),
    Column("lease_until", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Index("ix_turns_state_surface_due_at", "state", "surface", "due_at"),
    Index("ix_turns_state_surface_account_id_due_at_id", "state", "surface", "account_id", "due_at", "id"),
    Index("ix_turns_order_key_state", "order_key", "state"),
    partial_index("ix_turns_open", "surface", "opened_at", where=OPEN),
    Index("ix_turns_conversation_id_follower_id", "conversation_id", "follower_id"),
    Index("ix_turns_creator_id_id", "creator_id", "id"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("creator_id", ForeignKey("creators.id"), nullable=False),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False),
    Column("follower_id", ForeignKey("followers.id")),  # NULL where the creator wrote
    Column("delivery_id", ForeignKey("deliveries.id"), index=True),
    Column("turn_id", ForeignKey("turns.id"), index=True),
    Column("platform_id", String(200), nullable=False),
    Column("author", String(10), nullable=False),  # follower | creator | bot
    Column("text", Text, nullable=False),
    Column("reply_to_id", String(200)),
    Column("kept_because", String(20), nullable=False, default=""),  # why it opened no turn: old, bot, human, off …
    Column("sent_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("edited_at", UtcDateTime),
    Column("deleted_at", UtcDateTime),
    UniqueConstraint("account_id", "platform_id"),
    Index("ix_messages_conversation_id_sent_at", "conversation_id", "sent_at"),
    Index("ix_messages_follower_id_received_at", "follower_id", "received_at"),
)

facts = Table(  # what followers told the avatar in direct messages
    "facts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("creator_id", ForeignKey("creators.id"), nullable=False, index=True),
    Column("follower_id", ForeignKey("followers.id"), nullable=False, index=True),
    Column("kind", String(12), nullable=False),  # engage.facts.FactKind
    Column("value", Text, nullable=False),
    Column("message_id", ForeignKey("messages.id"), nullable=False, index=True),
    Column("told_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("creator_id", ForeignKey("creators.id"), nullable=False),
    Column("turn_id", ForeignKey("turns.id"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("model", String(100), nullable=False),
    Column("stale", Boolean, nullable=False, default=False),
    Column("created_at", UtcDateTime, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("turn_id", ForeignKey("turns.id"), primary_key=True),
    Column("creator_id", ForeignKey("creators.id"), nullable=False),
    Column("outcome", String(10), nullable=False),  # answer | skip | escalate
    Column("mode", String(10), nullable=False),
    Column("card", JSON, nullable=False),  # engage.models.Card
    Column("open", Boolean, nullable=False, default=False),  # an escalation nobody has dealt with
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_decisions_creator_id_created_at", "creator_id", "created_at"),
    Index("ix_decisions_open", "open", sqlite_where=text("open"), postgresql_where=text("open")),
)

replies = Table(  # the outbox
    "replies",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("creator_id", ForeignKey("creators.id"), nullable=False),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False),
    Column("follower_id", ForeignKey("followers.id"), nullable=False),
    Column("turn_id", ForeignKey("turns.id"), nullable=False),
    Column("surface", String(10), nullable=False),  # the turn's, or "dm" of a private reply beside it (`privately`)
    Column("order_key", String(65), nullable=False),
    Column("in_reply_to", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("disclosure", String(10), nullable=False),
    Column("idempotency_key", String(64), nullable=False, unique=True),
    Column("state", String(12), nullable=False),  # REPLY in states.py
    Column("reason", Text, nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", UtcDateTime, nullable=False),
    Column("release_at", UtcDateTime),  # held: goes out by itself then; NULL: waits for the creator
    Column("expires_at", UtcDateTime, nullable=False),
    Column("first_sent_at", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("receipt_id", String(200)),
    Column("lease_owner", String(64)),
    Column("lease_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("turn_id", "surface"),  # one reply a turn and surface, ever
    Index("ix_replies_state_due_at", "state", "due_at"),
    Index("ix_replies_state_surface_account_id_due_at_id", "state", "surface", "account_id", "due_at", "id"),
    Index("ix_replies_order_key_state", "order_key", "state"),
    partial_index("ix_replies_unsent", "state", "expires_at", where=UNSENT),
    partial_index("ix_replies_timed", "state", "release_at", where=TIMED),
    Index("ix_replies_conversation_id_created_at", "conversation_id", "created_at"),
    Index("ix_replies_account_id_receipt_id", "account_id", "receipt_id"),
    Index("ix_replies_follower_id_created_at", "follower_id", "created_at"),
    Index("ix_replies_creator_id_created_at", "creator_id", "created_at"),
)

quotas = Table(  # what a platform allows in a day or a month of its calendar
    "quotas",
    metadata,
    Column("holder", String(200), primary_key=True),  # an account's id, or the name by which accounts share it
    Column("endpoint", String(40), primary_key=True),
    Column("time_zone", String(64), primary_key=True),
    Column("period", String(10), primary_key=True),  # 2026-11-25 or 2026-11
    Column("used", BigInteger, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
)

engines = Table(  # worker processes that are alive: what doctor and the watchdog look at
    "engines",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("queues", JSON, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("heard_at", UtcDateTime),  # the last wake-up that Redis brought it
    Column("published_at", UtcDateTime),  # the last one that it sent to itself and its like
)

duties = Table(  # what one worker at a time does for all of them
    "duties",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

tallies = Table(  # numbers that only grow, over all workers
    "tallies",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("label", String(40), primary_key=True),
    Column("total", Float, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("creator_id", ForeignKey("creators.id"), primary_key=True),
    Column("id", String(200), primary_key=True),  # the source's own id
    Column("kind", String(10), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("title", Text),
    Column("url", Text),
    Column("said_at", UtcDateTime),
    Column("imported_at", UtcDateTime, nullable=False),
)

passages = Table(
    "passages",
    metadata,
    Column("creator_id", ForeignKey("creators.id"), primary_key=True),
    Column("id", String(240), primary_key=True),
    Column("source_id", String(200), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("text", Text, nullable=False),
    Column("question", Text),
    Column("title", Text),
    Column("url", Text),
    Column("said_at", UtcDateTime),
    Column("language", String(10), nullable=False, default=""),
    Column("surface", String(10)),
    Column("digest", String(64), nullable=False),
    Column("indexed_at", UtcDateTime),  # NULL: its vector is still to come
    Index("ix_passages_creator_id_source_id", "creator_id", "source_id"),
    partial_index("ix_passages_late", "creator_id", "id", where=LATE),
)

corpora = Table(  # no row: nothing was ever imported, or nothing has changed since this was counted
    "corpora",
    metadata,
    Column("creator_id", ForeignKey("creators.id"), primary_key=True),
    Column("changes", Integer, nullable=False),  # of the creator's words and their vectors, counted
)

spendings = Table(  # what may be spent no more: calls of the model for a follower, money for a creator
    "spendings",
    metadata,
    Column("holder", String(32), primary_key=True),  # a follower or a creator
    Column("creator_id", ForeignKey("creators.id"), primary_key=True, index=True),
    Column("began_at", UtcDateTime, nullable=False),  # the follower's hour, the creator's day
    Column("calls", Integer, nullable=False),
    Column("cost", Float, nullable=False),
)

encoders = Table(  # what makes vectors beside the built-in encoder; gone when nothing is indexed by it any more
    "encoders",
    metadata,
    Column("spec", String(200), primary_key=True),  # provider:model
    Column("access", LargeBinary, nullable=False),  # address and key, encrypted: an old index serves on with them
    Column("width", Integer),  # numbers in a vector; NULL: it has made none yet
    Column("failures", Integer, nullable=False, default=0),  # in a row
    Column("problem", Text, nullable=False, default=""),
    Column("again_at", UtcDateTime),  # not asked for passages' vectors before
)

indexes = Table(  # which encoder's vectors serve a creator, and which are being made; no row: the built-in one serves
    "indexes",
    metadata,
    Column("creator_id", ForeignKey("creators.id"), primary_key=True),
    Column("spec", String(200), primary_key=True),  # of `encoders`, or "built-in"
    Column("state", String(10), nullable=False),  # serving | building | leaving
    Column("done", Integer, nullable=False, default=0),  # passages
    Column("total", Integer, nullable=False, default=0),
    Column("background", JSON, nullable=False),  # language → mean cosine of two unrelated texts; empty: the built-in's
    Column("measured", Integer, nullable=False, default=0),  # passages there were when it was measured
    Column("changed_at", UtcDateTime, nullable=False),
    Index("ix_indexes_state", "state"),
)

erasures = Table(  # people who asked their platform that everything kept of them be erased
    "erasures",
    metadata,
    Column("code", String(64), primary_key=True),  # nobody guesses it: it opens the page that tells what became of it
    Column("key_hash", String(64), nullable=False, unique=True),  # the same when the platform asks again
    Column("platform", String(40), nullable=False),
    Column("person_id", String(200)),  # NULL: it is done, and nobody is known any more
    Column("asked_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),  # when somebody may carry it out, or the end of that lease; NULL: it is done
    Column("done_at", UtcDateTime),
    Column("erased", Integer, nullable=False, default=0),  # rows
    partial_index("ix_erasures_asked", "due_at", where=ASKED),
)

suggestions = Table(  # questions for the FAQ that the creator has dealt with: none is suggested again
    "suggestions",
    metadata,
    Column("creator_id", ForeignKey("creators.id"), primary_key=True),
    Column("turn_id", ForeignKey("turns.id"), primary_key=True),  # that the question was taken from
    Column("question", Text, nullable=False),  # without names and contacts, or in the creator's own words
    Column("state", String(10), nullable=False),  # approved | dismissed
    Column("settled_at", UtcDateTime, nullable=False),
    Index("ix_suggestions_turn_id", "turn_id"),
)

users = Table(
    "users",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),  # argon2id
    Column("created_at", UtcDateTime, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(100), nullable=False),  # a user's name, "cli", or the process that acted
    Column("action", String(60), nullable=False),
    Column("creator_id", String(32), index=True),
    Column("subject", String(100), nullable=False, default=""),
    Column("details", JSON, nullable=False),
)
