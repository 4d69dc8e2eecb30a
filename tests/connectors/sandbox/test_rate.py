"""A strict window: at most so many in any span, and not one more."""

from datetime import UTC, datetime, timedelta

from connectors.sandbox.network.rate import Window

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_any_span_holds_no_more_than_the_limit() -> None:
    window = Window()
    assert [window.refuses(2, 10 * SECOND, NOON + at * SECOND) for at in (0, 9)] == [None, None]
    assert window.refuses(2, 10 * SECOND, NOON + 9.5 * SECOND) == 0.5 * SECOND
    assert window.refuses(2, 10 * SECOND, NOON + 10 * SECOND) is None  # the first has left
    assert window.refuses(2, 10 * SECOND, NOON + 11 * SECOND) == 8 * SECOND


def test_what_is_refused_does_not_count() -> None:
    window = Window()
    window.refuses(1, SECOND, NOON)
    for part in range(9):
        assert window.refuses(1, SECOND, NOON + part * 0.1 * SECOND) is not None
    assert window.refuses(1, SECOND, NOON + SECOND) is None
