"""Followers' words are looked at without who wrote them."""

import pytest

from engage.memory.anonymous import without_people


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("write to ana.c+x@mail.example.org please", "write to [email] please"),
        ("call +44 20 7946 0958!", "call [phone]!"),
        ("@maya_l and @Bo do you ship?", "[name] and [name] do you ship?"),
        ("my profile is https://social.example/ana", "my profile is [url]"),
        ("My name is Ludmila, do you ship?", "My name is [name], do you ship?"),
        ("is ANA on the list? it's Costa", "is [name] on the list? it's [name]"),
        ("costs 35.50 on 2026-11-27", "costs 35.50 on 2026-11-27"),
        ("banana bread", "banana bread"),
    ],
)
def test_contacts_and_names_are_masked_and_nothing_else(text: str, shown: str) -> None:
    assert without_people(text, ("Ana Costa", "u_ana")) == shown


def test_a_name_too_short_to_tell_is_left_alone() -> None:
    assert without_people("do you do it in al dente style?", ("Al",)) == "do you do it in al dente style?"
