"""The second judge: who wrote it?"""

from engage.evaluate.authorship import Characters, writer_of, writers

SHOUTS = [f"WOW!!! number {n} is SO GOOD!!! LOVE it!!!" for n in range(30)]
CALM = [f"i suppose number {n} will do, thank you kindly." for n in range(30)]


def test_a_text_is_given_to_the_writer_it_surprises_least() -> None:
    known = writers({"loud": SHOUTS, "calm": CALM})
    assert writer_of("LOVE number 77!!!", known) == "loud"
    assert writer_of("i suppose so, thank you.", known) == "calm"


def test_a_writer_of_a_few_texts_is_not_known() -> None:
    assert set(writers({"loud": SHOUTS, "calm": CALM[:19]})) == {"loud"}


def test_the_chances_of_all_characters_are_at_most_one() -> None:
    model = Characters(["abab", "abba"])
    chances = [model._chance("a", letter) for letter in "ab\x02\x03"]
    assert 0 < sum(chances) <= 1


def test_what_nobody_ever_wrote_can_be_judged() -> None:
    assert Characters(["abc"]).surprise("完全不同") > Characters(["abc"]).surprise("abc")
    assert Characters([]).surprise("abc") > 0
