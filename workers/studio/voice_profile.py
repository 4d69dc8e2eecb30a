"""How you write: the profile of a creator's own texts, for them to read."""

from collections.abc import Mapping
from typing import Any

from engage.models import Persona
from workers.studio import voice_words, words
from workers.studio.figures import draw_table
from workers.studio.parts import Text, box, fact
from workers.voices import Learnt

SHOWN = 6  # openings, endings, emoji
PHRASES = 8
COLUMNS = ("", "Texts", "Words", "Emoji", "“!”", "Asks back", "Greets")


class ProfilePanel:
    """Drawn again only where something else was learnt."""

    def __init__(self) -> None:
        self._shown: tuple[Learnt, str] | None = None
        with box("section", "row-card").props("aria-labelledby=voice-profile"):
            Text("h2", "How you write").props("id=voice-profile")
            self._body = box("div", "part")

    def clear(self) -> None:
        self._shown = None
        self._body.clear()

    def show(self, learnt: Learnt, persona: Persona) -> None:
        if self._shown == (learnt, persona.name):
            return
        self._shown = (learnt, persona.name)
        self._body.clear()
        with self._body:
            self._draw(learnt, persona)

    def _draw(self, learnt: Learnt, persona: Persona) -> None:
        from engage.voice.learning import FEWEST
        from engage.voice.profile import as_json

        told = as_json(learnt.voice)
        texts = learnt.voice.usual.texts
        if not told["known"]:
            with box("div", "advice"):
                Text("p", f"{voice_words.missing(texts, FEWEST)} {voice_words.FEW}")
                Text("p", voice_words.HOW_TO_IMPORT.format(name=persona.name), "mono")
        if texts:
            _draw_facts(told, learnt)
        rows = [_row(words.SURFACES[name], one) for name, one in _of(told["surfaces"])]
        rows += [_row(voice_words.REACTIONS.get(name, name), one) for name, one in _of(told["reactions"])]
        if rows:
            draw_table("How you write, by occasion", voice_words.OCCASIONS, COLUMNS, rows)
        elif texts:
            Text("p", "By surface and occasion: known from 20 texts of a kind.", "muted small")


def _of(found: Any) -> list[tuple[str, Mapping[str, Any]]]:
    return sorted(found.items(), key=lambda pair: -pair[1]["texts"])


def _draw_facts(told: Mapping[str, Any], learnt: Learnt) -> None:
    from engage.voice.usual import described

    habits = [voice_words.to_you(one) for one in described(learnt.voice.usual)[1:]]
    languages = [voice_words.LANGUAGES.get(code, code) for code in told["languages"]]
    facts = [
        ("Learnt from", voice_words.learnt_from(learnt.voice.usual.texts, learnt.known)),
        ("Usual length", voice_words.length(told)),
        ("Always or never", " ".join(habits)),
        ("Languages", ", ".join(languages)),
        ("Emoji you use", "  ".join(list(told["emoji_used"])[:SHOWN])),
        ("You often begin with", _quoted(told["openings"], SHOWN)),
        ("You often end with", _quoted(told["endings"], SHOWN)),
        ("Phrases of yours", _quoted(told["phrases"], PHRASES)),
        ("Your own texts score", _scores(told)),
    ]
    with box("dl", "facts wide-facts"):
        for name, value in facts:
            if value:
                fact(name, value)


def _scores(told: Mapping[str, Any]) -> str:
    if not told["known"]:
        return ""
    ceiling, floor, border = (voice_words.score(told[name]) for name in ("ceiling", "floor", "border"))
    return f"{ceiling} at the median; other people’s {floor}. Four fifths of yours reach {border}."


def _quoted(found: Any, most: int) -> str:
    return ", ".join(f"“{one}”" for one in list(found)[:most])


def _row(name: str, usual: Mapping[str, Any]) -> list[str]:
    size = usual["length_words"]
    spread = f"{size['p50']:.0f} ({size['p10']:.0f}–{size['p90']:.0f})"
    shares = [voice_words.share(usual.get(trait)) for trait in ("emoji", "exclaims", "asks", "greets")]
    return [name, str(usual["texts"]), spread, *shares]
