"""From a hand in the inbox to the avatar's next answer, on a real ledger and with the real encoder."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from engage.avatar import Avatar
from engage.compose.extractive import ExtractiveComposer
from engage.ledger import taught
from engage.ledger.assemble import assemble
from engage.ledger.creators import get_creator
from engage.ledger.database import Database
from engage.ledger.erasure import forget_follower
from engage.ledger.tables import documents, messages, passages
from engage.memory import freshness, search
from engage.memory.corpus import waiting
from engage.memory.encoder import SentenceEncoder, shared_encoder
from engage.memory.importers.rows import Faq, Pair, Row, Said
from engage.memory.library import import_rows, index_passages
from engage.memory.search import Memory
from engage.models import Answer, Escalate, Mode, Outcome, PassageKind, Skip, Surface
from engage.settings import Settings
from engage.triage import Policy
from tests.engage.memory.in_memory import InMemoryVectors
from tests.studio.builders import World, make_world
from workers import questions
from workers.studio import actions
from workers.studio.actions import NotNow

DAY = timedelta(days=1)
NORWAY = "Do you ship to Norway?"
BY_HAND = "Yes, parcels to Norway take nine days and cost 14 euros."
OLD: list[Row] = [
    Said("oil", "I rub the cutting boards with linseed oil. It needs two weeks to harden."),
    Said("dog", "My dog sleeps through every single recording."),
]


@pytest.fixture
def world(db: Database) -> World:
    made = make_world(db)
    for surface in (Surface.COMMENT, Surface.DM):
        made.mode(surface, Mode.REVIEW)
    return made


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return shared_encoder()


@pytest.fixture
def vectors() -> InMemoryVectors:
    return InMemoryVectors()


@pytest.fixture
def ask(world: World, vectors: InMemoryVectors, encoder: SentenceEncoder) -> Callable[..., Outcome]:
    """A follower asks, and a worker that starts now decides."""
    import asyncio

    import_rows(world.db, world.creator.id, OLD)
    index_passages(world.db, vectors, world.creator.id, encoder)

    def asked(text: str, who: str = "Ben", surface: Surface = Surface.COMMENT) -> Outcome:
        turn_id = world.write(text, who, surface)
        with world.db.reading() as tx:
            turn = assemble(tx, turn_id, world.at).turn
            creator = get_creator(tx, world.creator.id)
        memory = Memory(world.db, vectors, encoder)
        avatar = Avatar(memory, ExtractiveComposer(memory, encoder), None, Policy(), lambda: world.at)
        return asyncio.run(avatar.answer(turn, creator))

    return asked


def answer_by_hand(world: World, turn_id: str, text: str = BY_HAND) -> actions.Taught:
    with world.db.transaction() as tx:
        return actions.answer(tx, "owner", turn_id, text, DAY, world.at)


def learnt(world: World) -> list[tuple[str, str]]:
    """Documents by kind with the words they hold."""
    mine = documents.c.kind.in_((PassageKind.CORRECTION, PassageKind.PRIVATE))
    with world.db.reading() as tx:
        query = select(documents.c.kind, passages.c.text).join(passages, passages.c.id == documents.c.id.concat("#0"))
        return [(row.kind, row.text) for row in tx.execute(query.where(mine))]


# The very next message


def test_an_answer_by_hand_is_given_to_the_next_follower_and_the_evidence_names_it(
    world: World, ask: Callable[..., Outcome]
) -> None:
    assert isinstance(ask(NORWAY, "Ana"), Skip)
    turn_id = world.escalated(NORWAY, "unsupported", who="Ana")
    told = answer_by_hand(world, turn_id)
    assert told.told == "It will be used from now on."
    for question in (NORWAY, "is shipping to norway possible?"):  # nothing has given it vectors yet
        outcome = ask(question)
        assert isinstance(outcome, Answer), question
        assert outcome.reply.text.startswith(BY_HAND)
        assert {one.passage_id for one in outcome.reply.evidence} == {f"correction:{turn_id}#0"}


def test_an_edited_reply_comes_before_the_older_pair_it_was_made_of(world: World, ask: Callable[..., Outcome]) -> None:
    import_rows(world.db, world.creator.id, [Pair("old", NORWAY, "No, only to Sweden and Finland at the moment.")])
    turn_id = world.answered(NORWAY, "No, only to Sweden and Finland at the moment.", "Ana")
    with world.db.transaction() as tx:
        told = actions.approve(tx, "owner", world.reply_of(turn_id).id, world.at, BY_HAND)
    assert told.changed
    outcome = ask(NORWAY)
    assert isinstance(outcome, Answer)
    assert outcome.reply.text.startswith(BY_HAND)


def test_an_edited_reply_comes_before_the_imported_faq_it_was_made_of(
    world: World, ask: Callable[..., Outcome]
) -> None:
    import_rows(world.db, world.creator.id, [Faq("f", NORWAY, "No, we do not.")])
    turn_id = world.answered(NORWAY, "No, we do not.", "Ana")
    with world.db.transaction() as tx:
        actions.approve(tx, "owner", world.reply_of(turn_id).id, world.at, BY_HAND)
    outcome = ask(NORWAY)
    assert isinstance(outcome, Answer)
    assert outcome.reply.text.startswith(BY_HAND)


def test_an_approved_answer_comes_before_a_similar_pair(world: World, ask: Callable[..., Outcome]) -> None:
    import_rows(world.db, world.creator.id, [Pair("old", NORWAY, "No, only to Sweden and Finland at the moment.")])
    for who in ("Ana", "Cleo"):
        turn_id = world.skipped(NORWAY, "unsupported", who=who)
    with world.db.transaction() as tx:
        questions.approve(tx, "owner", world.creator.id, turn_id, "Do you send to Norway?", BY_HAND, world.at)
    outcome = ask(NORWAY)
    assert isinstance(outcome, Answer)
    assert outcome.reply.text.startswith(BY_HAND)
    assert {one.passage_id for one in outcome.reply.evidence} == {f"faq:question:{turn_id}#0"}


def test_the_vectors_of_a_correction_are_stored_like_any_other(
    world: World, ask: Callable[..., Outcome], vectors: InMemoryVectors, encoder: SentenceEncoder
) -> None:
    turn_id = world.escalated(NORWAY, "unsupported")
    answer_by_hand(world, turn_id)
    assert index_passages(world.db, vectors, world.creator.id, encoder) == 1
    assert isinstance(ask("is shipping to norway possible?"), Answer)
    with world.db.transaction() as tx:
        questions.take_back(tx, "owner", world.creator.id, turn_id, PassageKind.CORRECTION, world.at)
    assert isinstance(ask("is shipping to norway possible?"), Skip)
    with world.db.reading() as tx:
        assert waiting(tx, world.creator.id, 9)  # so that a worker comes and removes what has no passage any more
    index_passages(world.db, vectors, world.creator.id, encoder)
    assert not [name for name in vectors.ids(world.creator.id) if turn_id in name]


def test_a_worker_that_runs_already_knows_it_before_the_next_message_is_due(
    world: World, vectors: InMemoryVectors, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Settings().debounce > freshness.FRESH_SECONDS
    import_rows(world.db, world.creator.id, OLD)
    index_passages(world.db, vectors, world.creator.id, encoder)
    memory = Memory(world.db, vectors, encoder)
    assert not memory.search(world.creator.id, NORWAY).supported
    turn_id = world.escalated(NORWAY, "unsupported")
    answer_by_hand(world, turn_id)
    monkeypatch.setattr(freshness, "FRESH_SECONDS", 0.0)  # that time is over
    for _ in range(2):  # before its vectors are stored, and after
        (best, *_) = memory.search(world.creator.id, "is shipping to norway possible?").passages
        assert best.passage.id == f"correction:{turn_id}#0"
        assert best.question_match > 0.75
        index_passages(world.db, vectors, world.creator.id, encoder)


def test_an_import_under_way_is_not_encoded_by_every_search(
    world: World, vectors: InMemoryVectors, encoder: SentenceEncoder
) -> None:
    import_rows(world.db, world.creator.id, [Pair(f"p{n}", f"{NORWAY} {n}", BY_HAND) for n in range(search.LATE + 1)])
    assert Memory(world.db, vectors, encoder).corpus(world.creator.id).late == ()


# What is no correction


def test_an_approval_teaches_nothing(world: World) -> None:
    for text in (None, " The kit lens. (automated)\n"):
        turn_id = world.answered("Which lens?", "The kit lens. (automated)", "Sam")
        with world.db.transaction() as tx:
            told = actions.approve(tx, "owner", world.reply_of(turn_id).id, world.at, text)
        assert told == actions.Taught()
        assert world.reply_of(turn_id).disclosure == "text"
    assert learnt(world) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [("Ask again later. I am not a bot, I promise.", "denies"), ("Use password: hunter2hunter2", "a password")],
)
def test_what_must_not_be_said_again_is_sent_and_not_learnt(world: World, text: str, why: str) -> None:
    turn_id = world.escalated(NORWAY, "unsupported")
    told = answer_by_hand(world, turn_id, text)
    assert "It is not learnt" in told.told
    assert why in told.told
    assert (world.reply_of(turn_id).text, learnt(world)) == (text, [])


def test_a_question_with_a_secret_in_it_is_not_kept(world: World) -> None:
    turn_id = world.escalated("Is 4111 1111 1111 1111 the right card?", "unsupported")
    assert "teaches how you write" in answer_by_hand(world, turn_id).told
    assert learnt(world) == [("private", BY_HAND)]


@pytest.mark.parametrize("reason", ["crisis", "restricted", "asked_for_human"])
def test_what_needs_a_person_each_time_is_not_said_again(world: World, reason: str) -> None:
    turn_id = world.escalated("Can I take it with my medicine?", reason)
    assert "needs a person each time" in answer_by_hand(world, turn_id, "Please ask your doctor first.").told
    assert learnt(world) == [("private", "Please ask your doctor first.")]


# Direct messages stay private


def test_a_private_question_is_compared_and_never_shown(world: World, ask: Callable[..., Outcome]) -> None:
    text = "Hi, my name is Ludmila (ludmila@mail.example.org), do you ship to Norway?"
    turn_id = world.escalated(text, "unsupported", who="Ludmila", surface=Surface.DM)
    assert answer_by_hand(world, turn_id).told == "It will be used from now on."
    outcome = ask(NORWAY)
    assert isinstance(outcome, Answer)
    assert outcome.reply.text.startswith(BY_HAND)
    assert [one.passage.question for one in outcome.card.sources if one.passage.kind is PassageKind.CORRECTION] == [
        None
    ]
    with world.db.reading() as tx:
        kept = tx.execute(select(passages.c.question).where(passages.c.kind == PassageKind.CORRECTION)).scalar_one()
    assert "udmila" not in kept
    assert "mail" not in kept.replace("[email]", "")


def test_what_a_private_reply_says_to_one_person_is_left_out(world: World) -> None:
    turn_id = world.escalated(NORWAY, "unsupported", who="Ludmila", surface=Surface.DM)
    told = answer_by_hand(world, turn_id, f"Hi Ludmila! {BY_HAND} Your address is the one in Bergen, Ludmila?")
    assert told.told == "It will be used from now on, without what speaks to this follower alone."
    assert learnt(world) == [("correction", BY_HAND)]


def test_a_private_reply_to_one_person_alone_teaches_the_voice_only(world: World, ask: Callable[..., Outcome]) -> None:
    turn_id = world.escalated("Can we meet in Bergen?", "unsupported", who="Ludmila", surface=Surface.DM)
    told = answer_by_hand(world, turn_id, "Gladly, Ludmila! I will call you tomorrow.")
    assert "it speaks to this follower alone" in told.told
    assert [kind for kind, _ in learnt(world)] == ["private"]
    assert isinstance(ask("Can we meet in Bergen?"), Skip)


def test_a_reply_that_repeats_private_words_does_not_pass_them_on(world: World) -> None:
    asked = "My sister gets married in Bergen next June, do you ship there?"
    turn_id = world.escalated(asked, "unsupported", who="Ludmila", surface=Surface.DM)
    answer_by_hand(world, turn_id, "So your sister gets married in Bergen next June. Parcels to Norway take nine days.")
    assert learnt(world) == [("correction", "Parcels to Norway take nine days.")]


# Once, and to be taken back


def test_two_clicks_teach_once(world: World, open_db: Callable[[], Database]) -> None:
    turn_id = world.escalated(NORWAY, "unsupported")
    start, failed = Barrier(2), []

    def click(db: Database, text: str) -> None:
        start.wait()
        try:
            with db.transaction() as tx:
                actions.answer(tx, "owner", turn_id, text, DAY, world.at)
        except Exception as error:
            failed.append(error)

    clicks = [Thread(target=click, args=(open_db(), text)) for text in (BY_HAND, f"{BY_HAND} Really.")]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join(60)
    assert len(failed) == 1
    assert learnt(world) == [("correction", world.reply_of(turn_id).text)]


def test_what_did_not_go_through_is_not_learnt(world: World) -> None:
    """A process that dies before the commit has neither sent nor taught."""
    turn_id = world.escalated(NORWAY, "unsupported")

    def die() -> None:
        with world.db.transaction() as tx:
            actions.answer(tx, "owner", turn_id, BY_HAND, DAY, world.at)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die()
    assert learnt(world) == []
    world.mode(Surface.COMMENT, Mode.SHADOW)
    with world.db.transaction() as tx, pytest.raises(NotNow):
        actions.answer(tx, "owner", turn_id, BY_HAND, DAY, world.at)
    assert learnt(world) == []


def test_another_word_about_the_same_turn_takes_the_place_of_the_first(world: World) -> None:
    turn_id = world.escalated(NORWAY, "unsupported")
    answer_by_hand(world, turn_id)
    with world.db.transaction() as tx:
        questions.change(
            tx, "owner", world.creator.id, turn_id, PassageKind.CORRECTION, "No, not any more, alas.", world.at
        )
    assert learnt(world) == [("correction", "No, not any more, alas.")]
    with world.db.transaction() as tx:
        assert taught.withdraw(tx, [turn_id]) == 1
        assert taught.withdraw(tx, [turn_id]) == 0
        with pytest.raises(questions.NotTaught, match="taken back meanwhile"):
            questions.change(tx, "owner", world.creator.id, turn_id, PassageKind.CORRECTION, "Yes.", world.at)
    assert learnt(world) == []


def test_a_follower_who_is_erased_takes_what_they_asked_along(world: World) -> None:
    kept, gone = (world.escalated(NORWAY, "unsupported", who=who) for who in ("Ben", "Ana"))
    for turn_id in (kept, gone):
        answer_by_hand(world, turn_id)
    dismissed = world.skipped("Do you lend it?", "unsupported", who="Ana")
    with world.db.transaction() as tx:
        questions.dismiss(tx, "owner", world.creator.id, dismissed, world.at)
        forget_follower(tx, "sandbox", "u-Ana")
    with world.db.reading() as tx:
        left = [one.turn_id for one in taught.lessons(tx, world.creator.id, PassageKind.CORRECTION)]
        assert questions.read(tx, world.creator.id, world.at) == ([], [])
        assert NORWAY not in tx.execute(select(messages.c.text).where(messages.c.turn_id == gone)).scalars().all()
    assert left == [kept]


def test_an_escalation_whose_draft_was_rewritten_says_what_changed(world: World) -> None:
    from dataclasses import replace

    from tests.studio.builders import CARD

    turn_id = world.write(NORWAY)
    world.decide(turn_id, Escalate(replace(CARD, reasons=("ungrounded",), draft=f"{BY_HAND} {BY_HAND}")))
    assert answer_by_hand(world, turn_id).changed == ("shorter by 50 %",)
