"""The model that chaos asks: a real port, an answer from the passages, and a memory of who was asked for."""

from typing import Any

import httpx

from workers.chaos.model import Model, mark_of, marked

PASSAGE = "[p1] about bread\n¦ it bakes for an hour"


def ask(model: Model, prompt: str) -> dict[str, Any]:
    messages = [{"role": "system", "content": "be brief"}, {"role": "user", "content": prompt}]
    answered: dict[str, Any] = httpx.post(f"{model.url}/chat/completions", json={"messages": messages}).json()
    return answered


def test_it_quotes_the_passage_and_notes_whose_question_it_was() -> None:
    with Model(seconds=0) as model:
        answer = ask(model, f"{PASSAGE}\n{marked('Earlier?', 'f_1')}\n{marked('How long?', 'f_2')}")
    assert "it bakes for an hour" in answer["choices"][0]["message"]["content"]
    assert [who for who, calls in model.calls.items() if len(calls) == 1] == ["f_2"]


def test_a_question_without_a_mark_is_nobodys() -> None:
    assert mark_of("How long (in minutes)?") == ""
