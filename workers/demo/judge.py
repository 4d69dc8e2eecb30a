"""Does what happened agree with what the script says must happen?"""

from collections.abc import Mapping, Sequence
from typing import Any

from workers.demo.account import Fate
from workers.demo.content import Step

# The script's word for a question that was answered; the card says with which intent it was.
ANSWERED = {"answered", "question", "request", "greeting", "praise", "thanks"}


def disagreements(script: Sequence[Step], ids: Mapping[str, str], known: Mapping[str, Fate]) -> list[str]:
    """One sentence for each message whose fate is not what the script asks for."""
    last: dict[str, Step] = {step.ref: step for step in script}  # an edit's expectation replaces the original's
    found = []
    for ref, step in last.items():
        fate = known.get(ids.get(ref, ""))
        problem = "the ledger does not know it" if fate is None else _problem(step, fate, ids, known)
        if problem:
            found.append(f"{ref} ({step.surface}, {step.text[:60]!r}): {problem}")
    return found


def _problem(step: Step, fate: Fate, ids: Mapping[str, str], known: Mapping[str, Fate]) -> str:
    expect = step.expect
    wanted, reasons = _list(expect["outcome"]), _list(expect.get("reason", ()))
    outcome = "none" if "deleted" in reasons and fate.reasons[:1] == ("deleted",) else fate.outcome
    if outcome not in wanted:
        return f"expected {' or '.join(wanted)}, was {fate.outcome} {fate.reasons} {fate.reply or fate.draft!r}"
    if reasons and not any(_agrees(reason, fate) for reason in reasons):
        return f"expected reason {' or '.join(reasons)}, was {fate.reasons}"
    words = [word.casefold() for word in expect.get("contains_any", ())]
    if outcome == "answer" and words and not any(word in fate.reply.casefold() for word in words):
        return f"expected one of {words} in {fate.reply!r}"
    partner = known.get(ids.get(expect.get("with", ""), ""))
    if partner is not None and partner.turn_id != fate.turn_id:
        return f"expected to be answered together with {expect['with']}"
    return ""


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _agrees(reason: str, fate: Fate) -> bool:
    if reason in ANSWERED:
        return bool(ANSWERED & set(fate.reasons)) or fate.outcome == "answer"
    return reason in fate.reasons
