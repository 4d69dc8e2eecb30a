"""What a sentence stands on, and what it does not."""

import pytest

from engage.compose.grounding import STANDS, answers, best, ground, overlap, stands, stated
from engage.memory.statements import numbers, tokens
from engage.models import Evidence, Passage, PassageKind, Scored

SCARF = Passage(
    "scarf",
    "shop",
    PassageKind.PRODUCT,
    "The wool scarf costs €35. The felt hat costs €20. Both are made by hand in our studio in Lyon.",
    title="Wool scarf",
    url="https://tilly.shop.example/scarf",
)
VEGAN = Passage("vegan", "faq", PassageKind.FAQ, "Yes, all of them are.", question="Are your brushes vegan?")
NORWAY = Passage("norway", "faq", PassageKind.FAQ, "We do not ship to Norway.", question="Do you ship to Norway?")
PAPER = Passage(
    "paper",
    "post",
    PassageKind.POST,
    "I stretch my watercolour paper overnight with brown tape. It stays flat for 3 weeks. Cold water works best.",
)
CHINESE = Passage("zh", "post", PassageKind.POST, "这条围巾是羊毛做的。价格是200元。")
KNOWN = [Scored(passage, 0.9) for passage in (SCARF, VEGAN, NORWAY, PAPER, CHINESE)]

PARAPHRASES = [
    ("The scarf costs €35.", "scarf"),
    ("It's €35 for the wool scarf.", "scarf"),
    ("The hat costs 20,00 euros.", "scarf"),
    ("They are made by hand in Lyon.", "scarf"),
    ("Yes, the brushes are vegan.", "vegan"),
    ("All my brushes are vegan!", "vegan"),
    ("We don't ship to Norway.", "norway"),
    ("Sorry, no shipping to Norway.", "norway"),
    ("I stretch the paper overnight.", "paper"),
    ("Watercolour paper is stretched with brown tape.", "paper"),
    ("Use cold water, it works best.", "paper"),
    ("围巾是羊毛做的。", "zh"),
]
INVENTIONS = [
    "The scarf costs €36.",
    "The scarf costs $35.",
    "The hat costs €35.",
    "They are made by hand in Peru.",
    "The brushes aren't vegan.",
    "The brushes are made of hair.",
    "We ship to Norway.",
    "The paper stays flat for 4 weeks.",
    "I stretch the paper for an hour in the bath.",
    "My grandmother taught me to paint.",
    "You get a discount with this code.",
    "Warm milk works wonders.",
    "围巾不是羊毛做的。",
    "价格是300元。",
]


@pytest.mark.parametrize(("sentence", "passage"), PARAPHRASES)
def test_a_paraphrase_stands_on_the_passage_it_retells(sentence: str, passage: str) -> None:
    [evidence] = ground(sentence, KNOWN)
    assert (evidence.sentence, evidence.passage_id) == (sentence, passage)
    assert STANDS <= evidence.score <= 1


@pytest.mark.parametrize("sentence", INVENTIONS)
def test_an_invention_stands_on_nothing(sentence: str) -> None:
    assert ground(sentence, KNOWN) == ()


def test_every_sentence_is_looked_at_on_its_own() -> None:
    found = ground("The scarf costs €35. My grandmother taught me to paint. We don't ship to Norway.", KNOWN)
    assert [one.passage_id for one in found] == ["scarf", "norway"]


def test_without_passages_nothing_is_grounded() -> None:
    assert ground("The scarf costs €35.", []) == ()
    assert best("The scarf costs €35.", []) is None


def test_words_the_passage_says_itself_count_fully() -> None:
    assert overlap("The wool scarf costs €35.", SCARF) == 1.0


def test_a_question_alone_proves_nothing() -> None:
    evasive = Passage("e", "p", PassageKind.PAIR, "Haha, good one.", question="Is the scarf vegan?")
    assert overlap("The scarf is vegan.", evasive) == 0.0


def test_what_only_the_follower_asked_is_no_support() -> None:
    washing = Passage("w", "p", PassageKind.PAIR, "Cold water is best.", question="How do I wash the scarf by hand?")
    assert overlap("Wash the scarf by hand with water.", washing) < STANDS
    assert overlap("Cold water is best.", washing) == 1.0


@pytest.mark.parametrize(
    "question", ["Does the wool scarf cost €35?", "“Does the scarf cost €35?”", "围巾是羊毛做的？"]
)
def test_a_question_stands_on_nothing(question: str) -> None:
    assert ground(question, KNOWN) == ()


def test_a_name_the_sentence_speaks_to_needs_no_passage() -> None:
    assert overlap("Hey Ana, the wool scarf costs €35.", SCARF) >= STANDS


def test_german_nouns_are_not_taken_for_names() -> None:
    wool = Passage("de", "p", PassageKind.POST, "Der Schal ist aus reiner Wolle und kommt aus Lyon.")
    assert overlap("Das ist ein schöner Schal und er kommt aus reiner Wolle.", wool) >= STANDS


@pytest.mark.parametrize("same", ["1200", "1,200", "1.200", "١٢٠٠"])
def test_one_number_has_many_notations(same: str) -> None:
    assert numbers(f"It is {same} km") == {"1200"}


def test_prices_are_equal_with_and_without_cents() -> None:
    assert numbers("35,00") == numbers("35.00") == numbers("35") == {"35"}
    assert numbers("35.50") == numbers("35,5")


def test_a_sentence_is_stated_by_its_entry() -> None:
    one, two = Evidence("It costs €35.", "scarf", 1.0), Evidence("https://tilly.shop.example/scarf", "scarf", 1.0)
    assert stated("It costs €35.", (one, two)) == (one,)
    assert stated("@ana It costs €35. https://tilly.shop.example/scarf", (one, two)) == (one, two)


def test_a_sentence_that_says_more_than_its_entry_is_not_stated() -> None:
    assert stated("It costs €35 and is vegan.", (Evidence("It costs €35", "scarf", 1.0),)) == ()
    assert stated("…", (Evidence("It costs €35", "scarf", 1.0),)) == ()


def test_an_entry_is_checked_against_its_passage() -> None:
    true, false = Evidence("The felt hat costs €20.", "scarf", 1.0), Evidence("The felt hat is free.", "scarf", 1.0)
    assert stands(true.sentence, true, SCARF)
    assert not stands(false.sentence, false, SCARF)
    address = Evidence("https://tilly.shop.example/scarf", "scarf", 1.0)
    assert stands(address.sentence, address, SCARF)


@pytest.mark.parametrize("sentence", ["Yes!", "No.", "Oui, bien sûr.", "¡Sí!", "是的", "はい", "It's totally free."])
def test_yes_and_no_answer(sentence: str) -> None:
    assert answers(sentence)


@pytest.mark.parametrize("sentence", ["No problem!", "Feel free to ask.", "Thanks!", "Yesterday was fun."])
def test_what_only_sounds_like_yes_or_no_does_not_answer(sentence: str) -> None:
    assert not answers(sentence)


def test_words_lose_endings_and_empty_words_go() -> None:
    assert tokens("The brushes are shipping") == tokens("a brush, shipped") | (tokens("shipping") - tokens("shipped"))
    assert "the" not in tokens("the brush")
