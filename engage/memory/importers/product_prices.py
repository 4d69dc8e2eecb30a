"""Prices as shops write them, and the span of several. Pure."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

_MOST = 10  # prices that are told one by one
_AMOUNT = re.compile(r"\d[\d.,'’\u00a0\u202f ]*\d|\d")
_FRACTION = re.compile(r"[.,](\d{1,2})\Z")


def span(prices: Sequence[str]) -> str | None:
    """The one price as written, or the lowest and the highest of them; all of several currencies."""
    if len(prices) < 2:
        return prices[0] if prices else None
    amounts = {price: _amount(price) for price in prices}
    known = [price for price in prices if amounts[price] is not None]
    if len(known) < len(prices) or len({_AMOUNT.sub("", price).strip() for price in prices}) > 1:
        return ", ".join(prices[:_MOST])
    low, *_, high = sorted(prices, key=lambda price: amounts[price] or Decimal(0))
    return low if amounts[low] == amounts[high] else f"{low} – {high}"


def _amount(price: str) -> Decimal | None:
    """What is written as "1.299,00 EUR" or "$1,299.00"."""
    found = _AMOUNT.search(price)
    if not found:
        return None
    fraction = _FRACTION.search(found[0])
    whole = re.sub(r"\D", "", found[0][: fraction.start()] if fraction else found[0])
    try:
        return Decimal(f"{whole}.{fraction[1]}" if fraction else whole)
    except InvalidOperation:
        return None
