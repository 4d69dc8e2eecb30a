"""Documents cut into passages, and texts into sentences."""

import pytest

from engage.memory.importers.rows import Faq, Pair, Product, Said
from engage.memory.passages import WORDS, cut, pieces, row_digest
from engage.memory.sentences import count_words, split_sentences
from engage.models import PassageKind

LONG = " ".join(f"This is sentence number {n} of a long post about lamps." for n in range(60))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Hi there. How are you? Fine!", ["Hi there.", "How are you?", "Fine!"]),
        ("Dr. Who met Mr. Smith at 3.5 km. Then he left.", ["Dr. Who met Mr. Smith at 3.5 km.", "Then he left."]),
        ("Wait... what? e.g. this one", ["Wait... what? e.g. this one"]),
        ('She said "No. Never. Not me." And left.', ['She said "No. Never. Not me."', "And left."]),
        ("¿Cuánto cuesta? ¡Nada! Es gratis.", ["¿Cuánto cuesta?", "¡Nada!", "Es gratis."]),
        ("今天很好。你呢？很好！", ["今天很好。", "你呢？", "很好！"]),
        ("one line\nanother line", ["one line", "another line"]),
        ("यह अच्छा है। और वह भी।", ["यह अच्छा है।", "और वह भी।"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, sentences: list[str]) -> None:
    assert list(split_sentences(text)) == sentences


def test_splitting_a_very_long_text_is_quick() -> None:
    assert len(split_sentences(LONG * 200)) > 10_000


def test_a_post_becomes_passages_of_whole_sentences() -> None:
    passages = cut(Said("s", LONG))
    assert len(passages) > 5
    assert all(count_words(one.text) <= WORDS for one in passages)
    assert all(one.text.endswith(".") for one in passages)
    assert " ".join(one.text for one in passages) == LONG


def test_chinese_is_measured_by_its_characters() -> None:
    assert len(cut(Said("z", "今天我们来谈谈新的灯光设备。" * 40))) > 3


def test_a_text_without_any_full_stop_is_still_cut() -> None:
    assert all(count_words(piece) <= WORDS * 1.5 for piece in pieces("word " * 1000))


def test_a_short_rest_is_not_a_passage_of_its_own() -> None:
    assert len(pieces("Some words here to fill. " * 16 + "The end.")) == 1


def test_ids_stay_the_same_from_import_to_import() -> None:
    assert [one.id for one in cut(Said("s", LONG))] == [one.id for one in cut(Said("s", LONG))]
    assert row_digest(Said("s", LONG)) == row_digest(Said("s", LONG)) != row_digest(Said("s", LONG + "!"))


def test_an_answer_stays_whole_and_keeps_its_question() -> None:
    (pair,) = cut(Pair("x", "Which lamp?", LONG))
    (faq,) = cut(Faq("x", "Which lamp?", "The small one."))
    assert (pair.kind, pair.question, pair.text) == (PassageKind.PAIR, "Which lamp?", LONG)
    assert pair.id != faq.id


def test_a_product_is_one_passage_with_name_price_and_address() -> None:
    (product,) = cut(Product("m", "Mug", "Holds tea.", "12 €", "https://example.com/mug"))
    assert product.text == "Mug – 12 €\nHolds tea."
    assert (product.title, product.url, product.source_id) == ("Mug", "https://example.com/mug", "m")


def test_the_language_is_told_where_there_is_enough_text() -> None:
    assert cut(Said("a", "Hoy vamos a hablar de la luz y de las cámaras que uso en casa."))[0].language == "es"
    assert cut(Said("b", "Ok"))[0].language == ""
