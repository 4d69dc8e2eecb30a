"""The HTML of a status as the text that a reader sees. Pure."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser

_BLOCKS = frozenset({"p", "div", "blockquote", "pre", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"})
_LINES = frozenset({"br", "li"})
_UNSEEN = frozenset({"script", "style"})
# Old clients read "RE: <link>" in it; whoever shows quotes leaves it out (docs.joinmastodon.org/spec/activitypub).
_QUOTE = "quote-inline"
# What does not begin a whole tag is text: html.parser needs quadratic time for tags that never end, and raises
# AssertionError at some declarations. Servers write neither, but nobody need believe that of each of them.
_NO_TAG = re.compile(r"<(?!/?[a-zA-Z](?:[^<>\"']|\"[^<\"]*\"|'[^<']*')*+>)")
_COMMENT = re.compile(r"<!--[^<>]*-->")
_LONGEST = 200_000
_IN_FRONT = re.compile(r"^(?:@[\w.-]+(?:@[\w.-]*\w)?[:,]?\s*)*")


# As a server finds mentions (Account::MENTION_RE). With a mark behind it that nobody sees an "@" begins none; the two
# are one grapheme, so no reply gets longer.
_CALL = re.compile(r"(?<![=/\w])@(?=[a-z0-9_])", re.IGNORECASE)
_HUSHED = "@\u200c"


def calling_nobody(text: str) -> str:
    """`text` as it reads, without a mention that a server would tell anybody of."""
    return _CALL.sub(_HUSHED, text)


def as_written(text: str) -> str:
    """What `calling_nobody` was given."""
    return text.replace(_HUSHED, "@")


def text_of(html: str, mentions: Mapping[str, str]) -> str:
    """The words of `html`: paragraphs and lines are kept, links are whole, tags are gone.

    mentions: address of a profile → its name as in "ann@remote.example". A link to one is written as "@" and that.
    """
    reader = _Reader(mentions)
    reader.feed(_NO_TAG.sub("&lt;", _COMMENT.sub("", html[:_LONGEST])))
    reader.close()
    joined = re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(reader.parts))
    return re.sub(r"\n{3,}", "\n\n", joined).strip()


def without_mention(text: str, name: str) -> str:
    """`text` without a mention of `name` at its very beginning; with or without the server in it."""
    found = _mention(name).match(text)
    return text[found.end() :] if found else text


def speaks_to(text: str, name: str) -> bool:
    """Whether `name` is mentioned first, or behind words: not merely among the names in front of an answer."""
    mention = _mention(name)
    return bool(mention.match(text) or mention.search(_IN_FRONT.sub("", text, count=1)))


def _mention(name: str) -> re.Pattern[str]:
    username = re.escape(name.partition("@")[0])
    return re.compile(rf"@{username}(?:@[\w.-]*\w)?(?![\w@])[:,]?\s*", re.IGNORECASE)


class _Reader(HTMLParser):
    """Servers clean what others wrote, but each in its own way: unknown tags are left out and their text is kept."""

    def __init__(self, mentions: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._mentions = mentions
        self._silent = ""  # the tag whose content is not read
        self._depth = 0  # how many of these tags are open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._silent:
            self._depth += tag == self._silent
            return
        known = dict(attrs)
        if tag in _BLOCKS:
            self.parts.append("\n\n")
        elif tag in _LINES:
            self.parts.append("\n")
        if tag == "a" and (name := self._mentions.get(known.get("href") or "")):
            self.parts.append(f"@{name}")
            self._skip(tag)
        elif tag in _UNSEEN or _QUOTE in (known.get("class") or "").split():
            self._skip(tag)

    def _skip(self, tag: str) -> None:
        self._silent, self._depth = tag, 1

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            self._depth -= tag == self._silent
            self._silent = self._silent if self._depth else ""
        elif tag in _BLOCKS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data.replace("\r", "").replace("\n", " "))
