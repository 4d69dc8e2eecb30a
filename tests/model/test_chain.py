"""What becomes of a model's answer, over real HTTP through LangChain's OpenAI client."""

import asyncio

import pytest

from engage.compose.prompt import load_prompts
from engage.models import Passage, PassageKind, Recall, Surface
from tests.fakes.model_server import USAGE, Mode, ModelServer, blocks, prompt
from tests.model.builders import RECALL, TILLY, TRUE_WHEEL, turn
from tests.model.conftest import KEY, Make

NOTHING = Recall((), supported=False)


class Words:
    """A memory that knows one reply to thanks."""

    async def passages(self, creator_id: str) -> list[Passage]:
        return [Passage("pass_thanks", "s_9", PassageKind.PAIR, "You're welcome!", question="thanks so much")]


async def test_a_draft_stands_on_the_passage_the_model_names(server: ModelServer, make: Make) -> None:
    draft = await make().compose(turn(), TILLY, RECALL)
    assert draft.text == TRUE_WHEEL
    assert [one.passage_id for one in draft.evidence] == ["pass_wheel"]
    assert (draft.model, draft.prompt_version) == ("openai:m", load_prompts().version)
    assert (draft.tokens_in, draft.tokens_out) == (USAGE["prompt_tokens"], USAGE["completion_tokens"])


async def test_the_model_is_asked_for_json_of_a_fixed_shape(server: ModelServer, make: Make) -> None:
    await make().compose(turn(), TILLY, RECALL)
    asked = server.requests[0]["response_format"]["json_schema"]
    assert asked["strict"] is True
    assert set(asked["schema"]["required"]) == {"answer", "passages", "decline", "reason"}
    assert asked["schema"]["additionalProperties"] is False
    assert server.keys == [f"Bearer {KEY}"]


@pytest.mark.parametrize("mode", [Mode.FENCED, Mode.PROSE])
async def test_json_is_found_inside_other_text(server: ModelServer, make: Make, mode: Mode) -> None:
    server.mode = mode
    draft = await make().compose(turn(), TILLY, RECALL)
    assert draft.text == TRUE_WHEEL
    assert server.calls == 1


async def test_the_model_may_decline(server: ModelServer, make: Make) -> None:
    server.mode = Mode.DECLINE
    draft = await make().compose(turn(), TILLY, RECALL)
    assert (draft.text, draft.reason) == ("", "declined: not in the passages")


async def test_passages_that_were_not_given_are_no_evidence(server: ModelServer, make: Make) -> None:
    server.mode = Mode.UNCITED
    draft = await make().compose(turn(), TILLY, RECALL)
    assert draft.text == TRUE_WHEEL
    assert draft.evidence == ()


async def test_invented_facts_have_no_evidence(server: ModelServer, make: Make) -> None:
    server.mode = Mode.INVENTS
    assert (await make().compose(turn(), TILLY, RECALL)).evidence == ()


@pytest.mark.parametrize("mode", [Mode.GARBAGE, Mode.EMPTY, Mode.REFUSAL, Mode.CUT])
async def test_nonsense_is_no_answer_after_a_second_try(server: ModelServer, make: Make, mode: Mode) -> None:
    server.mode = mode
    draft = await make().compose(turn(), TILLY, RECALL)
    assert (draft.text, draft.reason) == ("", "model_nonsense")
    assert server.calls == 2


@pytest.mark.parametrize("mode", [Mode.GARBAGE, Mode.EMPTY, Mode.REFUSAL, Mode.CUT, Mode.STREAM])
async def test_the_second_try_may_save_it(server: ModelServer, make: Make, mode: Mode) -> None:
    server.script = [mode]
    draft = await make().compose(turn(), TILLY, RECALL)
    assert draft.text == TRUE_WHEEL
    assert "could not be read" in server.requests[1]["messages"][-1]["content"]


async def test_both_tries_are_paid_for(server: ModelServer, make: Make) -> None:
    server.script = [Mode.GARBAGE]
    draft = await make().compose(turn(), TILLY, RECALL)
    assert draft.tokens_in == 2 * USAGE["prompt_tokens"]


async def test_a_server_without_schemas_is_asked_once_only(server: ModelServer, make: Make) -> None:
    server.mode = Mode.NO_SCHEMA
    composer = make()
    drafts = [await composer.compose(turn(), TILLY, RECALL) for _ in range(3)]
    assert [draft.text for draft in drafts] == [TRUE_WHEEL] * 3
    assert ["response_format" in asked for asked in server.requests] == [True, False, False, False]


async def test_a_policy_of_the_provider_is_no_fault_of_the_settings(server: ModelServer, make: Make) -> None:
    server.mode = Mode.FILTERED
    assert (await make().compose(turn(), TILLY, RECALL)).reason == "model_nonsense"


@pytest.mark.parametrize("mode", [Mode.LEAKS, Mode.LEAKS_MARK])
async def test_instructions_are_never_told(server: ModelServer, make: Make, mode: Mode) -> None:
    server.mode = mode
    draft = await make().compose(turn(), TILLY, RECALL)
    assert (draft.text, draft.reason) == ("", "leak")


async def test_the_constant_part_is_the_same_bytes_for_a_creator(server: ModelServer, make: Make) -> None:
    composer = make()
    await composer.compose(turn(), TILLY, RECALL)
    await composer.compose(turn("and the chain?", Surface.DM, max_length=90), TILLY, NOTHING)
    first, second = (asked["messages"] for asked in server.requests)
    assert first[0] == second[0]
    assert first[0]["role"] == "system"
    assert first[1] != second[1]


async def test_a_live_reply_names_whom_it_is_for_and_the_model_never_sees_the_name(
    server: ModelServer, make: Make
) -> None:
    draft = await make().compose(turn(surface=Surface.LIVE, name="spoke_sam"), TILLY, RECALL)
    assert draft.text == f"@spoke_sam {TRUE_WHEEL}"
    assert "spoke_sam" not in str(server.requests)


async def test_braces_of_a_follower_are_no_template(server: ModelServer, make: Make) -> None:
    text = "how do I true a {wheel} ${nonce} {0} $text?"
    assert (await make().compose(turn(text), TILLY, RECALL)).text == TRUE_WHEEL
    assert blocks(server.requests[0])[-1] == text


async def test_thanks_cost_no_call_where_the_creator_has_answered_thanks(server: ModelServer, make: Make) -> None:
    draft = await make(words=Words()).compose(turn("thank you so much!"), TILLY, NOTHING)
    assert draft.text == "You're welcome!"
    assert server.calls == 0


async def test_words_without_a_fitting_reply_leave_it_to_the_model(server: ModelServer, make: Make) -> None:
    await make(words=Words()).compose(turn("hello!"), TILLY, NOTHING)
    assert server.calls == 1
    assert "(none)" in prompt(server.requests[0])


async def test_the_model_is_made_once_for_all_turns_at_the_same_time(server: ModelServer, make: Make) -> None:
    composer = make()
    drafts = await asyncio.gather(*(composer.compose(turn(), TILLY, RECALL) for _ in range(24)))
    assert {draft.text for draft in drafts} == {TRUE_WHEEL}
    nonces = {prompt(asked).split("<<<")[1].split("\n")[0] for asked in server.requests}
    assert len(nonces) == 24


async def test_the_event_loop_is_free_while_the_model_is_made(make: Make) -> None:
    composing = asyncio.create_task(make().compose(turn(), TILLY, RECALL))
    turns_of_the_loop = 0
    while not composing.done():
        await asyncio.sleep(0)
        turns_of_the_loop += 1
    assert turns_of_the_loop > 100
    assert composing.result().text
