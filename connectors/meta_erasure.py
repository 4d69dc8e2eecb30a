"""A person asks Meta that an app erase what it keeps of them: the data deletion callback. Pure.

It is signed as the deauthorize callback is, names the person by the id that they have for the app, and wants an address
and a code by which they can follow what becomes of it
(https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback).
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connectors.meta_deauthorization import is_form, told
from engage.errors import Malformed
from engage.platform import ErasureRequest

LATE = timedelta(days=2)  # an older one was recorded and is played again
LONGEST = 40  # digits of an identifier
EARLY = timedelta(minutes=10)  # how far Meta's clock may be ahead


def asked(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> ErasureRequest:
    """Who asks. Raises InvalidSignature or Malformed."""
    if not is_form(headers):
        raise Malformed("a data deletion request is a form with the field signed_request")
    person, issued_at = told(secrets, body)
    if not (person.isascii() and person.isdecimal() and len(person) <= LONGEST):
        raise Malformed("user_id is no identifier of Meta's")
    if not now - LATE <= issued_at <= now + EARLY:
        raise Malformed("this data deletion request was signed too long ago, or in the future")
    return ErasureRequest(person, f"{person} {int(issued_at.timestamp())}")


def acknowledgement(url: str, code: str) -> str:
    """What Meta wants to read: JSON."""
    return json.dumps({"url": url, "confirmation_code": code})
