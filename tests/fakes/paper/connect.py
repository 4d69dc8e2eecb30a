"""A page where creators consent: the code that comes back names the accounts."""

from collections.abc import Mapping, Sequence

from engage.errors import Refused
from engage.grants import Begun, Field, Grant
from engage.platform import App


class PaperConnect:
    app_fields: Sequence[Field] = (
        Field("client_id", "Client ID"),
        Field("client_secret", "Client secret", secret=True),
        Field("colour", "Colour", default="white"),
    )
    account_fields: Sequence[Field] = (Field("server", "Server", optional=True),)

    async def begin(self, app: App, entered: Mapping[str, str], redirect_uri: str, state: str) -> Begun:
        url = f"https://paper.example/{app.config['client_id']}?state={state}&back={redirect_uri}"
        return Begun(url, {"verifier": "kept in secret", "server": entered.get("server", "")})

    async def finish(
        self, app: App, answer: Mapping[str, str], redirect_uri: str, keep: Mapping[str, str]
    ) -> Sequence[Grant]:
        if "code" not in answer:
            raise Refused("the creator said no")
        assert keep["verifier"] == "kept in secret"
        assert app.secrets["client_secret"]
        named = [one for one in answer["code"].split(",") if one]
        return [Grant(one, f"@{one}", {"token": f"of {one}"}, None, {"server": keep["server"]}) for one in named]


CONNECT = PaperConnect()
