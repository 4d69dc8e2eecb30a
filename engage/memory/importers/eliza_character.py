"""Character files of ElizaOS, in their three dialects, told apart by their shapes.

Layouts: elizaOS/eliza, packages/core/src/types.ts (lore, clients, modelProvider; `user` in examples), then
schemas/character.ts beside it (`name` in examples, knowledge as paths), then packages/@schemas/eliza/v1/agent.proto
(groups that are objects, snake_case). Read 2026-11-22. What a file names is never opened.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engage.memory.importers.character_files import confidential, id_of, instructions, keys_in, lenient_json, name_of
from engage.memory.importers.character_words import CLAIMED, Telling, Turn
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.rows import BadRow, Character, Dropped, Pair, Rejected, Said

HELP = "ElizaOS character files: who the creator is and how they write, examples of posts and answers, facts"
NAMED_FILES = "files that a character names, which are not read: name them yourself to import them"
_NAME = re.compile(r'"name"\s*:\s*"')
_BIO = re.compile(r'"bio"\s*:\s*["\[]')
_OWN = re.compile(
    r'"(?:(?:message|post)(?:Examples|_examples)|lore|adjectives)"\s*:\s*\[|"modelProvider"\s*:\s*"'
    r'|"style"\s*:\s*\{\s*"(?:all|chat|post)"\s*:'
)
_COMMON = tuple(
    re.compile(rf'"{key}"\s*:\s*["\[{{]') for key in ("topics", "clients", "plugins", "knowledge", "system")
)
_SURFACES = {"all": "", "chat": "In private messages and live chat:", "post": "In posts and comments:"}
_INSTRUCTIONS = ("system", "templates", "plugins", "clients", "settings", "clientConfig", "chains", "modelProvider")
_PATH = re.compile(r"(?:[./~\\]|[A-Za-z]:[\\/])\S*|\S+\.[A-Za-z0-9]{1,5}|[\w.-]+(?:/[\w.*-]+)+/?")

Found = Said | Pair | Rejected | Dropped


def sniff(sample: Sample) -> bool:
    """One object with a name, a bio, and something else that only these files have."""
    head = sample.text
    if not re.match(r"\s*\{\s*[\"}]", head) or not _NAME.search(head) or not _BIO.search(head):
        return False
    return _OWN.search(head) is not None or sum(key.search(head) is not None for key in _COMMON) > 1


def read(source: Source) -> Iterator[Character | Found]:
    """The character, what it says, and what is left out. Raises Unreadable."""
    fields, path = lenient_json(source), source.path
    telling = Telling("eliza", name_of(fields.get("name"), path))
    yield Character(
        id_of("eliza", telling.name),
        telling.name,
        (*telling.lines(fields.get("bio")), *telling.lines(fields.get("lore"), CLAIMED)),
        tuple(_style(telling, fields)),
        tuple(telling.lines(fields.get("topics"))),
    )
    yield from _posts(telling, _items(fields, "postExamples", "post_examples"), path)
    yield from _examples(telling, _items(fields, "messageExamples", "message_examples"), path)
    yield from _knowledge(telling, _items(fields, "knowledge"), path)
    yield from telling.unusable(path)
    yield from confidential(path, telling.left_out + keys_in(fields))
    yield from instructions(path, fields, _INSTRUCTIONS)


def _style(telling: Telling, fields: Mapping[str, Any]) -> Iterator[str]:
    style = fields.get("style")
    for key, surface in _SURFACES.items():
        yield from telling.lines(style.get(key) if isinstance(style, dict) else None, surface)
    if adjectives := telling.lines(fields.get("adjectives")):
        yield f"Tone: {', '.join(adjectives)}"


def _posts(telling: Telling, posts: list[Any], path: str) -> Iterator[Found]:
    for number, post in enumerate(posts, start=1):
        try:
            if row := telling.said(post):
                yield row
        except BadRow as error:
            yield Rejected(path, number, f"example of a post: {error}")


def _examples(telling: Telling, groups: list[Any], path: str) -> Iterator[Found]:
    for number, group in enumerate(groups, start=1):
        lines = group.get("examples") if isinstance(group, dict) else group
        try:
            if not isinstance(lines, list):
                raise BadRow("not a list of lines: export the character again")
            yield from telling.examples(_turns(telling, [line for line in lines if isinstance(line, dict)]))
        except BadRow as error:
            yield Rejected(path, number, f"example of a conversation: {error}")


def _turns(telling: Telling, lines: list[dict[str, Any]]) -> list[Turn]:
    """The character is who has its name, else whoever is no placeholder."""
    speakers = [str(line.get("name") or line.get("user") or "").strip() for line in lines]
    mine = [speaker.casefold() == telling.name.casefold() or _is_agent(speaker) for speaker in speakers]
    if not any(mine):
        mine = [bool(speaker) and "{{" not in speaker for speaker in speakers]
    return [telling.turn(_words(line), mine=own) for line, own in zip(lines, mine, strict=True)]


def _is_agent(speaker: str) -> bool:
    return speaker.strip("{} ").casefold() in ("agentname", "agent", "char")


def _words(line: Mapping[str, Any]) -> Any:
    content = line.get("content")
    return content.get("text") if isinstance(content, dict) else content


def _knowledge(telling: Telling, items: list[Any], path: str) -> Iterator[Found]:
    files = 0
    for number, item in enumerate(items, start=1):
        if not isinstance(item, str) or _PATH.fullmatch(item.strip()):
            files += 1
            continue
        try:
            if row := telling.said(item):
                yield row
        except BadRow as error:
            yield Rejected(path, number, f"knowledge: {error}")
    if files:
        yield Dropped(path, NAMED_FILES, files)


def _items(fields: Mapping[str, Any], *names: str) -> list[Any]:
    """A list that goes by one of these names; a single text is one of one."""
    value: Any = next((fields[name] for name in names if fields.get(name)), [])
    return value if isinstance(value, list) else [value]


FORMAT = Format("eliza character", HELP, sniff, read)
