"""What can be counted in a text's style. Pure."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|[^\w\s]")
MENTION = re.compile(r"@[\w.\-]+")
MASKED = re.compile(r"https?://\S+|www\.\S+|\[(?:url|phone|email|name)\]", re.IGNORECASE)
ELONGATION = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)
BUCKETS = 1 << 15  # of hashed character n-grams
ORDERS = (2, 3, 4, 5)
_BASE = np.uint64(1_000_003)
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Grams:
    """A text's hashed character n-grams: which, and how often."""

    buckets: NDArray[np.int64]
    counts: NDArray[np.float64]


def neutral(text: str) -> str:
    """The text without what is nobody's style: whom it names and where it links."""
    return " ".join(MASKED.sub("§", MENTION.sub("@", text)).split())


def grams(text: str) -> Grams:
    """Character 2- to 5-grams, case kept: casing and punctuation are style."""
    codes = np.array([ord(char) for char in f" {neutral(text)} "], dtype=np.uint64)
    hashed = []
    for order in ORDERS:
        rolled = np.zeros(max(0, len(codes) - order + 1), dtype=np.uint64)
        for offset in range(order):
            rolled = rolled * _BASE + codes[offset : offset + len(rolled)]
        hashed.append((rolled * _MIX) >> np.uint64(64 - 15))
    buckets, counts = np.unique(np.concatenate(hashed).astype(np.int64), return_counts=True)
    return Grams(buckets, counts.astype(np.float64))


def words(text: str) -> list[str]:
    """Lower-case words and punctuation marks, in order."""
    return WORD.findall(neutral(text).lower())
