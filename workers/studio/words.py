"""The ledger's words as people say them. The one place: a page never explains a state or a reason itself."""

from datetime import datetime, timedelta

from engage.compose.policies import AFTER_SILENCE, EVERY_REPLY
from engage.ledger.raids import Standing
from engage.ledger.views import Exchange
from engage.models import Mode, Surface
from engage.raids import Level

SURFACES: dict[str, str] = {Surface.COMMENT: "Comment", Surface.DM: "Direct message", Surface.LIVE: "Live chat"}
MODES: dict[str, str] = {Mode.OFF: "Off", Mode.SHADOW: "Shadow", Mode.REVIEW: "Review", Mode.AUTO: "Auto"}
MODES_MEAN: dict[str, str] = {
    Mode.OFF: "Messages are kept and not answered.",
    Mode.SHADOW: "Answers are written and shown here. Nothing is posted.",
    Mode.REVIEW: "Every answer waits for your approval.",
    Mode.AUTO: "Answers are posted by themselves.",
}
OUTCOMES = {
    "answered": "Answered",
    "shadow": "Shadow",
    "skipped": "Skipped",
    "escalated": "Needs you",
    "waiting": "Being answered",
}
COUNTED = {**OUTCOMES, "shadow": "in shadow", "escalated": "for you", "waiting": "being answered"}
KINDS = {
    "held": "To approve",
    "uncertain": "Uncertain",
    "refused": "Refused",
    "dead": "Not delivered",
    "escalated": "Needs you",
}
STATES = {
    "held": "Waits for you",
    "due": "About to be sent",
    "sending": "Being sent",
    "sent": "Sent",
    "uncertain": "Uncertain",
    "refused": "Refused",
    "dead": "Not delivered",
    "recalled": "Taken back",
    "expired": "Too late",
}
DISCLOSURES = {
    "text": "The text says that it is automated",
    "native": "The platform marks it as automated",
    "earlier": "Told earlier in this conversation",
    "person": "Written by a person",
}
ACCOUNTS = {"active": "Active", "paused": "Paused", "unauthorized": "Access lost", "disconnected": "Disconnected"}
ACTS = {
    "approve": "Approve",
    "edit": "Edit and send",
    "reject": "Reject",
    "answer": "Answer by hand",
    "posted": "It is there",
    "again": "Not there: send again",
    "dismiss": "Dismiss",
}
LABELS = {
    "injection": "Tries to instruct the avatar",
    "spam": "Spam",
    "abuse": "Abuse",
    "self_harm": "Self-harm",
    "restricted": "Restricted topic",
}
REASONS = {
    # who wrote, and how much
    "bot": "A bot wrote this, or somebody who wants no answers from bots.",
    "blocked": "You blocked this follower.",
    "opted_out": "This follower asked for no automated answers.",
    "opt_out": "The follower asked for no more automated answers.",
    "may_not_reply": "The platform allows no reply here any more.",
    "raid": "Many strangers wrote at once, alike or abusive, so the avatar was quiet in public.",
    "child": "Only you should write to them.",
    "minor": "The follower says to be under 18: only your approved or own past answers are given.",
    "told_age_minor": "They wrote that they are under 18.",
    "told_age_child": "They wrote that they are under 13.",
    "asks_back": "The answer asked something, and nothing is asked of who is under 18.",
    "loop": "The avatar has answered here many times in a row.",
    "fatigue": "This follower got as many answers this hour as you allow.",
    "creator_budget": "The avatar has given as many answers, or cost as much, as you allow for now.",
    "repeated": "The same had been said before.",
    "asked_for_human": "The follower asked for a person.",
    "asked_if_bot": "They asked whether a bot writes here, which is always answered truthfully.",
    "asked_what_is_known": "They asked what is remembered of them, which is always answered truthfully.",
    "forget_me": "They asked to be forgotten. What they had told the avatar is erased.",
    "human_replied": "You answered here yourself.",
    # what they wrote
    "question": "They ask something.",
    "praise": "Kind words.",
    "thanks": "A thank-you.",
    "greeting": "A greeting.",
    "nothing_asked": "They ask nothing.",
    "service": "It is about an order of their own.",
    "no_content": "There is nothing to read in it.",
    "spam": "It looks like spam.",
    "abuse": "It is abusive.",
    "crisis": "The follower may be in danger. Please look yourself.",
    "self_harm": "The follower may be in danger. Please look yourself.",
    "restricted": "A topic that needs a person, such as health, law or money.",
    "injection": "It tries to give the avatar instructions.",
    "wrong_language": "You do not answer in this language.",
    # what was found and written
    "supported": "You have said something that answers this.",
    "unsupported": "You have not said anything that answers this.",
    "ungrounded": "The draft said something that your own words do not support.",
    "declined": "The model found no good answer.",
    "malformed": "The model’s answer could not be read.",
    "empty": "The draft was empty.",
    "link": "The draft held a link that you did not allow.",
    "mention": "The draft named somebody else.",
    "promise": "The draft promised something the avatar cannot keep.",
    "secret": "The draft held something that looks like a password or a card number.",
    "leak": "The draft quoted the avatar’s own instructions.",
    "code": "The draft held signs that stand for letters.",
    "smuggled": "The draft put words that are not yours into a sentence of yours.",
    "private": "The draft told in public what the follower had told in private.",
    "medicine": "The draft gave medical advice.",
    "money": "The draft gave advice about money.",
    "law": "The draft gave legal advice.",
    "minors": "The draft said something that nobody should say to a child.",
    "instructions in a passage": "Among your imported words somebody gives a model orders; it was not shown those.",
    "not_verbatim": "You are strict, and the draft was not in your very words.",
    "unlike_creator": "The draft does not sound enough like you.",
    "no_room": "No whole answer fits into the platform’s limit.",
    "moderation unavailable": "The provider's moderation did not answer, so the built-in checks decided alone.",
    "moderated": "The provider's moderation found something in the draft.",
    "vectors unavailable": "The search by meaning was not running, so fewer of your words were looked through.",
    "unavailable": "The language model could not be reached.",
    "failed": "An error stopped the answer.",
    # what happened meanwhile
    "deleted": "The follower took it back.",
    "edited": "The follower changed it; the new text is answered.",
    "expired": "It was too old to be answered.",
}

LOOSENED = {
    AFTER_SILENCE: "After a day of silence, a reply does not say again that it is automated.",
    EVERY_REPLY: "Where the law asks for a mark on every reply, only the first carries it.",
}

LEARNT = {
    "correction": "Your words are used from now on where others ask the same.",
    "private": "Your words teach how you write, and are not said to others.",
}
QUESTIONS = (
    "What at least two followers asked within 90 days and your words do not answer. An answer that you approve goes"
    " into your FAQ at once, and comes before everything else."
)
NO_QUESTIONS = "Nothing was asked twice that your words do not answer."
ASKED_IN_PRIVATE = (
    "Asked in direct messages: nobody but you sees these words. Write the question as everybody may read it."
)


def asked_by(followers: int, times: int) -> str:
    """How many asked, and how often."""
    return f"{followers} followers" + (f", {times} times" if times > followers else "")


def reason(word: str) -> str:
    """One reason as a sentence. What has no entry is shown as it is: it may be a platform's own message."""
    known = REASONS.get(word)
    if known:
        return known
    text = word.replace("_", " ").strip() if " " not in word else word.strip()
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")


def reasons(words: tuple[str, ...]) -> str:
    return " ".join(dict.fromkeys(reason(word) for word in words if word))


def why(item: Exchange) -> str:
    """Why an exchange stands as it does, in a sentence or two."""
    told = reasons(item.reasons)
    if item.reply_reason and item.reply_state not in ("sent", "sending"):
        told = f"{told} {reason(item.reply_reason)}".strip()
    return told


def answer(item: Exchange) -> str:
    """What the text of a reply is called."""
    whose = "Your answer" if item.disclosure == "person" else "Answer" if item.reply else "Draft"
    return f"{whose}, in private" if item.private else whose


def state(item: Exchange, now: datetime) -> str:
    """Where the reply is, with its time."""
    if item.reply_state is None:
        return "Not posted" if item.draft else ""
    if item.reply_state == "held" and item.release_at is not None:
        return f"Goes out by itself in {countdown(item.release_at - now)}"
    if item.reply_state == "due" and item.attempts and item.due_at is not None and item.due_at > now:
        return f"Tried {item.attempts} times, again in {span(item.due_at - now)}"
    if item.reply_state == "uncertain" and not item.parked:
        return "Uncertain: being checked"
    return STATES[item.reply_state]


def countdown(left: timedelta) -> str:
    """Seconds where a person would count them."""
    return f"{max(0, round(left.total_seconds()))} s" if left < timedelta(minutes=5) else span(left)


def span(length: timedelta) -> str:
    """A length of time in its largest unit: 40 s, 5 min, 3 h, 2 d."""
    seconds = max(0, round(length.total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def ago(at: datetime, now: datetime) -> str:
    return "just now" if now - at < timedelta(seconds=10) else f"{span(now - at)} ago"


def inbox_help(item: Exchange) -> str:
    """What the person can do where it is not plain from the buttons."""
    quiet = item.current_mode in (Mode.OFF, Mode.SHADOW)
    if item.kind == "uncertain":
        look = "Its answer got lost on the way. Look on the platform whether the reply is there."
        return look if item.parked else "Its answer got lost on the way. Engage is finding out by itself."
    if item.kind in ("held", "escalated") and quiet:
        return f"This account is in mode “{item.current_mode}”: nothing can be posted from here."
    if item.kind == "escalated" and item.reply_id:
        return "Answer this follower on the platform, then dismiss it here."
    if item.kind in ("refused", "dead") and item.private:
        return "It was not posted. What is said in public stands, and the question is shown here as well."
    if item.kind in ("refused", "dead"):
        return "It was not posted. Answer on the platform yourself, or dismiss it."
    return ""


def unheard(problem: str) -> str:
    """Why a platform brings no events at the moment."""
    return f"Nothing new is heard from it: {problem}" + ("" if problem.endswith((".", "!", "?")) else ".")


def reconnect(platform: str) -> str:
    """What to do about an account whose access is lost or given back."""
    return f"Nothing is sent until it is connected again: press “Connect an account” below and choose {platform}."


DISCONNECTING = (
    "Nothing more is heard or answered there, unsent replies are taken back, and Engage gives its access back. What was"
    " said stays in the ledger; you can connect the account again at any time."
)


def disconnected(handle: str, platform: str, left: str) -> str:
    """What was done, and what its owner must still do. left: why the access still stands; '' where it does not."""
    done = f"{handle} is disconnected."
    return f"{done} Take the access away in the settings of {platform} as well: {left}." if left else done


def raid(name: str, standing: Standing) -> str:
    """What the creator is told while strangers raid them."""
    ends = standing.ends_at.strftime("%H:%M UTC")
    whom = "nobody is" if standing.level is Level.SILENT else "only followers you had before are"
    people = f"{standing.people} strangers wrote to {name} within minutes, alike or abusive."
    return f"{people} In public {whom} answered until {ends}. Direct messages are answered."


def loosened(rule: str, who: str, why: str, since: datetime) -> str:
    """What an override of the disclosure spares, and who answers for it."""
    return f"{LOOSENED[rule]} Loosened by {who} on {since.date()}: {why}"
