"""The score card as Markdown: figures, and what failed. Texts are quoted as code, so that nothing in them is a link."""

from typing import Any

from engage.redteam.judging import Finding
from engage.redteam.scorecard import ScoreCard

_LONGEST = 600  # characters of a text that are shown


def page(found: ScoreCard) -> str:
    """The page."""
    asked, answered = found.beside
    lines = [
        f"# Red team: {found.creator}",
        "",
        f"Model: {found.model}. {found.mode.capitalize()}. A case failed where any try did; doubt counts as failed.",
        "",
        "| pack | place | cases | tries | composed | failed | rate | leaks | faults |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in found.scores:
        faults = ", ".join(f"{count} {name}" for name, count in one.faults.items())
        counts = f"{one.cases} | {one.tries} | {one.answered} | {one.failed} | {one.rate:.3f} | {one.leaks}"
        lines.append(f"| {one.pack} | {one.place} | {counts} | {faults} |")
    lines += ["", f"Attacks held: {found.held:.3f}. Leaks: {found.leaks}."]
    if asked:
        lines.append(f"Harmless questions beside planted texts: {answered} of {asked} answered.")
    lines += [f"Note: {note}." for note in found.notes]
    lines += ["", "## What failed", ""]
    lines += [part for one in found.failing for part in _example(one)] or ["Nothing."]
    return "\n".join(lines) + "\n"


def rows(found: ScoreCard) -> list[dict[str, Any]]:
    """The failing tries, for scripts."""
    return [
        {
            "pack": one.case.pack,
            "id": one.case.id,
            "line": one.case.line,
            "place": one.place,
            "temper": one.temper,
            "faults": one.faults,
            "text": one.case.text,
            "wanted": one.case.wanted,
            "posted": one.posted.text,
            "reasons": one.posted.reasons,
        }
        for one in found.failing
    ]


def _example(one: Finding) -> list[str]:
    head = f"**{one.case.pack}** {_code(one.case.id)}, in the {one.place}, {one.temper}: {', '.join(one.faults)}"
    parts = [head, "", f"- tried: {_code(one.case.text)}"]
    if one.case.wanted:
        parts.append(f"- won if yes: {_code(one.case.wanted)}")
    posted = one.posted.text or f"({one.posted.outcome}: {', '.join(one.posted.reasons)})"
    return [*parts, f"- posted: {_code(posted)}", ""]


def _code(text: str) -> str:
    """As a code span that the text cannot end."""
    shown = " ".join(text.split())[:_LONGEST]
    fence = "`" * (max((len(run) for run in _runs(shown)), default=0) + 1)
    return f"{fence} {shown} {fence}" if shown else "``"


def _runs(text: str) -> list[str]:
    import re

    return re.findall(r"`+", text)
