"""A table of figures that scrolls within itself where a phone is too narrow for it."""

from collections.abc import Sequence

from workers.studio.parts import Text, box


def draw_table(label: str, caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A row's first value is its heading."""
    Text("p", caption, "muted small")
    region = box("div", "scrolls").props("role=region tabindex=0")
    region.props["aria-label"] = label
    with region, box("table", "figures") as table:
        table.props["aria-label"] = f"{label}: {caption}"
        with box("thead"), box("tr"):
            for name in columns:
                Text("th", name).props("scope=col")
        with box("tbody"):
            for row in rows:
                _draw_row(row)


def _draw_row(row: Sequence[str]) -> None:
    with box("tr"):
        Text("th", row[0]).props("scope=row")
        for value in row[1:]:
            Text("td", value)
