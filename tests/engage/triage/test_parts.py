"""A message is looked at in parts, so that a question does not drown in it."""

from engage.triage.parts import seen_parts


def test_a_sentence_of_a_long_message_is_a_part_of_its_own() -> None:
    said = "i loved the bread so much. are you a bot? the crust was perfect and my kids ate it all."
    assert any("w are you a" in words and "w ▁ are" in words for _, words, _, _ in seen_parts(said))


def test_a_clause_of_a_long_sentence_is_a_part_of_its_own() -> None:
    said = "the crust was perfect and my kids ate it all, are you a bot, thanks"
    assert any("w ▁ are" in words and "w bot ▁" in words for _, words, _, _ in seen_parts(said))


def test_two_sentences_that_belong_together_are_one_part() -> None:
    said = "my friend thinks this is a machine. are you?"
    assert any({"w machine", "w are you"} <= set(words) for _, words, _, _ in seen_parts(said))


def test_chat_that_neither_asks_nor_names_any_of_it_is_not_looked_at() -> None:
    assert list(seen_parts("the crust was perfect and my kids loved it")) == []


def test_a_long_text_has_few_parts() -> None:
    assert len(list(seen_parts("is it a bot? or not, or so. " * 200))) <= 40


def test_what_follows_a_machine_is_seen() -> None:
    shapes = [shape for *_, shape in seen_parts("are you a robot kangaroo?")]
    assert all("s bot _ ?" in shape for shape in shapes)
