"""What is somebody's address or number is found; what only looks like one is left alone."""

import pytest

from engage.personal import Kind, find, mask
from engage.personal.payments import LENGTHS

PEOPLE = [
    (Kind.MAIL, "ana.c+x@mail.example.org"),
    (Kind.MAIL, "ana (at) mail (dot) example"),
    (Kind.MAIL, "ana at mail dot com"),
    (Kind.MAIL, "ana＠mail.example"),
    (Kind.PHONE, "+44 20 7946 0958"),
    (Kind.PHONE, "0049 170 5550123"),
    (Kind.PHONE, "(202) 555-0143 x17"),
    (Kind.PHONE, "202.555.0143"),
    (Kind.PHONE, "020 7946 0958"),
    (Kind.PHONE, "(+44) 20 7946 0958"),
    (Kind.PHONE, "(11) 9687-3948"),
    (Kind.PHONE, "０２０－７９４６－０９５８"),
    (Kind.CARD, "4111 1111 1111 1111"),
    (Kind.CARD, "378282246310005"),
    (Kind.CARD, "630427373398"),
    (Kind.IBAN, "DE89 3704 0044 0532 0130 00"),
    (Kind.IBAN, "gb82west12345698765432"),
    (Kind.IBAN, "FR1420041010050500013M02605"),
    (Kind.IBAN, "de88370400440532013000"),  # mistyped
    (Kind.SSN, "078-05-1120"),
    (Kind.ADDRESS, "17 Mill Road"),
    (Kind.ADDRESS, "17 mill road"),
    (Kind.ADDRESS, "Lindenstraße 4"),
    (Kind.ADDRESS, "12 rue des Lilas"),
    (Kind.ADDRESS, "Calle Mayor 4"),
    (Kind.ADDRESS, "ul. Polna 7"),
    (Kind.ADDRESS, "P.O. Box 17"),
]


@pytest.mark.parametrize(("kind", "value"), PEOPLE, ids=[value for _, value in PEOPLE])
def test_it_is_found_in_a_sentence_and_masked(kind: Kind, value: str) -> None:
    text = f"Well, {value}, thanks!"
    spans = find(text)
    assert [(span.kind, text[span.start : span.end]) for span in spans] == [(kind, value)]
    assert mask(text) == f"Well, [{kind}], thanks!"


@pytest.mark.parametrize(
    "text",
    [
        "call me at 374 780 163",
        "They're not answering at 71-33-52-22",
        "Mobile: 99 577450",
        "text 2025550143",
        "llámame al 612 345 678",
        "ruf mich unter 1701234567 an",
        "мой телефон 912 345 67 89",
        "我的手机号是13800138000",
        "450 0840 (office)",
        "call 35 91 24",
        "I lost my phone, use 9498777106 instead",
        "Is 66 123 45 67 still your number?",
    ],
)
def test_a_number_that_only_its_words_make_a_telephones_is_one(text: str) -> None:
    assert [span.kind for span in find(text)] == [Kind.PHONE]


@pytest.mark.parametrize("country", sorted(LENGTHS))
def test_an_iban_of_any_country_is_found_whole_and_in_fours(country: str) -> None:
    account = "07291834650392817465029183746501"[: LENGTHS[country] - 4]
    turned = "".join(str(int(sign, 36)) for sign in f"{account}{country}00")
    number = f"{country}{98 - int(turned) % 97:02}{account}"
    fours = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    for shown in (number, fours, number.lower()):
        assert mask(f"Send it to {shown}, please.") == "Send it to [iban], please."


def test_the_second_of_two_numbers_needs_no_words_of_its_own() -> None:
    assert mask("call me at 374 780 163 or 516 466 638.") == "call me at [phone] or [phone]."


@pytest.mark.parametrize(
    "text",
    [
        "It costs $1,200,000.50, or 374 780 163 won.",
        "on 2026-11-27 10:30, and 01.02.2026 10:30",
        "1 000 000 000 views, 12345678 of them mine",
        "model number 1234567, order 114-1234567, order number 9498777106",
        "35 91 24 are the numbers that won; I bought 20 10 phones",
        "1920x1080 at 2560 1440",
        "ISBN 978-3-16-148410-0, UPC 012345678905",
        "call of duty 2019 2020, call it 1000000 times",
        "meet at 11.07.17 at noon. Sorry",
        "score 21-14 21-19 15-13",
        "0.123456789 and 3.1415926535 and 192.168.1.100",
        "4111 1111 1111 1112 passes no check",
        "@u_ca282bba5c Love the Batman scene",
        "64 GB Flash Drive, Office Suite 2019, the tyre was flat 2 times",
        "01110100 0110010001 00100000",
        "account 8f14e45fceea167a5a36dedd4bea2543",
    ],
)
def test_prices_dates_and_models_are_nobodys(text: str) -> None:
    assert mask(text) == text
