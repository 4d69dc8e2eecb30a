"""Learning a voice: from the creator's own texts and other people's to a score calibrated on texts left out. Pure.

docs/adr/0013-what-a-style-score-means.md has the figures.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engage.memory.evidence import main_languages
from engage.models import Passage, PassageKind
from engage.voice import contrast, logistic
from engage.voice.contrast import Group
from engage.voice.delta import word_use
from engage.voice.features import Grams, grams
from engage.voice.habits import habits
from engage.voice.occasions import by_reaction, by_surface
from engage.voice.ordinary import ordinary
from engage.voice.profile import MEASURES, Counts, Numbers, Scale, Voice, count, evened, lengths, style_of
from engage.voice.spread import spread_over
from engage.voice.usual import usual_of

FOLDS = 4
FEWEST = 20  # texts a style can be learnt from
MOST = 400  # more make it slower, hardly better
MOST_ASKED = 150
MOST_OTHERS = 500
BORDER = 20  # per cent of the creator's own texts that sound less like them than a draft should …
HIGHEST = 0.9  # … but where nobody is near them, this is alike enough
LONGEST = 1_500  # characters of a text that are read
FEWEST_REPLIES = 60  # with fewer, posts are read too: they are the same person, but not the same kind of text
REPLIES = (PassageKind.PAIR, PassageKind.FAQ, PassageKind.CORRECTION, PassageKind.PRIVATE)
# What texts weigh together: as much as the creator's own. Followers write of the same things, so that subjects tell
# nothing; other creators answer as creators do.
OWN, ASKED, OTHERS, ORDINARY = 0.5, 0.02, 0.38, 0.1


def build_voice(passages: Sequence[Passage], others: Sequence[str] = ()) -> Voice:
    """The voice in a creator's passages: their replies before their posts. others: what other creators replied."""
    own = _own_texts(passages)
    asked = [one.question for one in passages if one.kind is PassageKind.PAIR and one.question]
    return replace(
        learn(own, asked, others),
        surfaces=by_surface(passages),
        reactions=by_reaction(passages),
        languages=main_languages(one.language for one in passages),
        word_use=word_use(own),
    )


def has_style(passages: Sequence[Passage]) -> bool:
    """Whether there are texts enough to learn a style from; without, other creators' replies tell nothing."""
    return len(_own_texts(passages)) >= FEWEST


def _own_texts(passages: Sequence[Passage]) -> list[str]:
    replies = [one.text for one in passages if one.kind in REPLIES]
    posts = [one.text for one in passages if one.kind is PassageKind.POST]
    return replies if len(replies) >= FEWEST_REPLIES else replies + posts


def learn(texts: Sequence[str], asked: Sequence[str] = (), others: Sequence[str] = ()) -> Voice:
    """The voice in some texts. asked: what followers wrote to them; others: what other creators replied."""
    own = spread_out(texts, MOST)
    shown, usual = habits(own), usual_of(own)
    if len(own) < FEWEST:
        return Voice(shown, usual)
    mine = set(own)  # a creator may stand in the ledger twice
    others = [text for text in others if text not in mine]
    kinds = [(own, OWN), (spread_out(asked, MOST_ASKED), ASKED)]
    kinds += [(spread_out(others, MOST_OTHERS), OTHERS), (list(ordinary()), ORDINARY)]
    groups = _groups([kind for kind in kinds if kind[0]])
    fitted, left_out = contrast.fit(groups)
    rest = [text for some, _ in kinds[1:] for text in some]
    found = [one for group in groups for one in group.grams]
    style = style_of(count(own, found[: len(own)]), lengths(own))
    measured = np.empty((len(found), MEASURES))
    measured[: len(own), :3] = _left_out(own, found[: len(own)])
    measured[len(own) :, :3] = [style.measure(text, one) for text, one in zip(rest, found[len(own) :], strict=True)]
    measured[:, 3] = left_out
    scale = _scale(measured, groups)
    chances = scale.chance(measured)
    border, ceiling = np.percentile(chances[: len(own)], [BORDER, 50]).round(3).tolist()
    border = min(border, HIGHEST)
    floor = round(float(np.median(chances[len(own) :])), 3)
    return Voice(shown, usual, style=style, contrast=fitted, scale=scale, ceiling=ceiling, floor=floor, border=border)


def spread_out(texts: Sequence[str], most: int) -> list[str]:
    """At most so many of the texts, evenly over the whole, each once."""
    return spread_over(list(dict.fromkeys(text[:LONGEST] for text in texts if text.strip())), most)


def _groups(kinds: Sequence[tuple[list[str], float]]) -> list[Group]:
    """The creator's own texts first. What there is of other people's weighs as much as they do."""
    (own, share), *others = kinds
    whole = sum(weight for _, weight in others)
    theirs = [Group([grams(text) for text in texts], (1 - share) * weight / whole, -1) for texts, weight in others]
    return [Group([grams(text) for text in own], share, 1), *theirs]


def _left_out(own: Sequence[str], found: Sequence[Grams]) -> Numbers:
    """What the creator's own texts measure when the style was learnt without them: (texts, 3)."""
    measured = np.empty((len(own), 3))
    whole: Counts = count(own, found)
    usual = lengths(own)
    for fold in range(FOLDS):
        held = range(fold, len(own), FOLDS)
        style = style_of(whole - count([own[n] for n in held], [found[n] for n in held]), usual)
        for n in held:
            measured[n] = style.measure(own[n], found[n])
    return measured


def _scale(measured: Numbers, groups: Sequence[Group]) -> Scale:
    """What the measures are worth for this creator: fitted on texts that were left out when they were measured."""
    size = len(groups[0].grams)
    centre, spread = measured[:size].mean(axis=0), measured[:size].std(axis=0) + 1e-6
    shares = np.concatenate([np.full(len(one.grams), one.share / len(one.grams)) for one in groups]) * len(measured)
    own = np.arange(len(measured)) < size
    return Scale(centre, spread, logistic.fit(evened(measured, centre, spread), own, shares))
