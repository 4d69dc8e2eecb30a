"""A page is granted by naming it."""

import re
from collections.abc import Mapping, Sequence

from engage.errors import Refused
from engage.grants import Field, Grant
from engage.platform import App

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")


class WebchatConnect:
    """An Entry: the name of the page."""

    app_fields: Sequence[Field] = ()
    account_fields: Sequence[Field] = (
        Field("name", "Name of the page", hint="a-z, 0-9, '_', '.' and '-': the page is at /@name of the receiver"),
    )

    async def grant(self, app: App, entered: Mapping[str, str]) -> Sequence[Grant]:
        """Asks nobody. Raises Refused where no address can be made of the name."""
        name = entered["name"].strip().removeprefix("@").lower()
        if not _NAME.fullmatch(name):
            raise Refused("a page's name has 1 to 40 of a-z, 0-9, '_', '.' and '-', and begins with a letter or number")
        return [Grant(name, f"@{name}", {})]


CONNECT = WebchatConnect()
