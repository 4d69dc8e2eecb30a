"""A creator, her words, and turns of her followers."""

from datetime import UTC, datetime
from itertools import count

from engage.models import (
    Author,
    Capabilities,
    Follower,
    Line,
    Message,
    Passage,
    PassageKind,
    Persona,
    Recall,
    Scored,
    Surface,
    Turn,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TILLY = Persona(
    id="c_tilly",
    name="tilly",
    display_name="Tilly Sprockett",
    bio="Rebuilds old steel bicycles in a shed.",
    allowed_links=("tilly.shop.example",),
    avoid_topics=("politics",),
    style_rules=("Everything in lower case.",),
)
TRUE_WHEEL = "True the wheel with a spoke key, a quarter turn at a time."
PASSAGES = (
    Passage("pass_wheel", "s_1", PassageKind.PAIR, TRUE_WHEEL, question="how do I true a wheel?"),
    Passage("pass_chain", "s_2", PassageKind.POST, "I clean the chain with diesel every 300 km.", title="Chains"),
    Passage(
        "pass_grease",
        "s_3",
        PassageKind.PRODUCT,
        "Bearing grease costs 9 euros.",
        url="https://tilly.shop.example/grease",
    ),
)
RECALL = Recall(tuple(Scored(passage, 0.9 - place / 10) for place, passage in enumerate(PASSAGES)), supported=True)
_number = count(1)


def turn(
    text: str = "how do I true a wheel?",
    surface: Surface = Surface.COMMENT,
    history: tuple[Line, ...] = (),
    post_text: str | None = None,
    name: str = "pedal_pete",
    max_length: int = 500,
) -> Turn:
    at = next(_number)
    message = Message(f"m_{at}", "conv", surface, Author("f_1", name), text, NOW)
    return Turn(
        id=f"t_{at}",
        creator_id=TILLY.id,
        surface=surface,
        messages=(message,),
        follower=Follower("f_1", name),
        history=history,
        post_text=post_text,
        capabilities=Capabilities(may_reply=True, max_length=max_length),
    )
