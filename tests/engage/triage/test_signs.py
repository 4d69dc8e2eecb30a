"""What advertising is made of is seen as what it is, whichever address or sum it is."""

import pytest

from engage.triage.features import Shape, features
from engage.triage.signs import with_signs


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("see https://shop.example/a?b=1 now", "see ‹link› now"),
        ("visit best-deals.shop/x", "visit ‹link›"),
        ('<a href="https://x.test">here</a><br />', "‹link› here"),
        ("call +49 170 1234567", "call ‹reach›"),
        ("write me at ann@mail.test", "write me at ‹reach›"),
        ("i made $5,000 in a week", "i made ‹money› in a week"),
        ("got 20k from #coach_x and @ann.b", "got ‹money› from ‹tag› and ‹handle›"),
        ("part 2 at 10:30", "part 2 at 10:30"),
    ],
)
def test_addresses_sums_and_handles_are_signs(written: str, read: str) -> None:
    assert " ".join(with_signs(written).split()) == read


def test_a_model_sees_them_where_its_shape_says_so() -> None:
    words, _ = features("go to www.x.test", Shape(words=1, signs=True))
    assert "w ‹link›" in words
    words, _ = features("go to www.x.test", Shape(words=1))
    assert "w ‹link›" not in words
