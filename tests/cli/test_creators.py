"""Changing what is known of a creator."""

from tests.cli.conftest import Engage


def test_what_is_given_changes_and_the_rest_stays(engage: Engage) -> None:
    assert engage("creator", "add", "mira", "--bio", "Bakes bread.", "--link", "a.example").code == 0
    changed = engage(
        "creator", "set", "mira", "--freedom", "strict", "--link", "b.example", "--link", "c.example"
    ).rows[0]
    assert (changed["freedom"], changed["bio"], changed["allowed_links"]) == (
        "strict",
        "Bakes bread.",
        ["b.example", "c.example"],
    )
    assert engage("creator", "set", "mira").rows[0] == changed


def test_an_unknown_freedom_or_creator_is_refused(engage: Engage) -> None:
    assert engage("creator", "add", "mira").code == 0
    wrong = engage("creator", "set", "mira", "--freedom", "wild")
    assert wrong.code == 2
    assert "creative" in wrong.err
    assert engage("creator", "set", "nobody", "--freedom", "strict").code == 1


def test_a_bio_that_denies_being_automated_is_refused(engage: Engage) -> None:
    refused = engage("creator", "add", "mira", "--bio", "I am not a bot.")
    assert (refused.code, "denies being automated" in refused.err) == (1, True)
    assert engage("creator", "add", "mira").code == 0
    assert engage("creator", "set", "mira", "--bio", "I am not a bot.").code == 1
    assert engage("creator", "list", "--json").rows[0][0]["name"] == "mira"
