"""A web page as a file: its main text by jusText, without menus, banners and footers; FAQ where the page marks it up.

Marks: https://schema.org/FAQPage and datePublished (JSON-LD), Open Graph, rel=canonical; read 2026-11-26.
"""

import codecs
import hashlib
import re
from collections.abc import Iterator
from typing import Any

import justext
from justext.core import JustextError
from lxml import etree

from engage.memory.importers.content import MOST, Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.html_text import parsed, text_in
from engage.memory.importers.page_marks import Marks, marks_of
from engage.memory.importers.rows import LONGEST_ID, BadRow, Faq, Rejected, Said, clean

HELP = "Web pages (HTML): the main text with title, date and address; FAQ pages that are marked up as such are FAQ"

_PAGE = re.compile(r"\s*(?:(?:<\?.*?\?>|<!--.*?-->)\s*)*<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE | re.DOTALL)
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
# jusText's lists of common words, by the language's code. Without one, lengths and links decide.
_LISTS = {
    "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "lt": "Lithuanian", "lv": "Latvian", "nb": "Norwegian_Bokmal", "nl": "Dutch", "no": "Norwegian_Bokmal",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian",
    "sr": "Serbian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese",
}  # fmt: skip
_DENSE = frozenset(("zh", "ja", "ko"))  # a character is worth about three of other scripts
_MAIN = ("//main", "//article", "//*[@role='main']")


def sniff(sample: Sample) -> bool:
    """It begins as a page does."""
    return _PAGE.match(sample.text) is not None


def read(source: Source) -> Iterator[Said | Faq | Rejected]:
    """The questions of the page, then the rest of it as one document. Raises Unreadable and BadRow."""
    markup = _markup(source)
    root = parsed(markup)
    if root is None:
        raise Unreadable(source.path, "no page that can be read: save it again")
    marks = marks_of(root, source.path)
    name = _id(marks, source.stem)
    told = set[str]()
    for question, answer in marks.answers:
        yield Faq(f"{name}#{hashlib.sha256(question.encode()).hexdigest()[:12]}", question, answer)
        told |= {_squeezed(question), *map(_squeezed, answer.split("\n"))}
    text = "\n\n".join(
        one for one in _main_text(markup, root, marks.language, source.path) if _squeezed(one) not in told
    )
    if words := clean(_without(text, marks.title)):
        yield Said(name, words, marks.published_at, marks.title or None, marks.url)
    elif not marks.answers:
        raise BadRow("no main text was found in the page: copy it into a .txt or .md file")


def _main_text(markup: str, root: Any, language: str, path: str) -> list[str]:
    """Its paragraphs and their headings; of a page without any long text, all that it marks as its main part."""
    words = justext.get_stoplist(_LISTS[language]) if language in _LISTS else frozenset()
    shares = {} if words else {"stopwords_low": 0, "stopwords_high": 0}
    if language in _DENSE:
        shares |= {"length_low": 25, "length_high": 70}
    try:
        found = justext.justext(markup, words, **shares)
    except (JustextError, etree.LxmlError, ValueError, AssertionError, RecursionError) as error:
        raise Unreadable(
            path, f"no page that can be read ({type(error).__name__}): copy its text into a .txt file"
        ) from None
    kept = [one.text for one in found if not one.is_boilerplate]
    if kept:
        return kept
    main = next((part for way in _MAIN for part in root.xpath(way)), None)
    return text_in(main).split("\n\n") if main is not None else []


def _without(text: str, title: str) -> str:
    """The title stands apart: not also as the first heading."""
    first, _, rest = text.partition("\n\n")
    return rest if title and _squeezed(first) == _squeezed(title) else text


def _id(marks: Marks, stem: str) -> str:
    """Its address, else the file's name; room is left for the mark of a question."""
    name = marks.url or stem
    return name if len(name) <= LONGEST_ID - 13 else f"page:{hashlib.sha256(name.encode()).hexdigest()[:20]}"


def _squeezed(text: str) -> str:
    return " ".join(text.split()).casefold()


def _markup(source: Source) -> str:
    """UTF-8 and UTF-16 as they are; else by the encoding that the page names."""
    if source.file.size > MOST:
        raise Unreadable(source.path, f"larger than {MOST >> 20} MB: split it")
    named = _CHARSET.search(source.file.head())
    try:
        codec = codecs.lookup(named[1].decode("ascii", "ignore")) if named else None
    except LookupError:
        codec = None
    if codec is None or codec.name.startswith("utf"):
        return source.text
    with source.file.open() as stream:
        data = stream.read(MOST)
    try:
        return data.decode("utf-8")  # saved anew, with the old mark still in it
    except UnicodeDecodeError:
        return str(codec.decode(data, "replace")[0])


FORMAT = Format("html", HELP, sniff, read, (".html", ".htm", ".xhtml"))
