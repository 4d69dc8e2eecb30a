"""Building the heavy parts of a process: memory, composer, avatar. Their imports are paid here, once."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from engage.errors import ConfigError
from engage.ledger import indexes
from engage.ledger.creators import list_creators
from engage.ledger.database import Database
from engage.ledger.encoders import resting
from engage.ledger.tables import LATE, passages
from engage.remembered import remembered
from engage.settings import Settings

if TYPE_CHECKING:
    from engage.avatar import Avatar, MayAsk, Remembers
    from engage.compose.moderation import Moderation
    from engage.compose.protocols import Composer
    from engage.memory.floats import Floats
    from engage.memory.search import Memory
    from engage.triage import Policy
    from engage.voice.scoring import Voices
    from workers.encoders import Encoders

Progress = Callable[[int], None]
WARM_CREATORS = 20  # whose words a worker reads before its first turn; the others' are read when they are needed


@contextmanager
def chroma(settings: Settings) -> Iterator[str]:
    """The URL of a Chroma server: the configured one, the running one, or one of our own while the block lasts."""
    if settings.chroma_url:
        yield settings.chroma_url
        return
    from engage.memory import chroma_server
    from workers.services import chroma_home

    with chroma_server.running(chroma_home(settings)) as url:
        yield url


@contextmanager
def memory(settings: Settings, db: Database) -> Iterator["Memory"]:
    """Memory for a command: it works with and without a running stack, and indexes what still waits."""
    from engage.memory.search import Memory
    from engage.memory.vectors import Vectors
    from workers.encoders import Encoders

    with chroma(settings) as url, closing(Vectors(url)) as vectors:
        encoders = Encoders(settings, db)
        index_waiting(db, url, encoders)
        yield Memory(db, vectors, others=encoders)


def worker_memory(settings: Settings, db: Database) -> "Memory":
    """The memory of a worker process, with its encoder loaded."""
    from engage.memory.encoder import shared_encoder
    from engage.memory.search import Memory
    from workers.encoders import Encoders
    from workers.vectors import FollowedVectors

    return Memory(db, FollowedVectors(settings), shared_encoder(), Encoders(settings, db))


def avatar(settings: Settings, db: Database, remembering: "Memory") -> "Avatar":
    """The avatar of a worker process over its memory, with everything loaded."""
    from engage.voice.scoring import Voices
    from workers.asking import Asking, limits_of

    voices = Voices(remembering)
    remembering.beside(voices.drop_but)
    writing = composer(settings, remembering, voices)
    _warm_up(db, remembering, voices, writing)
    may_ask = Asking(db, limits_of(settings), now).may
    return _assemble(settings, remembering, writing, voices, may_ask=may_ask)


def _warm_up(db: Database, remembering: "Memory", voices: "Voices", writing: "Composer") -> None:
    """Load what is loaded at first use now, not under the first followers' questions: 1-2 s on two cores."""
    from engage.compose.protocols import Loadable
    from engage.triage.language import identify
    from engage.triage.linear import load
    from engage.triage.verdict import LABELS
    from engage.triage.wishes import is_any_wish

    identify("is everything ready?", "en")
    is_any_wish("is everything ready?")
    for label in LABELS:
        load(label)
    if isinstance(writing, Loadable):
        with suppress(ConfigError):  # said again, to whom it concerns, when the first draft needs it
            writing.load()
    with db.reading() as tx:
        known = [persona.id for persona, _ in list_creators(tx, WARM_CREATORS)]
    for creator_id in known:
        remembering.search(creator_id, "is everything ready?", 1)
        voices.voice(creator_id)


def assemble(
    settings: Settings,
    remembering: "Memory",
    recalling: "Remembers | None" = None,
    policy: "Policy | None" = None,
) -> "Avatar":
    """An avatar over a memory, with the composer that the settings name.

    recalling: what is asked for passages in the memory's place; policy: where it is not the settings'.
    """
    from engage.voice.scoring import Voices

    voices = Voices(remembering)
    writing = composer(settings, remembering, voices)
    return _assemble(settings, remembering, writing, voices, recalling=recalling, policy=policy)


def _assemble(
    settings: Settings,
    remembering: "Memory",
    writing: "Composer",
    voices: "Voices",
    *,
    recalling: "Remembers | None" = None,
    policy: "Policy | None" = None,
    may_ask: "MayAsk | None" = None,
) -> "Avatar":
    from engage.avatar import Avatar
    from engage.compose.extractive import ExtractiveComposer

    return Avatar(
        recalling or remembering,
        writing,
        voices.judge,
        policy or policy_of(settings),
        now,
        own_words=ExtractiveComposer(remembering),
        meaning=meaning,
        moderator=moderation(settings),
        may_ask=may_ask,
    )


@remembered
def meaning(text: str) -> "Floats":
    """What triage hears in a text: the log-odds of each label by its sentence vector, in every language."""
    from engage.memory.multilingual import multilingual_encoder
    from engage.triage import network

    return network.load().log_odds(multilingual_encoder().encode_query(text))


def policy_of(settings: Settings) -> "Policy":
    """The limits that the settings name."""
    from engage.triage import Policy

    return Policy(
        replies_per_hour=settings.replies_per_hour,
        creator_replies_per_hour=settings.creator_replies_per_hour,
        thresholds={
            "injection": settings.triage_injection,
            "spam": settings.triage_spam,
            "abuse": settings.triage_abuse,
            "self_harm": settings.triage_self_harm,
            "restricted": settings.triage_restricted,
        },
        price_in=settings.model_price_in,
        price_out=settings.model_price_out,
    )


def moderation(settings: Settings) -> "Moderation | None":
    """The moderation endpoint that the settings name; None where they name none. Raises ConfigError."""
    if not settings.moderation:
        return None
    from engage.compose.moderation import Moderation

    key = settings.moderation_api_key.get_secret_value()
    return Moderation(settings.moderation, settings.moderation_base_url, key, settings.moderation_timeout)


def now() -> datetime:
    return datetime.now(UTC)


def composer(settings: Settings, remembering: "Memory | None" = None, voices: "Voices | None" = None) -> "Composer":
    """The composer that the settings name: `extractive` needs no model. Raises ConfigError for a spec nobody knows."""
    if settings.model == "extractive":
        from engage.compose.extractive import ExtractiveComposer

        return ExtractiveComposer(remembering)
    from engage.compose.chain import ModelComposer

    return ModelComposer(
        settings.model,
        base_url=settings.model_base_url,
        api_key=settings.model_api_key.get_secret_value(),
        timeout=settings.model_timeout,
        words=remembering,
        manner_of=voices.manner if voices else None,
    )


def index_waiting(db: Database, url: str, encoders: "Encoders") -> int:
    """Vectors for the passages that have none yet, whoever they belong to. Returns how many.

    An encoder that fails is left alone for a while; the creators of the others do not wait for it.
    """
    from engage.memory.encoding import NotEncoded
    from workers.encoders import note_failure

    with db.reading() as tx:
        late = select(passages.c.creator_id).where(text(LATE)).distinct()
        creators = list(tx.execute(late).scalars())
    done = 0
    for creator_id in creators:
        with db.reading() as tx:
            rests = indexes.serving(tx, creator_id).spec in resting(tx, now())
        if rests:
            continue
        try:
            done += index_creator(db, url, creator_id, encoders)
        except NotEncoded as error:
            note_failure(db, error)
    return done


def index_creator(
    db: Database, url: str, creator_id: str, encoders: "Encoders", progress: Progress | None = None
) -> int:
    """Vectors for one creator's passages → how many; none where another process is getting them from a provider.

    Raises Unavailable where Chroma is down, NotEncoded where the encoder fails.
    """
    from engage.memory.library import index_passages
    from engage.memory.vectors import Vectors

    with suppress(ConfigError):  # a setting that is wrong is told by `engage doctor`; what serves, serves on
        encoders.keep_access()
        with db.transaction() as tx:
            indexes.begin(tx, creator_id, encoders.wanted, now())
    with db.reading() as tx:
        is_provided = indexes.serving(tx, creator_id).spec != indexes.BUILT_IN
    if is_provided and not encoders.take_turn():
        return 0

    def go_on(count: int) -> None:
        if is_provided:
            encoders.take_turn()
        if progress:
            progress(count)

    try:
        with closing(Vectors(url)) as vectors:
            return index_passages(db, vectors, creator_id, progress=go_on, others=encoders)
    finally:
        if is_provided:
            encoders.end_turn()
