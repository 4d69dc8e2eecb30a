"""A chat that WhatsApp exported as text: _chat.txt of an iPhone, "WhatsApp Chat with NAME.txt" of other phones.

All of them are private: the creator's own side teaches the voice. How the lines look: see whatsapp_lines.py.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Me, Sample, Source
from engage.memory.importers.rows import OTHERS_PRIVATE, BadRow, Dropped, Private, Rejected, clean
from engage.memory.importers.speakers import Speakers
from engage.memory.importers.whatsapp_lines import MARK, Entry, entries, moment_of, order_of, plain

HELP = "WhatsApp's exported chats (_chat.txt, WhatsApp Chat with NAME.txt): the creator's side teaches the voice only"
# What stands for a picture: "<Media omitted>" in any language, and what lies beside the text.
_LEFT_OUT = re.compile(r"<[^<>\n]{3,60}>")
_ATTACHED = re.compile(r"(?:<[^<>:\n]{3,30}: [^<>\n]+\.\w{1,5}>|[^\n]+\.\w{2,5} \([^()\n]{4,40}\))\n?")
_NO_PICTURE = re.compile(
    r"(?:image|video|audio|sticker|gif|document|contact card|video note|bild|dokument|immagine|imagen|imagem|vídeo|"
    r"vidéo|documento|afbeelding) (?:omitted|weggelassen|omess[oa]|omitid[oa]|ocultad[oa]|absente?|omise?|weggelaten)",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(?:\s?\(\d+\))?\.(?:txt|zip)$")
_PHONE_SAYS = re.compile(rf"{MARK}<[^<>\n]*>")  # what is attached, and that it was edited
_EDITED = re.compile(
    r"<(?:this message was edited|diese nachricht wurde bearbeitet|se editó este mensaje|ce message a été modifié|"
    r"questo messaggio è stato modificato|(?:esta )?mensagem (?:foi )?editada|dit bericht is bewerkt)\.?>$",
    re.IGNORECASE,
)
_NOBODYS = frozenset(
    (
        "null",
        "this message was deleted",
        "you deleted this message",
        "waiting for this message",
        "missed voice call",
        "missed video call",
        "diese nachricht wurde gelöscht",
        "du hast diese nachricht gelöscht",
        "sie haben diese nachricht gelöscht",
        "se eliminó este mensaje",
        "este mensaje fue eliminado",
        "eliminaste este mensaje",
        "ce message a été supprimé",
        "vous avez supprimé ce message",
        "questo messaggio è stato eliminato",
        "hai eliminato questo messaggio",
        "esta mensagem foi apagada",
        "essa mensagem foi apagada",
        "mensagem apagada",
        "você apagou esta mensagem",
        "você apagou essa mensagem",
        "dit bericht is verwijderd",
        "u hebt dit bericht verwijderd",
        "данное сообщение удалено",
        "вы удалили данное сообщение",
        "bu mesaj silindi",
        "bu mesajı sildiniz",
        "تم حذف هذه الرسالة",
        "הודעה זו נמחקה",
    )
)


def sniff(sample: Sample) -> bool:
    """It begins with a message or a notice of its form, and somebody speaks in it."""
    found = [*entries(sample.text)] if _begins_with_a_time(sample.text) else []
    return bool(found) and found[0].line == 1 and any(entry.name for entry in found)


def read(source: Source) -> Iterator[Private | Rejected | Dropped]:
    """What the creator wrote. Raises Unreadable where the text does not say who that is."""
    text = source.text
    names: dict[str, None] = {}
    order, speakers, others = order_of(_heard(text, names)), Speakers(), 0
    own = _own_names(source, [*names])
    for entry in entries(text):
        if not entry.name:
            continue
        speakers.hear(entry.name, mine=entry.name in own)
        try:
            row = _row(entry, order)
        except BadRow as error:
            yield Rejected(source.path, entry.line, str(error))
            continue
        if row and entry.name in own:
            yield row
        else:
            others += row is not None
    if reason := speakers.refusal():
        raise Unreadable(source.path, reason)
    if others:
        yield Dropped(source.path, OTHERS_PRIVATE, others)


def _heard(text: str, names: dict[str, None]) -> Iterator[Entry]:
    """Every message; who spoke is put down in passing, since a chat may be long."""
    for entry in entries(text):
        if entry.name:
            names[entry.name] = None
        yield entry


def _own_names(source: Source, names: Sequence[str]) -> Me:
    """As the creator is called; of two speakers the one after whom the chat is not called."""
    if len(names) != 2 or any(name in source.me for name in names):
        return source.me
    path = PurePosixPath(source.path)
    near = (_SUFFIX.sub("", plain(part).casefold()) for part in (path.name, path.parent.name))
    called = [part for part in near if "whatsapp" in part]
    others = [name for name in names if any(_ends_with(part, name.casefold()) for part in called)]
    return Me.of(*(name for name in names if name not in others)) if len(others) == 1 else source.me


def _ends_with(called: str, name: str) -> bool:
    return re.search(rf"(?:^|[\s-]){re.escape(name)}$", called) is not None


def _row(entry: Entry, order: str) -> Private | None:
    """None for what nobody wrote. Raises BadRow."""
    told = _PHONE_SAYS.sub("", entry.text).strip()
    if told.startswith(MARK):
        return None
    text = plain(told).strip()
    attached = _ATTACHED.match(text)
    words = clean(_EDITED.sub("", text[attached.end() :] if attached else text))
    said = words.casefold().rstrip(".…")
    if not words or said in _NOBODYS or _LEFT_OUT.fullmatch(words) or _NO_PICTURE.fullmatch(words):
        return None
    if (moment := moment_of(entry, order)) is None:
        raise BadRow("a date that fits none of the others in the file: mend it, or export the chat again")
    # An export does not name its chat, and the same chat's next one is to give the same ids.
    digest = hashlib.sha256("\n".join((entry.name, entry.stamp, words)).encode()).hexdigest()
    return Private(f"whatsapp:{digest[:20]}", words, moment)


def _begins_with_a_time(text: str) -> bool:
    return re.match(r"\W{0,4}\d", text) is not None


FORMAT = Format("whatsapp", HELP, sniff, read, export=True)
