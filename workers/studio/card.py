"""The decision card: everything that led to one outcome."""

from collections.abc import Mapping, Sequence
from typing import Any

from engage.ledger.views import Decision, Exchange
from workers import teaching
from workers.studio import voice_words, words
from workers.studio.parts import Text, box, fact


def draw(item: Exchange, decision: Decision | None) -> None:
    with box("div", "card"):
        if decision is None:
            Text("p", "It is not decided yet.", "muted")
            return
        _draw_reasons(item)
        _draw_taught(item, decision)
        _draw_labels(decision.card.get("labels") or {})
        _draw_sources(decision.card.get("sources") or [])
        with box("section"):
            Text("h3", "How it was made")
            with box("dl", "facts"):
                for name, value in [*_made(decision), *_sent(item, decision)]:
                    fact(name, value, "mono" if name in ("Delivery", "Platform’s id", "Turn") else "")


def _draw_reasons(item: Exchange) -> None:
    if not item.reasons:
        return
    with box("section"):
        Text("h3", "Reasons")
        with box("ul", "plain-list"):
            for word in item.reasons:
                with box("li"):
                    Text("span", words.reason(word))
                    if word in words.REASONS:
                        Text("code", word)


def _draw_taught(item: Exchange, decision: Decision) -> None:
    """What the person changed in the draft, and what the avatar learnt of it."""
    changed, learnt = teaching.changed(item), words.LEARNT.get(decision.learnt)
    if not changed and not learnt:
        return
    with box("section"):
        Text("h3", "What you changed" if changed else "Your own words")
        with box("ul", "plain-list"):
            for one in changed:
                Text("li", f"{one[:1].upper()}{one[1:]}.")
        if learnt:
            Text("p", learnt, "muted")


def _draw_labels(labels: Mapping[str, float]) -> None:
    if not labels:
        return
    with box("section"):
        Text("h3", "Checks")
        with box("ul", "plain-list"):
            for name, score in sorted(labels.items(), key=lambda pair: -pair[1]):
                with box("li", "score"):
                    Text("span", words.LABELS.get(name, name))
                    _draw_meter(score, words.LABELS.get(name, name))


def _draw_meter(score: float, name: str) -> None:
    meter = box("meter")
    meter.props.update({"min": "0", "max": "1", "value": f"{score:.2f}", "aria-label": name})
    Text("span", f"{score:.2f}", "number")


def _draw_sources(sources: Sequence[Mapping[str, Any]]) -> None:
    with box("section"):
        Text("h3", "Your words it found")
        if not sources:
            Text("p", "None were found.", "muted")
            return
        with box("ol", "sources"):
            for source in sources:
                with box("li"):
                    _draw_source(source)


def _draw_source(source: Mapping[str, Any]) -> None:
    passage: Mapping[str, Any] = source.get("passage") or {}
    title = passage.get("title") or passage.get("source_id") or ""
    with box("div", "score"):
        Text("span", f"{passage.get('kind', '')} · {title}", "label")
        _draw_meter(float(source.get("score", 0)), "Relevance")
    if source.get("superseded_by"):
        Text("p", "Older: something newer says otherwise, so nothing stands on this.", "muted")
    if passage.get("question"):
        Text("p", f"Asked: {passage['question']}", "muted")
    Text("p", str(passage.get("text", "")), "quote")


def _made(decision: Decision) -> list[tuple[str, str]]:
    card = decision.card
    supported, style, first = card.get("supported"), card.get("style"), card.get("first_style")
    facts = [
        ("Mode", words.MODES.get(decision.mode, decision.mode)),
        ("Language", card.get("language") or ""),
        ("Supported by your words", "" if supported is None else "yes" if supported else "no"),
        ("Sounds like you", "" if style is None else f"{style:.2f} of 1"),
        ("Before it was written again", "" if first is None else f"{first:.2f} of 1"),
        ("Unlike you", "; ".join(map(voice_words.to_you, card.get("unlike") or ()))),
        ("In private", card.get("private") or ""),
        ("Model", card.get("model") or ""),
        ("Prompt", card.get("prompt_version") or ""),
        ("Tokens", f"{card.get('tokens_in', 0)} in, {card.get('tokens_out', 0)} out"),
        ("Cost", f"{card.get('cost', 0):.4f}"),
        ("Time", f"{card.get('ms', 0)} ms"),
        ("Drafts", str(decision.drafts or "")),
    ]
    return [(name, value) for name, value in facts if value]


def _sent(item: Exchange, decision: Decision) -> list[tuple[str, str]]:
    facts = [
        ("Disclosure", words.DISCLOSURES.get(item.disclosure or "", "")),
        ("Tries to post", str(item.attempts) if item.reply_id else ""),
        ("Posted", f"{item.sent_at:%Y-%m-%d %H:%M:%S} UTC" if item.sent_at else ""),
        ("Platform’s id", decision.receipt_id or ""),
        ("Delivery", ", ".join(decision.deliveries)),
        ("Turn", item.turn_id),
    ]
    return [(name, value) for name, value in facts if value]
