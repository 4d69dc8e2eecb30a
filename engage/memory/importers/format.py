"""What a format is: told by a file's beginning, read into rows."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engage.memory.importers.content import Unreadable, head_text, read_text
from engage.memory.importers.files import HEAD, Export, File
from engage.memory.importers.rows import LONGEST_ID, Dropped, Rejected, Row


@dataclass(frozen=True, slots=True)
class Me:
    """By which names, handles and ids the creator goes in what they bring."""

    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *names: str) -> "Me":
        """From names as people write them: case and a leading @ do not count."""
        return cls(frozenset(_plain(name) for name in names if _plain(name)))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and _plain(name) in self.names


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a file. text: "" where the bytes are no text."""

    name: str
    data: bytes
    text: str

    @property
    def whole(self) -> bool:
        """Whether there is no more of it."""
        return len(self.data) < HEAD


@dataclass(frozen=True)
class Source:
    """A file to be read, with what came together with it and who the creator is there."""

    file: File
    export: Export
    me: Me = field(default_factory=Me)
    bad_lines: list[Rejected] = field(default_factory=list)  # lines of `text` that are blank since they were no UTF-8

    @property
    def path(self) -> str:
        """As people are told."""
        return self.file.path

    @property
    def stem(self) -> str:
        """What an id made of the file's name begins with."""
        return self.file.name[-(LONGEST_ID - 20) :]

    @cached_property
    def text(self) -> str:
        """All of it. Raises Unreadable where it is none, or too large to be read at once."""
        content = read_text(self.file)
        self.bad_lines.extend(content.rejected)
        return content.text

    def json(self) -> Any:
        """All of it as JSON. Raises Unreadable."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise Unreadable(self.path, f"not JSON that can be read: {error}") from None


@dataclass(frozen=True, slots=True)
class Format:
    """A format that is imported. export: part of what a platform hands out of an account.

    `read` may raise Unreadable, and BadRow where the whole file is one row; rows that came before are kept.
    suffixes: names that claim to be it, for formats that prose is often mistaken for.
    """

    name: str
    help: str
    sniff: Callable[[Sample], bool]
    read: Callable[[Source], Iterator[Row | Rejected | Dropped]]
    suffixes: tuple[str, ...] = ()
    export: bool = False


def sample_of(file: File) -> Sample:
    """Raises OSError and zipfile's errors."""
    data = file.head()
    return Sample(file.name, data, head_text(data))


def _plain(name: str) -> str:
    return name.strip().removeprefix("@").casefold()
