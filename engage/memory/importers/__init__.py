"""Files of many formats as rows of the creator's words. A format is a module here; its content gives it away."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from engage.memory.importers import comma_separated, json_lines, markdown, plain_text
from engage.memory.importers.content import Content, read_content
from engage.memory.importers.rows import LONGEST_ID, Rejected, Row

# Order matters: the strictest first, plain text takes the rest.
_FORMATS: tuple[ModuleType, ...] = (json_lines, comma_separated, markdown, plain_text)


def formats() -> dict[str, str]:
    """Name → what it holds, for `engage import --formats`."""
    return {module.NAME: module.HELP for module in _FORMATS}


def recognise(path: Path) -> str | Rejected:
    """The name of a file's format, told by its content; Rejected says why it has none."""
    content = read_content(path)
    if isinstance(content, Rejected):
        return content
    module = _format_of(content.text, path)
    return module if isinstance(module, Rejected) else str(module.NAME)


def read_paths(paths: Sequence[Path]) -> Iterator[Row | Rejected]:
    """Every row of files and folders (searched deeply, hidden files left out). Nothing here is fatal."""
    for path in paths:
        if not path.is_dir():
            yield from read_file(path, path.name)
            continue
        for file in sorted(path.rglob("*")):
            relative = file.relative_to(path)
            if file.is_file() and not any(part.startswith(".") for part in relative.parts):
                yield from read_file(file, relative.as_posix())


def read_file(path: Path, name: str) -> Iterator[Row | Rejected]:
    """Every row of one file. name: stands for the file in ids, so that a moved folder is not imported twice."""
    content = read_content(path)
    if isinstance(content, Rejected):
        yield content
        return
    module = _format_of(content.text, path)
    if isinstance(module, Rejected):
        yield module
        return
    yield from content.rejected
    yield from module.read(content.text, str(path), name[-(LONGEST_ID - 20) :])


def _format_of(text: str, path: Path) -> ModuleType | Rejected:
    module = next((module for module in _FORMATS if module.sniff(text)), plain_text)
    claimed = next((module for module in _FORMATS if path.suffix.lower() in module.SUFFIXES), module)
    if claimed in (json_lines, comma_separated) and module in (markdown, plain_text):
        # Prose under a table's name is a broken export far more often than a creator's words.
        reason = f"not {claimed.NAME} as its name says: mend it, or name it .txt if it is prose"
        return Rejected(str(path), 0, reason)
    return module


__all__ = ["Content", "Rejected", "Row", "formats", "read_file", "read_paths", "recognise"]
