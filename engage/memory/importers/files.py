"""What is imported as files: on disk, in folders, in zip archives, or fetched; and what came together with each."""

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from engage.memory.importers.rows import Rejected

HEAD = 64 * 1024  # bytes by which a format is recognised


@dataclass(frozen=True, slots=True)
class File:
    """A file that can be opened any number of times while its export is."""

    path: str  # as people are told: archives end with the name inside, "export.zip/chats/result.json"
    name: str  # stands for the file in ids: relative to what was named, so that a moved folder is not imported twice
    size: int  # bytes
    open: Callable[[], IO[bytes]]

    def head(self) -> bytes:
        """The first HEAD bytes. Raises OSError, or zipfile's and zlib's errors where an archive is damaged."""
        with self.open() as stream:
            return stream.read(HEAD)


@dataclass(frozen=True, slots=True)
class Export:
    """The files that came together: of one folder, of one archive, or a single one."""

    files: Sequence[File]

    def ending(self, *names: str) -> list[File]:
        """Those whose names end so ("account.js", "messages/inbox/ann/message_1.json"), whatever their case."""
        wanted = tuple(f"/{name.casefold()}" for name in names)
        return [file for file in self.files if f"/{file.name.casefold()}".endswith(wanted)]

    def beside(self, file: File) -> list[File]:
        """The others in the same folder of it."""
        folder = PurePosixPath(file.name).parent
        return [one for one in self.files if one != file and PurePosixPath(one.name).parent == folder]


def in_memory(path: str, name: str, content: bytes) -> File:
    """What was fetched, as a file."""
    return File(path, name, len(content), lambda: io.BytesIO(content))


def exports(paths: Sequence[Path]) -> Iterator[Export | Rejected]:
    """What each path holds, open until the next is asked for."""
    for path in paths:
        with ExitStack() as opened:
            try:
                yield _export(path, opened)
            except (OSError, zipfile.BadZipFile) as error:
                yield Rejected(str(path), 0, f"cannot be read: {getattr(error, 'strerror', None) or error}")


def _export(path: Path, opened: ExitStack) -> Export:
    if path.is_dir():
        found = [one for one in sorted(path.rglob("*")) if one.is_file()]
        files = [_on_disk(one, one.relative_to(path).as_posix()) for one in found]
        return Export([file for file in files if not _is_hidden(file.name)])
    if _is_archive(path):
        return Export(_members(path, opened.enter_context(zipfile.ZipFile(path))))
    return Export([_on_disk(path, path.name)])


def _is_archive(path: Path) -> bool:
    """A zip that is no document of an office program: those are zips too."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return not {"[Content_Types].xml", "mimetype"} & set(archive.namelist())


def _on_disk(path: Path, name: str) -> File:
    return File(str(path), name, path.stat().st_size, lambda: path.open("rb"))


def _members(path: Path, archive: zipfile.ZipFile) -> list[File]:
    found = [info for info in archive.infolist() if not info.is_dir() and not _is_hidden(info.filename)]
    return [
        File(f"{path}/{info.filename}", info.filename, info.file_size, partial(archive.open, info))
        for info in sorted(found, key=lambda info: info.filename)
    ]


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)
