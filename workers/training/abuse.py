"""Abuse: insults, hate and threats."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from engage.triage.features import Shape
from engage.triage.lexicon import roles
from engage.triage.pieces import pieces
from workers.training.examples import Example, rows
from workers.training.ordinary import dialogues, ordinary, sentences
from workers.training.recipe import Recipe
from workers.training.written import NO_LABEL, written

_HARMS = ("hate", "hate_threatening", "harassment")
_HARMLESS = 1.6  # what a harmless row of HateCheck weighs: there are 2.3 hateful ones for each
_REJECTING = 2.5  # and one that denies or rejects hate: who does must not be silenced
_REMARK = 4.0
_INSULT = 10.0  # there are few plain insults beside all that is none
_PLAIN = 1.0
_PEACEFUL = 0.25
_REMARKS = Path(__file__).parent / "data" / "remarks.toml"


def read(folder: Path) -> list[Example]:
    """HateCheck in English and other languages, moderated samples, remarks of our own, and ordinary talk."""
    spoken = [replace(one, weight=_PEACEFUL) for one in (*dialogues(folder), *sentences(folder))]
    talk = [*ordinary(folder, weight=0.5), *peaceful(), *spoken]
    return [*hatecheck(folder), *moderated(folder), *remarks(), *talk]


def peaceful() -> Iterator[Example]:
    """What was written for other models and insults nobody, in 25 languages."""
    for one in written(NO_LABEL, _PLAIN, _PLAIN):
        if one.kind != "written, attack":
            yield one if one.kind == "written, none" else replace(one, weight=_PEACEFUL)


def hatecheck(folder: Path) -> Iterator[Example]:
    """Functional tests; texts of one template are one group.

    An insult at a single person who is spoken to is "non-hateful" there and abuse here: such rows weigh nothing while
    fitting, and count as they are labelled when figures are told.
    """
    for name in ("hatecheck_en", "mhc_multilingual"):
        for row in rows(folder / "toxicity_hatecheck" / f"{name}.jsonl"):
            text, language, kind = row["text"], row["lang"], row["functionality"]
            deserves = row["label"] == "hateful"
            insult = kind == "target_indiv_nh" and "you" in roles(pieces(text), language)
            rejects = kind.startswith(("negate_neg", "counter"))
            weight = 0.0 if insult else 1.0 if deserves else _REJECTING if rejects else _HARMLESS
            yield Example(text, deserves, f"{language} {row['template']}", kind, language, weight)


def moderated(folder: Path) -> Iterator[Example]:
    """Samples that people looked at for hate and harassment."""
    for row in rows(folder / "toxicity_moderation_eval" / "samples.jsonl"):
        known = [row["labels"][harm] for harm in _HARMS if harm in row["labels"]]
        if len(known) > 1 or any(known):
            yield Example(row["text"], any(known), row["id"], "moderated")


def remarks() -> Iterator[Example]:
    """Insults and harmless remarks in many languages; the same remark in all of them is one group."""
    for label, languages in tomllib.loads(_REMARKS.read_text(encoding="utf-8")).items():
        for language, lines in languages.items():
            for number, line in enumerate(lines.strip().splitlines()):
                weight = _INSULT if label == "abuse" else _REMARK
                yield Example(line, label == "abuse", f"{label} {number}", f"remark {label}", language, weight)


RECIPE = Recipe(
    "abuse",
    read,
    languages="",
    shape=Shape(2, 2, 4, roles=True),
    ridge=0.5,
    meaning_ridge=0.3,
    doubt=(0.005, 0.995),
    lean=-0.3,  # HateCheck is told as well, and a quarter less of ordinary lines is taken for abuse
)
