"""Which messages of Instagram's and Messenger's chats nobody wrote: notices, reactions, calls. Pure.

The wordings are the apps', in seven languages, as far as they are known; in others only the shape tells a notice.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

_KINDS = ("Call", "Subscribe", "Unsubscribe", "Plan", "Poll", "placeholder")
_THINGS = r"an attachment|a (?:photo|video|voice message|gif|sticker|link|post|reel|story|location|live location|file)"
_CALL = r"(?:an?|the|your) (?:(?:audio|video|voice|missed) )?(?:call|chat|video chat)"
_SHOWN = (
    rf"(?:you|.{{1,80}}?) sent (?:{_THINGS})\.?",
    r"(?:liked|unsent) a message",
    r"reacted .{1,24} to (?:your|a) message",
    r"you (?:named the group|changed the (?:(?:chat )?theme|group (?:name|photo))|set the (?:nickname|emoji|quick)).*",
    r"you (?:created|left|joined) (?:the|this) group.{0,80}",
    rf"you (?:missed|started|joined) {_CALL}(?: (?:from|with) .{{1,60}})?\.?",
    r"(?:audio|video|voice) (?:call|chat) (?:ended|started).{0,40}",
    r"this message (?:was unsent|is no longer available)\.?",
    r"du hast einen anhang gesendet\.?|gefällt eine nachricht|hat mit .{1,24} auf deine nachricht reagiert",
    r"(?:vous avez|tu as) envoyé une pièce jointe\.?|a aimé un message|a réagi .{1,32} à (?:votre|ton) message",
    r"(?:has enviado|enviaste) un archivo adjunto\.?|le gustó un mensaje|reaccionó con .{1,24} a tu mensaje",
    r"você enviou um anexo\.?|curtiu uma mensagem|reagiu com .{1,24} à sua mensagem",
    r"hai inviato un allegato\.?|ha messo mi piace a un messaggio|ha reagito con .{1,24} al tuo messaggio",
    r"je hebt een bijlage (?:verzonden|gestuurd)\.?|vindt een bericht leuk|heeft met .{1,24} gereageerd op je bericht",
)
_NOTICE = re.compile("|".join(_SHOWN), re.IGNORECASE)
_OFTEN = 3  # times that one sentence comes with something shared in a file


def is_notice(words: str, sender: str) -> bool:
    """Whether the app wrote it: a known wording, or a sentence that begins with its own sender's whole name."""
    told_of = bool(sender) and words.startswith(f"{sender} ") and words.endswith(".") and len(words) < 200
    spoken = f"you {words.removeprefix(f'{sender} ')}" if words.startswith(f"{sender} ") else words
    return told_of or _NOTICE.fullmatch(spoken) is not None


def is_event(message: dict[str, Any]) -> bool:
    """Whether it is a call, somebody's coming and going, or was taken back."""
    unsent = message.get("is_unsent") is True or message.get("isUnsent") is True
    return unsent or "call_duration" in message or message.get("type") in _KINDS


def said_of_shares(messages: Iterable[Any]) -> frozenset[str]:
    """What comes again and again with things shared, as written: the app's "… sent an attachment." in any language.

    Somebody's own words come with a share too, where they answer a story.
    """
    told = Counter(
        words
        for one in messages
        if isinstance(one, dict) and isinstance(one.get("share"), dict) and isinstance(words := one.get("content"), str)
    )
    return frozenset(words for words, times in told.items() if times >= _OFTEN and words.strip().endswith("."))
