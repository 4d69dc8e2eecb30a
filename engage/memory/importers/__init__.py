"""Files of many formats as rows of the creator's words. A format is a module here; its content gives it away."""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from engage.memory.importers import (
    bluesky_repo,
    comma_separated,
    discord_export,
    discord_package,
    eliza_character,
    facebook_export,
    feed,
    instagram_comments,
    instagram_export,
    json_lines,
    markdown,
    mastodon_outbox,
    meta_messages,
    meta_other,
    pdf,
    plain_text,
    product_feed,
    product_table,
    subtitles,
    takeout_other,
    takeout_pages,
    takeout_youtube,
    tavern_card,
    telegram_export,
    telegram_html,
    threads_export,
    tiktok_export,
    tiktok_text,
    transcripts,
    transcripts_json,
    web_page,
    whatsapp_export,
    x_archive,
)
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, File, exports
from engage.memory.importers.format import Format, Me, Sample, Source, sample_of
from engage.memory.importers.rows import NO_WORDS, OTHER_PARTS, BadRow, Dropped, Rejected, Row

# Order matters: the strictest first, plain text takes the rest.
_EXPORTS = (
    mastodon_outbox.FORMAT,
    bluesky_repo.CAR,
    bluesky_repo.JSON,
    x_archive.FORMAT,
    tiktok_export.FORMAT,
    tiktok_text.FORMAT,
    telegram_export.FORMAT,
    discord_export.FORMAT,
    discord_package.FORMAT,
    whatsapp_export.FORMAT,
    telegram_html.FORMAT,
    instagram_export.FORMAT,
    instagram_comments.FORMAT,
    threads_export.FORMAT,
    facebook_export.FORMAT,
    meta_messages.FORMAT,
    takeout_youtube.FORMAT,
    takeout_pages.FORMAT,
    takeout_other.FORMAT,
    meta_other.FORMAT,
)
_TALKS = (subtitles.FORMAT, transcripts_json.FORMAT)
_BROUGHT = (eliza_character.FORMAT, tavern_card.FORMAT, pdf.FORMAT, product_feed.FORMAT, product_table.FORMAT)
_SITES = (feed.FORMAT, web_page.FORMAT)
_TABLES = (json_lines.FORMAT, comma_separated.FORMAT)
_PROSE = (markdown.FORMAT, plain_text.FORMAT)
_GENERAL = (web_page.FORMAT, *_TABLES, *_PROSE)  # what files of any meaning may be
_FORMATS: tuple[Format, ...] = (
    *_EXPORTS,
    *_BROUGHT,
    *_TALKS,
    *_SITES,
    transcripts.FORMAT,
    *_TABLES,
    *_PROSE,
)
# What zipfile raises beside its own: for a method of compression that it does not know, and for a password.
_DAMAGED = (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)
_MEDIA = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".svg", ".mp4", ".mov", ".webm", ".mp3", ".m4a", ".ogg")

Read = Row | Rejected | Dropped


def formats() -> dict[str, str]:
    """Name → what it holds, for `engage import --formats`."""
    return {format_.name: format_.help for format_ in _FORMATS}


def recognise(path: Path) -> str | Rejected:
    """The name of a file's format, told by its content; Rejected says why it has none."""
    for export in exports([path]):
        if isinstance(export, Rejected):
            return export
        for file in export.files:
            found = _told(file, alone=True)
            return found.name if isinstance(found, Format) else Rejected(file.path, 0, found.reason)
    return Rejected(str(path), 0, "there is no file in it")


def read_paths(paths: Sequence[Path], me: Me | None = None) -> Iterator[Read]:
    """Every row of files, archives, and folders (searched deeply, hidden files left out). Nothing here is fatal.

    me: who the creator is where several people speak.
    """
    for export in exports(paths):
        if isinstance(export, Rejected):
            yield export
        else:
            yield from read_export(export, me or Me())


def read_export(export: Export, me: Me) -> Iterator[Read]:
    """Every row of files that came together. Where a platform handed them out, what only general formats know there is
    no writing of the creator's: settings, advertisers, read-me files.
    """
    alone = len(export.files) == 1
    told = [(file, _told(file, alone=alone)) for file in export.files]
    official = any(isinstance(found, Format) and found.export for _, found in told)
    for file, found in told:
        if not isinstance(found, Format):
            yield found
        elif official and found in _GENERAL:
            yield Dropped(file.path, OTHER_PARTS)
        else:
            yield from _read(Source(file, export, me), found)


def _read(source: Source, format_: Format) -> Iterator[Read]:
    try:
        yield from format_.read(source)
    except Unreadable as error:
        yield error.rejected
    except BadRow as error:
        yield Rejected(source.path, 0, str(error))
    except _DAMAGED as error:
        yield _damaged(source.file, error)
    yield from source.bad_lines


def _told(file: File, *, alone: bool) -> Format | Rejected | Dropped:
    """A file's format. alone: it was named itself, so that a picture is no part of something larger."""
    try:
        sample = sample_of(file)
    except _DAMAGED as error:
        return _damaged(file, error)
    known = next((one for one in _FORMATS if one not in _PROSE and one.sniff(sample)), None)
    if known is None and not alone and file.name.lower().endswith(_MEDIA):
        return Dropped(file.path, NO_WORDS)
    return known or _prose(file, sample)


def _prose(file: File, sample: Sample) -> Format | Rejected:
    table = next((one for one in _TABLES if file.name.lower().endswith(one.suffixes)), None)
    if table and sample.text.strip():
        # Prose under a table's name is a broken export far more often than a creator's words.
        return Rejected(file.path, 0, f"not {table.name} as its name says: mend it, or name it .txt if it is prose")
    return next((one for one in _PROSE if one.sniff(sample)), plain_text.FORMAT)


def _damaged(file: File, error: Exception) -> Rejected:
    told = getattr(error, "strerror", None) or error
    return Rejected(file.path, 0, f"cannot be read: {told}: export or download it again")


__all__ = ["Dropped", "Me", "Rejected", "Row", "formats", "read_export", "read_paths", "recognise"]
