"""Which language a short text is written in. Pure; the model of py3langid is read once, on first use (0.7 s).

A script that belongs to one language decides alone. Otherwise the classifier decides among the languages people write
to creators in, with a lean towards the creator's own language and English that fades as the text gets longer: three
words say little, and most followers write in the language of the post.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from engage.triage.normalise import clean, without_links
from engage.triage.words import load

_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ja", re.compile("[\u3040-\u30ff\uff66-\uff9f]")),
    ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("th", re.compile("[\u0e01-\u0e5b]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("bn", re.compile("[\u0980-\u09ff]")),
    ("ta", re.compile("[\u0b80-\u0bff]")),
    ("te", re.compile("[\u0c00-\u0c7f]")),
    ("ka", re.compile("[\u10a0-\u10ff]")),
    ("hy", re.compile("[\u0530-\u058f]")),
)
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile("[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]")
# Hindi in Latin letters, which the classifier does not know: small words that no other language here is full of.
_HINGLISH = re.compile(
    r"(?<![^\W_])(?:hai|hain|nahi|nahin|kya|kyu|kyun|kyon|mujhe|mujhse|mera|meri|mere|tumhe|tumhara|tumhari|tumhare|humara|humare"
    r"|hume|hamare|aapka|aapko|chahiye|chaiye|karna|karte|karta|karti|karo|kiya|raha|rahe|rahi|sakta|sakte|sakti|liye|aur|bhi|yeh"
    r"|hoon|hun|tha|thi|hota|hote|hoti|hoga|hona|kaise|kaisa|kaun|kahan|kabhi|bahut|bhai|accha|achha|acche|sabhi|saare|unhe|inko|unko"
    r"|wala|wale|wali|kuch|koi|lekin|agar|abhi|dunga|jaise|itna|itne|itni|kitna|kitne|log|logo|jana|gaya|gayi|dena|batao|bolo|yaar"
    r"|ke|ki|ko|ka|se|mein|mai|hum|tum|wo|woh|ek|toh)(?![^\W_])",
    re.IGNORECASE,
)
_HINGLISH_SHARE = 0.25  # of the words
_SAYS_NOTHING = re.compile(r"\b(?:a?(?:ha){2,}h?|lo+l+|lmf?ao+|o+h+|wo+w+)\b", re.IGNORECASE)
_OWN_SHARE = 0.3  # of the letters, for a script to decide
_RARELY = 0.4  # the weight of a language that is met less often than one that looks like it
_SAME = {"fil": "tl", "nb": "no", "nn": "no"}


@dataclass(frozen=True, slots=True)
class Guess:
    """A language (ISO 639-1, `tl` for Tagalog) and how sure, 0..1. The fallback has confidence 0."""

    language: str
    confidence: float


def identify(text: str, fallback: str = "en") -> Guess:
    """The language of `text`, or `fallback` where it has too few letters to tell."""
    words = _SAYS_NOTHING.sub(" ", without_links(clean(text)))
    letters = _LETTER.findall(words)
    if len(letters) < 2:
        return Guess(fallback, 0.0)
    return _by_script(words, len(letters)) or _hinglish(words) or _by_words(words, len(letters), fallback)


def _hinglish(words: str) -> Guess | None:
    found, count = len(set(_HINGLISH.findall(words.lower()))), len(words.split())
    return Guess("hi", found / count) if found >= 2 and found / count >= _HINGLISH_SHARE else None


def _by_script(words: str, letters: int) -> Guess | None:
    # Ideographs count double: a Chinese sentence with an English product name has fewer letters of its own.
    for language, script in _SCRIPTS:
        share = len(script.findall(words)) * (2 if language in {"zh", "ja"} else 1) / letters
        if share >= _OWN_SHARE:
            return Guess(language, min(1.0, share))
    return None


def _by_words(words: str, letters: int, fallback: str) -> Guess:
    ranked = cast(list[tuple[str, float]], _identifier().rank(words))
    lean = max(1.0, 40.0 / letters)
    leaning = dict.fromkeys(_listed("rare"), _RARELY) | (
        {fallback: lean, "en": lean} if 2 * len(_LATIN.findall(words)) > letters else {fallback: 2.0}
    )
    scores = [(name, score * leaning.get(name, 1.0)) for name, score in ranked[:12]]
    best, score = max(scores, key=lambda one: one[1])
    confidence = score / (sum(other for _, other in scores) or 1.0)
    if letters < 12 and confidence < 0.35:
        return Guess(fallback, 0.0)
    return Guess(_SAME.get(best, best), confidence)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    wanted = {*_listed("common"), *_listed("rare"), *_listed("other")}
    identifier.set_languages([language for language in identifier.labels if language in wanted])
    return identifier


def _listed(kind: str) -> list[str]:
    return str(load("languages")[kind]).split()
