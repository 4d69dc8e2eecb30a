"""The composer without a model, as a follower meets it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engage.compose.courtesy import Courtesy, courtesy_of
from engage.compose.extractive import ExtractiveComposer, focus
from engage.compose.reuse import tidy, unusable
from engage.memory.encoder import SentenceEncoder, shared_encoder
from engage.memory.importers.rows import Faq, Pair, Product, Row, Said
from engage.memory.passages import cut
from engage.models import (
    Author,
    Capabilities,
    Draft,
    Follower,
    LengthUnit,
    Message,
    Passage,
    Persona,
    Recall,
    Scored,
    Surface,
    Turn,
)

Compose = Callable[..., Awaitable[Draft]]
PERSONA = Persona("ann", "ann", "Ann", allowed_links=("shop.example",))


class Words:
    """As much of memory as the composer asks for."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._passages = [passage for row in rows for passage in cut(row)]

    async def passages(self, creator_id: str) -> Sequence[Passage]:
        return self._passages


def a_turn(
    text: str, *, surface: Surface = Surface.COMMENT, limit: int = 500, turn_id: str = "t", name: str = "bo"
) -> Turn:
    message = Message("m", "c", surface, Author("f", name), text, datetime.now(UTC))
    return Turn(
        turn_id,
        "ann",
        surface,
        (message,),
        Follower("f", name),
        capabilities=Capabilities(True, max_length=limit, unit=LengthUnit.CHARACTERS),
    )


def recalled(row: Row, *, score: float = 0.9, match: float = 0.0, supported: bool = True) -> Recall:
    return Recall(tuple(Scored(one, score, question_match=match) for one in cut(row)), supported)


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return shared_encoder()


@pytest.fixture
def compose(encoder: SentenceEncoder) -> Compose:
    async def draft(text: str, recall: Recall, rows: Sequence[Row] = (), **turn: object) -> Draft:
        composer = ExtractiveComposer(Words(rows), encoder)
        return await composer.compose(a_turn(text, **turn), PERSONA, recall)  # type: ignore[arg-type]

    return draft


SHIPS = Faq("ship", "Do you ship to Canada?", "Yes, it takes nine days. It costs 14 dollars. Taxes are yours to pay.")
NOTHING = Recall((), supported=False)


async def test_the_same_question_gets_the_creators_own_answer(compose: Compose) -> None:
    draft = await compose("do you send to canada?", recalled(SHIPS, match=0.9))
    assert draft.text == "Yes, it takes nine days. It costs 14 dollars. Taxes are yours to pay."
    assert [one.sentence for one in draft.evidence] == [
        "Yes, it takes nine days.",
        "It costs 14 dollars.",
        "Taxes are yours to pay.",
    ]
    assert {one.passage_id for one in draft.evidence} == {"faq:ship#0"}
    assert draft.model == "extractive"


async def test_a_short_limit_cuts_at_a_sentence(compose: Compose) -> None:
    draft = await compose("do you send to canada?", recalled(SHIPS, match=0.9), limit=30)
    assert draft.text == "Yes, it takes nine days."
    assert len(draft.evidence) == 1
    nothing = await compose("do you send to canada?", recalled(SHIPS, match=0.9), limit=10)
    assert (nothing.text, nothing.reason) == ("", "unsupported")


async def test_a_question_about_something_else_is_declined(compose: Compose) -> None:
    for recall in (recalled(SHIPS, match=0.1, supported=False), NOTHING, recalled(SHIPS, match=0.2)):
        draft = await compose("which vaccine should I take for malaria?", recall)
        assert (draft.text, draft.reason, draft.evidence) == ("", "unsupported", ())


async def test_the_sentence_of_a_post_that_answers_is_said_alone(compose: Compose) -> None:
    post = Said(
        "oil",
        "I had coffee. I rub cutting boards with linseed oil twice a year. Linseed oil needs two weeks to dry. Cats!",
    )
    draft = await compose("what oil do you rub your cutting boards with?", recalled(post))
    assert draft.text.startswith("I rub cutting boards with linseed oil twice a year.")
    assert "coffee" not in draft.text
    assert "Cats" not in draft.text


async def test_what_asks_nothing_gets_no_fact_thrown_at_it(compose: Compose) -> None:
    post = Said("oil", "I rub cutting boards with linseed oil twice a year.")
    draft = await compose("my cutting boards and linseed oil are in the cellar", recalled(post))
    assert draft.text == ""


async def test_a_product_question_gets_name_price_and_address(compose: Compose) -> None:
    mug = Product("mug", "Blue mug", "Holds 400 ml of tea.", "12 €", "https://shop.example/mug")
    draft = await compose("how much is the blue mug?", recalled(mug))
    assert draft.text == "Blue mug – 12 € Holds 400 ml of tea. https://shop.example/mug"


async def test_a_past_reply_is_not_repeated_with_the_other_persons_matters(compose: Compose) -> None:
    for reply in (
        "I'll send it to you tonight!",
        "@maria it is the same as yours, see [url]",
        "My wife has the number, write to her.",
        "Thanks Maria, it is at https://other.example/x",
    ):
        draft = await compose(
            "where can I get the plan?", recalled(Pair("p", "where can I get the plan?", reply), match=1.0)
        )
        assert draft.text == "", reply


async def test_the_mention_a_reply_began_with_is_left_out(compose: Compose) -> None:
    pair = Pair("p", "which lamp is that?", "@maria_83 the small brass lamp from the flea market.")
    draft = await compose("which lamp is that?", recalled(pair, match=1.0))
    assert draft.text == "The small brass lamp from the flea market."


async def test_in_live_chat_the_reply_names_whom_it_is_for(compose: Compose) -> None:
    answer = recalled(SHIPS, match=0.9)
    live = await compose("ship to canada?", answer, surface=Surface.LIVE, limit=40)
    assert live.text == "@bo Yes, it takes nine days."
    for turn in ({"surface": Surface.DM}, {"surface": Surface.COMMENT}, {"surface": Surface.LIVE, "name": "Bo Lee"}):
        draft = await compose("ship to canada?", answer, **turn)
        assert not draft.text.startswith("@")


@pytest.mark.parametrize(("surface", "sentences"), [(Surface.LIVE, 2), (Surface.COMMENT, 3), (Surface.DM, 4)])
async def test_a_long_answer_is_told_as_far_as_it_is_read_there(
    compose: Compose, surface: Surface, sentences: int
) -> None:
    steps = "Mix it in the evening. Let it rest overnight. Fold it in the morning. Bake it hot and dark. Wait an hour."
    draft = await compose(
        "how do you bake your rye bread?",
        recalled(Pair("f", "How do you bake your rye bread?", steps), match=1.0),
        surface=surface,
    )
    assert len(draft.evidence) == sentences


def superseded(row: Row, **about: float) -> tuple[Scored, ...]:
    return tuple(replace(one, superseded_by="newer") for one in recalled(row, **about).passages)


async def test_nothing_is_said_from_what_something_newer_contradicts(compose: Compose) -> None:
    old = superseded(Pair("old", "how much is the lamp?", "It costs 35 euros in my shop."), match=1.0, score=0.95)
    new = recalled(Pair("new", "how much is the lamp", "It costs 39 euros in my shop now."), match=0.9).passages
    draft = await compose("how much is the lamp?", Recall((*old, *new), supported=True))
    assert draft.text == "It costs 39 euros in my shop now."
    assert not (await compose("how much is the lamp?", Recall(old, supported=True))).text


@pytest.mark.parametrize("asked", ["¿Cómo cuáles?", "and you?", "combien ?", "wie viele?", "which ones?"])
async def test_a_question_that_names_nothing_gets_no_past_answer(compose: Compose, asked: str) -> None:
    said = "I want to make a proposal about the greeting."
    assert not (await compose(asked, recalled(Pair("p", asked, said), match=1.0))).text


async def test_who_writes_in_another_language_gets_no_sentence_they_may_not_read(compose: Compose) -> None:
    answer = Pair("p", "which grease do you use for the bearings?", "I use marine grease on all of my bearings.")
    asked = "¿qué grasa usas para los rodamientos de tu bicicleta?"
    assert not (await compose(asked, recalled(answer, match=1.0))).text
    product = recalled(Product("s", "Marine grease", "Keeps water out.", "9 EUR", "https://shop.example/grease"))
    assert "9 EUR" in (await compose(asked, product)).text


THANKED: list[Row] = [
    Pair("1", "thank you so much for the video", "You're welcome, glad it helped!"),
    Pair("2", "thanks!!", "No problem at all!"),
    Pair("3", "thanks for fixing my chair Maria", "Thanks Maria, your chair was fun."),
    Pair("4", "love your work", "Aww thank you, means a lot."),
    Pair("5", "hi ann", "Hello hello!"),
    Pair("6", "hi, how are you", "I sold the lamp."),
]


@pytest.mark.parametrize(
    ("text", "replies"),
    [
        ("Thank you, this helped a lot", {"You're welcome, glad it helped!", "No problem at all!"}),
        ("this is amazing 🔥", {"Aww thank you, means a lot."}),
        ("hola ann", {"Hello hello!"}),
    ],
)
async def test_thanks_praise_and_greetings_get_the_creators_own_words_for_them(
    compose: Compose, text: str, replies: set[str]
) -> None:
    said = {(await compose(text, NOTHING, THANKED, turn_id=str(n))).text for n in range(20)}
    assert said == replies


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("thank you so much for the video", "Welcome to the live coding room."),
        ("good morning everybody", "Welcome to our curriculum development room."),
        ("hola a todos", "Bienvenidos a la mesa de trabajo."),
    ],
)
async def test_who_is_led_in_somewhere_is_not_answered_so_elsewhere(
    encoder: SentenceEncoder, said: str, reply: str
) -> None:
    composer = ExtractiveComposer(Words([Pair("1", said, reply)]), encoder)
    assert not (await composer.compose(a_turn("thanks!" if "thank" in said else said), PERSONA, Recall((), False))).text


async def test_a_creator_who_never_answered_thanks_stays_silent(compose: Compose) -> None:
    assert (await compose("thanks!", NOTHING, [SHIPS])).text == ""


async def test_nothing_is_said_that_the_creator_did_not_say(compose: Compose) -> None:
    rows = [SHIPS, *THANKED]
    words = " ".join(passage.text for row in rows for passage in cut(row))
    for text in ("do you ship to canada?", "thanks", "wow amazing", "hello"):
        draft = await compose(text, recalled(SHIPS, match=0.9), rows)
        assert draft.text
        assert all(one.sentence in words for one in draft.evidence)
        assert " ".join(one.sentence for one in draft.evidence) == draft.text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Thanks!", Courtesy.THANKS),
        ("谢谢", Courtesy.THANKS),
        ("great video", Courtesy.PRAISE),
        ("Good morning everyone", Courtesy.GREETING),
        ("thanks, but where is the link?", None),
        ("the chair is broken", None),
        ("love it " * 20, None),
    ],
)
def test_courtesies_are_told_from_questions(text: str, kind: Courtesy | None) -> None:
    assert courtesy_of(text) == kind


@pytest.mark.parametrize(
    "sentence",
    [
        "See you tomorrow!",
        "The sale is on Friday.",
        "It starts at 9pm.",
        "Nos vemos mañana.",
        "我们明天见。",
        "I'll DM you the plan.",
        "I just watched your film.",
        "Write to ann@example.com please.",
        "Call +1 555 010 99 88.",
        "As @bo said, it is oak.",
        "Look at [url] for more.",
        "Ask u_3f61041c5e about it.",
        "Thanks Kathy!",
        "Kathy, that is oak.",
        "What do you think?",
        'He said "no way.',
        "My husband built it.",
    ],
)
def test_a_sentence_bound_to_a_day_or_a_person_is_not_said_again(sentence: str) -> None:
    assert unusable(sentence)


@pytest.mark.parametrize(
    "sentence", ["It is oak, oiled twice.", "Sí, es de roble.", "Well, I use two coats :)", "I like Go."]
)
def test_a_plain_sentence_may_be_said_again(sentence: str) -> None:
    assert unusable(sentence) == ""


def test_tidying_only_takes_mentions_away() -> None:
    assert tidy("@bo @li: it is oak.") == "It is oak."
    assert tidy("It is oak! @bo") == "It is oak!"
    assert tidy("ask @bo") == "ask @bo"


def test_the_question_in_a_long_message_is_found() -> None:
    assert focus("I moved here in May. It rains a lot. Which oil do you use? Bye.") == "Which oil do you use?"
    assert focus("I like it.") == ""


@pytest.mark.parametrize(
    ("said", "reused"),
    [
        ("@ada was instrumental in getting the form to work.", ""),
        ("@ada, good morning to you!", "Good morning to you!"),
    ],
)
def test_a_sentence_about_somebody_is_not_said_without_them(said: str, reused: str) -> None:
    assert tidy(said) == reused
