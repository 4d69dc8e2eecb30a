"""Letting Engage onto an account, keeping the access, and looking after it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.x import subscriptions
from connectors.x.connect import CONNECT, SCOPES
from engage.errors import ConfigError, EngageError, Refused, Unauthorized, Unavailable
from engage.platform import App, Revocable
from tests.connectors.x.conftest import Connect, app_of
from tests.connectors.x.kit import FOLLOWER, OWN
from tests.platforms.x import REDIRECT, Subscription, Webhook, X

TOKEN = "/2/oauth2/token"


class TestConsent:
    async def test_a_creator_consents_and_the_account_is_theirs(self, x: X, application: App) -> None:
        x.user(OWN, "Creator")
        begun = await CONNECT.begin(application, {"automated_label": "yes"}, REDIRECT, "state-1")
        page = parse_qs(urlsplit(begun.url).query)
        assert begun.url.startswith(f"{x.url}/i/oauth2/authorize?")
        assert page["scope"] == [" ".join(SCOPES)]
        assert page["state"] == ["state-1"]
        answer = x.consent(begun.url, OWN)
        [grant] = await CONNECT.finish(application, answer, REDIRECT, begun.keep)
        assert (grant.platform_user_id, grant.handle) == (OWN, "Creator")
        assert grant.config == {"scopes": sorted(SCOPES), "automated_label": True}
        assert set(grant.credentials) == {"access_token", "refresh_token"}
        assert grant.expires_at is not None
        assert timedelta(minutes=119) < grant.expires_at - datetime.now(UTC) <= timedelta(hours=2)

    async def test_the_real_pages(self) -> None:
        app = App("x", {"client_id": "c1"}, {"client_secret": "s1"})
        begun = await CONNECT.begin(app, {}, REDIRECT, "state-1")
        assert begun.url.startswith("https://x.com/i/oauth2/authorize?")

    async def test_a_code_is_good_once_and_for_its_verifier_only(self, x: X, application: App) -> None:
        begun = await CONNECT.begin(application, {}, REDIRECT, "state-1")
        other = await CONNECT.begin(application, {}, REDIRECT, "state-1")
        answer = x.consent(begun.url, OWN)
        with pytest.raises(Refused):
            await CONNECT.finish(application, answer, REDIRECT, other.keep)
        with pytest.raises(Refused):
            await CONNECT.finish(application, answer, REDIRECT, begun.keep)

    async def test_who_says_no(self, application: App) -> None:
        with pytest.raises(Refused, match="access_denied"):
            await CONNECT.finish(application, {"error": "access_denied"}, REDIRECT, {})

    async def test_a_wrong_secret_names_the_setting(self, x: X, application: App) -> None:
        begun = await CONNECT.begin(application, {}, REDIRECT, "state-1")
        wrong = replace(application, secrets={"client_secret": "not-the-secret-of-this-app"})
        with pytest.raises(ConfigError, match="client_secret") as caught:
            await CONNECT.finish(wrong, x.consent(begun.url, OWN), REDIRECT, begun.keep)
        assert "not-the-secret-of-this-app" not in str(caught.value)

    @pytest.mark.parametrize(
        ("status", "body", "error"),
        [(503, "", Unavailable), (401, {"detail": "Unauthorized"}, Refused), (200, {"data": {}}, Unavailable)],
    )
    async def test_who_cannot_be_asked_who_they_are(
        self, status: int, body: object, error: type[EngageError], x: X, application: App
    ) -> None:
        begun = await CONNECT.begin(application, {}, REDIRECT, "state-1")
        x.fail("/2/users/me", status, body, times=3)
        with pytest.raises(error):
            await CONNECT.finish(application, x.consent(begun.url, OWN), REDIRECT, begun.keep)

    @pytest.mark.parametrize(
        ("key", "value"),
        [("monthly_budget", "a lot"), ("monthly_budget", "0.01"), ("reply_rule", "none"), ("price_dm", "-1")],
    )
    async def test_a_wrong_setting_is_told_before_anybody_consents(self, key: str, value: str, x: X) -> None:
        with pytest.raises(ConfigError, match=key):
            await CONNECT.begin(app_of(x, **{key: value}), {}, REDIRECT, "state-1")

    def test_every_field_of_the_application_has_a_default_or_is_asked_for(self) -> None:
        required = {field.name for field in CONNECT.app_fields if not (field.default or field.optional)}
        assert required == {"client_id", "client_secret", "bearer_token"}


class TestRenewal:
    async def test_both_tokens_are_new_and_the_old_ones_are_over(self, x: X, connect: Connect) -> None:
        first = x.grant(OWN)
        renewed = await connect(credentials=first).renew()
        assert renewed.credentials.keys() == first.keys()
        assert not set(renewed.credentials.values()) & set(first.values())
        assert renewed.expires_at is not None
        with pytest.raises(Unauthorized):  # a refresh token is good for once
            await connect(credentials=first).renew()
        again = await connect(credentials=dict(renewed.credentials)).renew()
        assert again.credentials["access_token"] != renewed.credentials["access_token"]

    async def test_an_answer_that_got_lost_costs_the_access(self, x: X, connect: Connect) -> None:
        """What README.md says of a `kill -9` between X's answer and our commit."""
        connector = connect()
        x.lose(TOKEN)
        with pytest.raises(Unavailable):
            await connector.renew()
        with pytest.raises(Unauthorized):
            await connector.renew()

    async def test_a_request_that_was_cut_costs_nothing(self, x: X, connect: Connect) -> None:
        connector = connect()
        for fault in (lambda: x.cut(TOKEN), lambda: x.fail(TOKEN, 503)):
            fault()
            with pytest.raises(Unavailable):
                await connector.renew()
        await connector.renew()

    async def test_a_withdrawn_access_cannot_be_renewed(self, x: X, connect: Connect) -> None:
        connector = connect()
        x.revoke(OWN)
        with pytest.raises(Unauthorized):
            await connector.renew()


class TestGivingBack:
    async def test_nothing_is_told_or_charged_any_more_and_no_token_works(self, x: X, connect: Connect) -> None:
        theirs = Subscription("901", "like.create", {"user_id": OWN}, "another program")
        x.subscriptions = [theirs]
        credentials = x.grant(OWN)
        connector = connect(credentials=credentials)
        assert isinstance(connector, Revocable)
        await subscriptions.ensure(connector._calls, OWN, ["dm.received", "post.create"])
        assert len(x.subscriptions) == 3
        await connector.revoke()
        assert x.subscriptions == [theirs]
        for lost in (connect(credentials=credentials).renew, lambda: connector._calls.ask("GET", "/2/users/me")):
            with pytest.raises(Unauthorized):
                await lost()

    async def test_where_the_subscriptions_stay_the_tokens_go_all_the_same(self, x: X, connect: Connect) -> None:
        connector = connect()
        x.fail("/2/activity/subscriptions", 401, {"detail": "Unauthorized"})
        with pytest.raises(ConfigError, match="bearer_token"):
            await connector.revoke()
        with pytest.raises(Unauthorized):
            await connector.renew()

    async def test_what_is_given_back_already_is_no_error(self, x: X, connect: Connect) -> None:
        connector = connect()
        for _ in range(2):
            await connector.revoke()
        with pytest.raises(Unauthorized):
            await connector.renew()


class TestDoctor:
    async def test_all_is_well(self, x: X, connect: Connect) -> None:
        found = {one.name: one for one in await connect().examine("")}
        assert {name: one.state for name, one in found.items()} == {
            "access": "ok",
            "scopes": "ok",
            "budget": "ok",
            "events": "ok",
            "subscriptions": "warn",
            "usage": "ok",
        }
        assert found["access"].found == f"@Creator (id {OWN})"
        assert found["budget"].found.startswith("25.00 dollars a month for all accounts: 833 public replies")
        assert "stream" in found["events"].found
        assert "post.mention.create" in found["subscriptions"].found
        assert "12 of 3000000" in found["usage"].found
        assert {call.method for call in x.calls} == {"GET"}, "it writes nothing"

    async def test_a_lost_access(self, x: X, connect: Connect) -> None:
        connector = connect()
        x.revoke(OWN)
        found = await connector.examine("")
        assert [(one.name, one.state) for one in found] == [("access", "fail"), ("budget", "ok")]
        assert "engage connect x" in found[0].fix

    async def test_another_users_token(self, x: X, connect: Connect) -> None:
        x.users[FOLLOWER].scopes = set(SCOPES)
        found = await connect(credentials=x.grant(FOLLOWER)).examine("")
        assert (found[0].state, "another user" in found[0].found) == ("fail", True)

    async def test_missing_scopes_and_no_budget(self, x: X, connect: Connect) -> None:
        connector = connect(app_of(x, monthly_budget="none"), scopes=["tweet.read", "users.read"])
        found = {one.name: one for one in await connector.examine("")}
        assert "dm.write" in found["scopes"].found
        assert found["budget"].state == "warn"

    async def test_a_wrong_bearer_token_is_the_applications_fault(self, x: X, connect: Connect) -> None:
        wrong = app_of(x)
        wrong = replace(wrong, secrets={**wrong.secrets, "bearer_token": "another-bearer-token-of-old"})
        found = {one.name: one for one in await connect(wrong).examine("")}
        assert (found["access"].state, found["application"].state) == ("ok", "fail")
        assert "another-bearer-token-of-old" not in found["application"].found

    async def test_webhooks(self, x: X, connect: Connect) -> None:
        url = "https://engage.example/hooks/x"
        connector = connect()
        assert {one.name: one.state for one in await connector.examine(url)}["events"] == "warn"
        x.webhooks.append(webhook := Webhook("77", url))
        assert {one.name: one.state for one in await connector.examine(url)}["events"] == "ok"
        webhook.valid = False
        assert {one.name: one.state for one in await connector.examine(url)}["events"] == "fail"

    async def test_usage_that_is_not_told(self, x: X, connect: Connect) -> None:
        x.fail("/2/usage", 403, {"detail": "no"})
        assert {one.name: one.state for one in await connect().examine("")}["usage"] == "warn"
