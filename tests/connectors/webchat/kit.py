"""What the contract test needs to know of the operator's own page."""

from engage.models import Outgoing, Surface
from engage.platform import AccountLink

CALLS_NOBODY = True
BEFORE = ()
ERRORS = ()


def account(base_url: str) -> AccountLink:
    return AccountLink("a1", "tilly", "@tilly")


def reply(text: str = "Six weeks.") -> Outgoing:
    return Outgoing("o1", "key-1", Surface.DM, "visitor:v1", "m_2", "v1", text)
