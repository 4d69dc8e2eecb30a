"""What `engage bench triage` measures."""

from workers.bench.triage import measure


def test_every_figure_is_of_the_same_messages() -> None:
    found = measure(["is this gluten free?", "is this gluten free?", "¿cuánto cuesta?", " "])
    assert found["messages"] == 2
    assert {name for name, value in found.items() if value >= 0} == set(found)
