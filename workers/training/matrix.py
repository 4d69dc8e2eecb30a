"""Texts as rows of numbers, most of them zero, with the products that fitting needs. numpy only."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engage.triage.features import Shape, features

Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]  # places of rows


@dataclass(frozen=True, slots=True)
class Sparse:
    """Compressed rows: row i has `values[starts[i]:starts[i + 1]]` in the columns of the same places."""

    values: NDArray[np.float32]
    columns: NDArray[np.int32]
    starts: NDArray[np.int64]
    width: int

    def times(self, weights: Numbers) -> Numbers:
        """(rows,) sums of each row's values by the columns' weights."""
        sums = np.concatenate([[0.0], np.cumsum(weights[self.columns] * self.values)])
        products: Numbers = sums[self.starts[1:]] - sums[self.starts[:-1]]
        return products

    def transposed(self, factors: Numbers) -> Numbers:
        """(width,) sums of each column's values by the rows' factors."""
        each = np.repeat(factors, np.diff(self.starts)) * self.values
        sums: Numbers = np.bincount(self.columns, weights=each, minlength=self.width).astype(np.float64)
        return sums

    def rows(self, chosen: Rows) -> "Sparse":
        """Some of the rows, in the order given."""
        lengths = np.diff(self.starts)[chosen]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.arange(starts[-1]) + np.repeat(self.starts[chosen] - starts[:-1], lengths)
        return Sparse(self.values[places], self.columns[places], starts, self.width)

    def columns_of(self, chosen: Rows) -> "Sparse":
        """Some of the columns, renumbered in the order given."""
        new = np.full(self.width, -1, dtype=np.int32)
        new[chosen] = np.arange(len(chosen))
        kept = new[self.columns] >= 0
        counts = np.concatenate([[0], np.cumsum(kept)])
        return Sparse(self.values[kept], new[self.columns[kept]], counts[self.starts], len(chosen))

    def counts(self) -> Numbers:
        """(width,) in how many rows each column is."""
        counts: Numbers = np.bincount(self.columns, minlength=self.width).astype(np.float64)
        return counts


def vocabulary(texts: Iterable[tuple[str, str]], shape: Shape, least: int) -> list[str]:
    """The features that at least that many texts (each with its language) have, in alphabetical order."""
    found: Counter[str] = Counter()
    for text, language in texts:
        for names in features(text, shape, language):
            found.update(names)
    return sorted(name for name, count in found.items() if count >= least)


def matrix(texts: Sequence[tuple[str, str]], shape: Shape, names: Sequence[str]) -> Sparse:
    """One row a text. A feature's value is one over the root of how many of its sort the text has, known or not."""
    places = {name: place for place, name in enumerate(names)}
    columns: list[NDArray[np.int32]] = []
    values: list[NDArray[np.float32]] = []
    lengths: list[int] = []
    for text, language in texts:
        before = len(columns)
        for sort in features(text, shape, language):
            known = [places[name] for name in sort if name in places]
            columns.append(np.array(known, dtype=np.int32))
            values.append(np.full(len(known), 1 / max(shape.few, len(sort)) ** 0.5, dtype=np.float32))
        lengths.append(sum(map(len, columns[before:])))
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Sparse(np.concatenate(values), np.concatenate(columns), starts, len(names))
