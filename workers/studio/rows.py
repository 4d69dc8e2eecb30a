"""One exchange as both the activity and the inbox show it."""

from datetime import datetime

from engage.ledger.views import Exchange
from workers.studio import words
from workers.studio.parts import Text, badge, box

TONES = {"answered": "good", "shadow": "violet", "skipped": "quiet", "escalated": "warn", "waiting": "blue"}
STATE_TONES = {"sent": "good", "uncertain": "warn", "refused": "bad", "dead": "bad", "held": "warn"}


def draw_head(item: Exchange, outcome: str, tone: str, now: datetime) -> Text:
    """Who, where, when. Returns the element with the age, which grows."""
    with box("div", "head"):
        Text("strong", item.follower, "who")
        with box("span", "where"):
            Text("span", words.SURFACES[item.surface])
            Text("span", f"{item.handle or item.creator} on {item.platform}")
        age = Text("time", words.ago(item.opened_at, now), "age")
        age.props["datetime"] = item.opened_at.isoformat()
        age.props["title"] = f"{item.opened_at:%Y-%m-%d %H:%M:%S} UTC"
        badge(outcome, tone)
    return age


def draw_said(item: Exchange) -> None:
    """What the follower wrote, under the post it was written to."""
    if item.post_text:
        Text("p", f"Under “{_short(item.post_text)}”", "under")
    if item.text:
        Text("p", item.text, "said")
    else:
        Text("p", "The follower took this back, or changed it.", "said gone")


def draw_answer(item: Exchange, now: datetime) -> Text | None:
    """The reply with its state. Returns the element with the state, which may count down."""
    text = item.reply if item.reply is not None else item.draft
    if not text:
        return None
    with box("div", "answer unsent" if item.reply is None else "answer"):
        with box("div", "answer-head"):
            Text("span", words.answer(item), "label")
            state = badge(words.state(item, now), STATE_TONES.get(item.reply_state or "", "quiet"))
        Text("p", text, "reply")
    return state


def draw_why(item: Exchange) -> None:
    told = words.why(item)
    if told:
        with box("p", "why"):
            Text("span", "Why: ", "label")
            Text("span", told)


def _short(text: str, most: int = 90) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
