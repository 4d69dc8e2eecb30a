"""Which past answers a model is shown."""

from engage.models import Passage, PassageKind, Scored, Surface
from engage.voice.exemplars import SHOWN, exemplars


def answered(name: str, text: str, match: float, surface: Surface | None = Surface.COMMENT, **about: object) -> Scored:
    kind = about.get("kind", PassageKind.PAIR)
    assert isinstance(kind, PassageKind)
    return Scored(Passage(name, "s", kind, text, question=f"asked {name}", surface=surface), 0.5, question_match=match)


def ids(found: tuple[Passage, ...]) -> list[str]:
    return [one.id for one in found]


def test_the_nearest_come_first_and_no_more_than_a_few() -> None:
    words = [
        "red wool hats",
        "blue garden chairs",
        "old steel bikes",
        "warm rye bread",
        "tall oak shelves",
        "small lamps",
    ]
    known = [answered(f"p{n}", text, n / 10) for n, text in enumerate(words)]
    assert ids(exemplars(known, Surface.COMMENT)) == ["p5", "p4", "p3", "p2"]
    assert SHOWN == 4


def test_of_answers_that_say_the_same_one_is_shown() -> None:
    known = [
        answered("a", "every two hundred kilometres and after rain", 0.9),
        answered("b", "every two hundred kilometres and after rain!", 0.89),
        answered("c", "i use marine grease on all my bearings", 0.6),
    ]
    assert ids(exemplars(known, Surface.COMMENT, 2)) == ["a", "c"]


def test_what_was_written_in_the_same_place_is_preferred() -> None:
    known = [answered("a", "marine grease always", 0.5), answered("b", "yes every spring", 0.45, Surface.LIVE)]
    assert ids(exemplars(known, Surface.LIVE, 1)) == ["b"]


def test_what_the_creator_wrote_in_the_avatars_place_is_preferred() -> None:
    known = [
        answered("a", "marine grease always", 0.6),
        answered("b", "yes every spring", 0.5, kind=PassageKind.CORRECTION),
    ]
    assert ids(exemplars(known, Surface.COMMENT, 1)) == ["b"]


def test_what_was_answered_in_private_is_shown_to_no_other_follower() -> None:
    private = [answered("a", "yes every spring", 0.9, Surface.DM)]
    assert exemplars(private, Surface.COMMENT) == ()
    assert exemplars(private, Surface.DM) == ()


def test_posts_and_one_word_answers_and_essays_show_no_manner_of_replying() -> None:
    known = [
        answered("a", "a post of mine", 0.9, kind=PassageKind.POST),
        answered("b", "yes", 0.9),
        answered("c", "word " * 80, 0.9),
    ]
    assert exemplars(known, Surface.COMMENT) == ()
