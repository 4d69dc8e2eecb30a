"""A model as a text file: `engage.triage.linear.read` takes it in again."""

from collections.abc import Iterator, Sequence

from engage.triage.linear import Linear


def written(model: Linear, notes: Sequence[str]) -> str:
    """The file's text. notes: lines that say where the model is from."""
    return "\n".join(_lines(model, notes)) + "\n"


def _lines(model: Linear, notes: Sequence[str]) -> Iterator[str]:
    yield from (f"#note\t{note}" for note in notes)
    yield f"#name\t{model.name}"
    yield f"#languages\t{' '.join(sorted(model.languages))}"
    yield f"#words\t{model.shape.words}"
    yield f"#letters\t{model.shape.shortest}-{model.shape.longest}"
    yield f"#few\t{model.shape.few}"
    yield f"#signs\t{'yes' if model.shape.signs else 'no'}"
    yield f"#roles\t{'yes' if model.shape.roles else 'no'}"
    yield f"#alone\t{'yes' if model.alone else 'no'}"
    yield f"#bias\t{model.bias:.3f}"
    yield f"#rules\t{model.rules:.3f}"
    if (head := model.meaning) is not None:
        yield f"#doubt\t{head.doubt[0]:g} {head.doubt[1]:g}"
        yield f"#meaning-slope\t{head.slope:.3f}"
        yield f"#meaning-bias\t{head.bias:.3f}"
        yield f"#meaning\t{' '.join(f'{weight:.3f}' for weight in head.weights)}"
    for name, weight in model.weights.items():
        if shown := f"{weight:.2f}".removesuffix("0"):
            yield f"{name}\t{shown}"
