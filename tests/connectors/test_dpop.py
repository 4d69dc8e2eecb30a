"""Proofs of possession, held against the examples of the standards, and what a server's nonce leads to."""

import base64
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from connectors import dpop, oauth
from tests.platforms.bluesky_oauth import read, verified

URL = httpx.URL("https://resource.example.org/protectedresource?page=2#top")


def test_the_challenge_is_that_of_rfc_7636_appendix_b() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert oauth.challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_key_is_named_as_in_rfc_9449_section_6_1() -> None:
    numbers = {"x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}
    jwk = {"kty": "EC", "crv": "P-256", **numbers, "use": "sig"}
    assert dpop.thumbprint(jwk) == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def test_the_token_of_rfc_9449_section_7_1_is_bound_by_its_hash() -> None:
    key = dpop.key_of(dpop.new_key())
    _, claims = read(dpop.proof(key, "GET", URL, token="Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"))
    assert claims["ath"] == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


def test_a_key_of_rfc_7515_appendix_a_3_is_read_and_its_signature_holds() -> None:
    private = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
    key = dpop.key_of(base64.urlsafe_b64decode(private + "=").hex())
    jwk = dpop.public(key)
    assert jwk["x"] == "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
    assert jwk["y"] == "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    assert verified(dpop.signed(key, {}, {"iss": "joe"}), jwk)
    assert not verified(dpop.signed(key, {}, {"iss": "joe"}), dpop.public(dpop.key_of(dpop.new_key())))


def test_a_proof_names_its_request_and_never_comes_twice() -> None:
    key = dpop.key_of(dpop.new_key())
    header, claims = read(dpop.proof(key, "POST", URL, "eyJ7S_zG.eyJH0-Z.HX4w-7v"))
    assert header == {"typ": "dpop+jwt", "alg": "ES256", "jwk": dpop.public(key)}
    assert (claims["htm"], claims["htu"]) == ("POST", "https://resource.example.org/protectedresource")
    assert (claims["nonce"], "ath" in claims) == ("eyJ7S_zG.eyJH0-Z.HX4w-7v", False)
    assert read(dpop.proof(key, "POST", URL))[1]["jti"] != claims["jti"]


@pytest.mark.parametrize("text", ["", "00", "0" * 64, "f" * 64, "z" * 64])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        dpop.key_of(text)


Ask = Callable[..., Any]


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """A client of a server that answers as it is told; returns the nonces that it was shown."""
    shown: list[str] = []
    clients: list[httpx.AsyncClient] = []

    async def one(*answers: httpx.Response, times: int = 1, hosts: tuple[str, ...] = ("one",)) -> list[str]:
        left = list(answers)

        def answer(request: httpx.Request) -> httpx.Response:
            shown.append(read(request.headers["dpop"])[1].get("nonce", ""))
            assert request.headers["authorization"] == "DPoP tok"
            return left.pop(0)

        auth = dpop.Proofs(dpop.key_of(dpop.new_key()), "tok")
        clients.append(httpx.AsyncClient(transport=httpx.MockTransport(answer), auth=auth))
        for host in hosts * times:
            await clients[-1].get(f"https://{host}.example/")
        return shown

    yield one
    for client in clients:
        await client.aclose()


def nonce(name: str, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers={"dpop-nonce": name, **headers})


WANTED = {"www-authenticate": 'DPoP error="use_dpop_nonce"'}


async def test_a_nonce_that_is_asked_for_is_given_once_and_kept(ask: Ask) -> None:
    assert await ask(nonce("n1", 401, **WANTED), nonce("n1"), nonce("n2"), nonce("n2"), times=3) == [
        "",
        "n1",
        "n1",
        "n2",
    ]


async def test_a_token_endpoint_asks_in_its_body(ask: Ask) -> None:
    wanted = httpx.Response(400, json={"error": "use_dpop_nonce"}, headers={"dpop-nonce": "n1"})
    assert await ask(wanted, nonce("n1")) == ["", "n1"]


async def test_a_server_that_asks_again_and_again_is_asked_twice(ask: Ask) -> None:
    assert await ask(nonce("n1", 401, **WANTED), nonce("n2", 401, **WANTED)) == ["", "n1"]


async def test_a_refusal_for_another_reason_is_not_sent_again(ask: Ask) -> None:
    assert await ask(nonce("n1", 401), nonce("n2", 403), httpx.Response(401, headers=WANTED), times=3) == [
        "",
        "n1",
        "n2",
    ]


async def test_each_server_has_nonces_of_its_own(ask: Ask) -> None:
    assert await ask(nonce("a1"), nonce("b1"), nonce("a2"), nonce("b2"), times=2, hosts=("one", "two")) == [
        "",
        "",
        "a1",
        "b1",
    ]
