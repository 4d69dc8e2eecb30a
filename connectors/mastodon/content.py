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
    username = re.escape(name.partition("@")[0])
    mention = rf"@{username}(?:@[\w.-]*\w)?(?![\w@])[:,]?\s*"
    return re.sub(mention, "", text, count=1, flags=re.IGNORECASE) if re.match(mention, text, re.IGNORECASE) else text


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
