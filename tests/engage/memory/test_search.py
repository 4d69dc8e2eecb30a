"""Recall, over a real ledger and encoder and vectors in memory."""

from collections.abc import Callable
from datetime import UTC, datetime
from threading import get_ident

import numpy as np
import pytest

from engage.ledger.database import Database
from engage.memory import freshness, search
from engage.memory.alike import WordsAlike
from engage.memory.corpus import forget, mark_waiting, waiting
from engage.memory.encoder import SentenceEncoder
from engage.memory.evidence import SUPPORTED, Evidence, above_chance, main_languages, relevance, scale_of, trusted
from engage.memory.floats import Floats
from engage.memory.importers.rows import Faq, Pair, Row, Said
from engage.memory.lexical import build, tokens
from engage.memory.library import import_rows, index_passages
from engage.memory.search import Memory
from engage.models import Recall
from tests.engage.memory.in_memory import InMemoryVectors

Add = Callable[[str], str]
ANN: list[Row] = [
    Faq("ship", "Do you ship to Canada?", "Yes, it takes nine days and costs 14 dollars."),
    Pair("mic", "@ann which microphone do you use [url]", "An old dynamic one from a flea market."),
    Said("oil", "I always rub the cutting boards with linseed oil. It needs two weeks to harden."),
    Said("dog", "My dog sleeps through every single recording."),
    Faq("es", "¿Con qué pintas los muebles?", "La pintura la hago yo misma con cal y pigmentos naturales."),
]
BOB: list[Row] = [
    Faq("ship", "Do you ship to Canada?", "No, I only sell at the market in Leeds."),
    Said("board", "Bob never oils a cutting board."),
]


@pytest.fixture
def vectors() -> InMemoryVectors:
    return InMemoryVectors()


@pytest.fixture
def memory(
    ledger: Database, vectors: InMemoryVectors, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> Memory:
    monkeypatch.setattr(freshness, "FRESH_SECONDS", 0.0)
    return Memory(ledger, vectors, encoder)


@pytest.fixture
def stock(ledger: Database, vectors: InMemoryVectors, encoder: SentenceEncoder, add: Add) -> Callable[..., str]:
    def creator(name: str, rows: list[Row]) -> str:
        creator_id = add(name)
        import_rows(ledger, creator_id, rows)
        index_passages(ledger, vectors, creator_id, encoder)
        return creator_id

    return creator


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("do you send stuff to canada??", "ship"),
        ("@ann what mic is that", "mic"),
        ("what oil do you put on cutting boards?", "oil"),
        ("does the dog make noise when you record?", "dog"),
        ("con que pintura pintas los muebles?", "es"),
    ],
)
async def test_a_question_finds_what_answers_it(
    memory: Memory, stock: Callable[..., str], question: str, source: str
) -> None:
    found = await memory.recall(stock("ann", ANN), question)
    assert found.passages[0].passage.source_id == source
    assert found.supported
    assert found.note == ""


async def test_the_words_of_a_question_decide_between_texts_of_the_same_matter(
    memory: Memory, stock: Callable[..., str]
) -> None:
    sizes = Said("sizes", "Small fits a size of 52 cm, large fits a size of 58 cm.")
    measure = Said("measure", "Measure around the widest part of the head.")
    found = await memory.recall(stock("ann", [sizes, measure]), "where do you measure for size?")
    assert found.passages[0].passage.source_id == "measure"


async def test_words_are_compared_in_english_alone(
    memory: Memory, stock: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []

    def note(_: WordsAlike, asked: str, texts: list[str]) -> Floats:
        compared.extend(texts)
        return np.zeros(len(texts), np.float32)

    monkeypatch.setattr(WordsAlike, "shares", note)
    spanish = Said("es", "La pintura la hago yo misma con cal y pigmentos naturales, todos los veranos.")
    english = Said("en", "I make the paint myself from lime and natural pigments, every summer.")
    await memory.recall(stock("ana", [spanish]), "¿cómo haces la pintura?")
    assert compared == []
    await memory.recall(stock("ann", [english]), "how do you make the paint?")
    assert compared == [english.text]


@pytest.mark.parametrize(
    "question",
    ["What is the capital of France?", "which vaccine should I take", "qual é o teu filme favorito?", "😀😀", "???"],
)
async def test_what_was_never_answered_is_not_supported(
    memory: Memory, stock: Callable[..., str], question: str
) -> None:
    assert not (await memory.recall(stock("ann", ANN), question)).supported


async def test_one_creators_words_never_come_out_for_another(memory: Memory, stock: Callable[..., str]) -> None:
    ann, bob = stock("ann", ANN), stock("bob", BOB)
    for question in ("Do you ship to Canada?", "cutting board oil", "dog", "microphone"):
        for creator, words in ((ann, ANN), (bob, BOB)):
            found = await memory.recall(creator, question, k=10)
            texts = {
                getattr(row, "text", "") or getattr(row, "answer", "") or getattr(row, "reply", "") for row in words
            }
            assert {one.passage.text for one in found.passages} <= texts


async def test_an_unknown_creator_has_said_nothing(memory: Memory) -> None:
    found = await memory.recall("nobody", "Do you ship?")
    assert (found.passages, found.supported) == ((), False)


async def test_without_chroma_words_still_find_and_the_answer_says_so(
    memory: Memory, stock: Callable[..., str], vectors: InMemoryVectors
) -> None:
    ann = stock("ann", ANN)
    vectors.down = True
    found = await memory.recall(ann, "do you ship to canada")
    assert found.note == "vectors unavailable"
    assert found.passages[0].passage.source_id == "ship"
    assert found.supported
    assert not (await memory.recall(ann, "What is the capital of France?")).supported


async def test_an_import_is_noticed_without_a_restart(
    memory: Memory, ledger: Database, vectors: InMemoryVectors, encoder: SentenceEncoder, stock: Callable[..., str]
) -> None:
    ann = stock("ann", ANN)
    await memory.recall(ann, "ship")
    import_rows(ledger, ann, [Faq("ship", "Do you ship to Canada?", "Not any more.")])
    found = await memory.recall(ann, "Do you ship to Canada?")
    assert found.passages[0].passage.text == "Not any more."
    index_passages(ledger, vectors, ann, encoder)
    assert (await memory.recall(ann, "Do you ship to Canada?")).passages[0].score > 0.9


OLD, NEW = datetime(2023, 5, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)


async def test_of_two_answers_that_contradict_each_other_the_newer_comes_first_and_both_are_shown(
    memory: Memory, stock: Callable[..., str]
) -> None:
    asked = "How much is the wool scarf?"
    rows: list[Row] = [Pair("a", asked, "It costs 35 euros.", OLD), Pair("b", asked, "It is 39 euros now.", NEW)]
    found = await memory.recall(stock("ann", rows), asked)
    assert [(one.passage.source_id, one.superseded_by) for one in found.passages] == [("b", ""), ("a", "pair:b#0")]


@pytest.mark.parametrize("newer", ["June", "July"])
async def test_of_two_texts_that_answer_as_well_the_newer_comes_first(
    memory: Memory, stock: Callable[..., str], newer: str
) -> None:
    rows = [
        Said(season, f"I rub my cutting boards with linseed oil in {season}.", NEW if season == newer else OLD)
        for season in ("June", "July")
    ]
    found = await memory.recall(stock("ann", rows), "what do you rub on cutting boards?")
    assert found.passages[0].passage.source_id == newer


async def test_a_text_that_says_it_does_not_know_answers_less_than_the_same_text_that_knows(
    memory: Memory, stock: Callable[..., str]
) -> None:
    question = "does the stand fit a 29 inch wheel?"
    knows = await memory.recall(stock("ann", [Said("a", "The stand fits a 29 inch wheel, I think so.")]), question)
    doubts = await memory.recall(stock("bob", [Said("a", "The stand fits a 29 inch wheel? No idea.")]), question)
    assert knows.supported
    assert doubts.passages[0].dense > knows.passages[0].dense, "it is nearer …"
    assert doubts.passages[0].score < knows.passages[0].score, "… and answers less"


async def test_passages_of_the_same_words_come_once(memory: Memory, stock: Callable[..., str]) -> None:
    rows: list[Row] = [Said("1", "I rest on Sundays."), Pair("1", "When do you rest?", "I rest on Sundays.")]
    found = await memory.recall(stock("ann", rows), "when do you rest?")
    assert [one.passage.question for one in found.passages] == ["When do you rest?"]


def test_lost_vectors_are_made_again_and_orphans_removed(
    ledger: Database, vectors: InMemoryVectors, encoder: SentenceEncoder, stock: Callable[..., str]
) -> None:
    ann = stock("ann", ANN)
    vectors.delete(ann, ["faq:ship#0|q"])
    vectors.add(ann, ["post:gone#0|t"], encoder.encode(["gone"]))
    assert index_passages(ledger, vectors, ann, encoder) == 1
    assert "post:gone#0|t" not in vectors.ids(ann)
    assert index_passages(ledger, vectors, ann, encoder) == 0
    with ledger.transaction() as tx:
        mark_waiting(tx, ann, ["faq:ship#0"])
        assert [one.id for one in waiting(tx, ann, 10)] == ["faq:ship#0"]
        forget(tx, ann)
    assert index_passages(ledger, vectors, ann, encoder) == 0
    assert vectors.ids(ann) == set()


def test_only_so_many_creators_are_kept_in_memory(
    memory: Memory, stock: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "KEPT_PASSAGES", 6)
    ann, bob = stock("ann", ANN), stock("bob", BOB)
    first = memory.corpus(ann)
    memory.corpus(bob)
    assert memory.corpus(ann) is not first


async def test_the_loop_searches_only_what_is_at_hand_and_short(
    memory: Memory, stock: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "FRESH_SECONDS", 60.0)
    ann, asked = stock("ann", ANN), "what oil do you put on cutting boards?"
    threads: list[int] = []
    searched = memory.search

    def search_noting(creator_id: str, text: str, k: int = 5) -> Recall:
        threads.append(get_ident())
        return searched(creator_id, text, k)

    monkeypatch.setattr(memory, "search", search_noting)
    found = [(await memory.recall(ann, text)).passages for text in (asked, asked, asked * search.SHORT)]
    assert found[0] == found[1]
    assert [thread == get_ident() for thread in threads] == [False, True, False]


def test_words_count_without_endings_accents_and_case() -> None:
    assert set(tokens("¿Cuánto CUESTAN las camisetas?")) & set(tokens("cuanto cuesta la camiseta")) >= {
        "cuant",
        "camis",
    }
    assert tokens("今天很好") == ["今天", "天很", "很好"]
    lexicon = build(["I paint chairs", "I sell lamps", ""])
    assert lexicon.scores(tokens("who sold the lamps")).argmax() == 1
    assert lexicon.scores(tokens("???")).tolist() == [0.0, 0.0, 0.0]
    assert build([]).scores(["a"]).shape == (0,)


def test_languages_the_encoder_hardly_knows_need_more_than_a_high_cosine() -> None:
    unmeasured = np.full(4, np.nan, np.float32)
    near = Evidence(
        text_words=np.zeros(4, np.float32),
        asked_words=np.array([0, 0, 0, 1], np.float32),
        text_cosine=np.array([0.65, 0.65, 0.85, np.nan], np.float32),
        asked_cosine=np.array([np.nan, np.nan, np.nan, 1], np.float32),
        text_alike=unmeasured,
    )
    english, spanish, chinese, the_same_in_chinese = relevance(near, scale_of(["en", "es", "zh", "zh"]))
    assert english > SUPPORTED > max(spanish, chinese)
    assert the_same_in_chinese > 0.9
    assert above_chance(np.ones(1, np.float32), scale_of(["de"])).tolist() == [1.0]
    words_alone = Evidence(near.asked_words, near.asked_words, unmeasured, unmeasured, unmeasured)
    assert relevance(words_alone, scale_of(["en"] * 4)).argmax() == 3


def test_a_language_the_creator_hardly_writes_in_is_a_short_text_told_wrong() -> None:
    assert trusted(["en"] * 20 + ["nl", ""]) == ["en"] * 22
    assert main_languages(["en"] * 20 + ["nl", ""]) == {"en"}


CHINESE: list[Row] = [
    Pair("wool", "请问你们店里的羊毛围巾可以放进洗衣机里面洗吗？", "不可以，请用冷水手洗，平铺晾干。"),
    Pair("dye", "你们平时给毛线染颜色用的是什么植物？", "主要是茜草和靛蓝，都是自己种的。"),
    Pair("why", "为什么不在网上卖呢？", "因为我喜欢和客人面对面聊天。"),
    *(Said(f"post{n}", f"今天是第{n}天，工作室里一直在下雨，我在整理旧的毛线。") for n in range(60)),
]


async def test_a_chinese_question_typed_carelessly_is_answered_by_what_answered_it_before(
    memory: Memory, stock: Callable[..., str]
) -> None:
    li = stock("li", CHINESE)
    same = await memory.recall(li, "店里的羊毛围巾可以放进洗衣机里洗吗")
    assert (same.supported, same.passages[0].passage.source_id) == (True, "wool")
    assert same.passages[0].question_match > 0.6
    assert not (await memory.recall(li, "请问店里可以教我怎么织毛衣吗")).supported
    assert not (await memory.recall(li, "你觉得这本小说的结局写得好不好？")).supported


async def test_a_chinese_question_of_a_few_characters_is_part_of_many_and_matches_none(
    memory: Memory, stock: Callable[..., str]
) -> None:
    li = stock("li", CHINESE)
    assert not (await memory.recall(li, "为什么呢？")).supported


def test_passages_that_answered_nothing_make_no_question_a_long_one() -> None:
    questions = ["do you ship to canada and what does it cost", "which paint do you use"]
    alone, among_posts = build(questions), build([*questions, *[""] * 500])
    asked = tokens("what does it cost to ship to canada")
    assert among_posts.scores(asked)[:2].tolist() == pytest.approx(alone.scores(asked).tolist())
    assert not among_posts.scores(asked)[2:].any()
