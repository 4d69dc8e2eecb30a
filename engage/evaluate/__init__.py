"""How good is the avatar? A back-test on real past answers that were kept out of its memory."""

from engage.evaluate.backtest import Trial, back_test
from engage.evaluate.figures import Figure
from engage.evaluate.heldback import HeldBack, read_pair
from engage.evaluate.judging import Evaluation, Known, judge

__all__ = ["Evaluation", "Figure", "HeldBack", "Known", "Trial", "back_test", "judge", "read_pair"]
