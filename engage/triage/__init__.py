"""Should this be answered, and how carefully? Rules over words that stand in data files beside them."""

from engage.triage.decision import triage
from engage.triage.scores import flags
from engage.triage.verdict import ASKS, FORGET_ME, TOLD_AGE, Decision, FixedText, Intent, Policy, Verdict

__all__ = ["ASKS", "FORGET_ME", "TOLD_AGE", "Decision", "FixedText", "Intent", "Policy", "Verdict", "flags", "triage"]
