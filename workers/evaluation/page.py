from engage.evaluate import Evaluation


def page(found: Evaluation) -> str:
    return ""
