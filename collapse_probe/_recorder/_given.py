"""What is made ready before training begins: the reference that the user gave, and what fitting one needs."""

import torch
from torch import Tensor

from .. import embeddings
from .._monitor import MINIMUM_ROWS, Reference, embed_rows, follow_held_out, import_libraries
from ..errors import InvalidArgument
from ._notices import warn
from ._options import Options
from ._random_states import random_states_kept
from ._reservoir import labelled_rows_of

EXAMPLES, MOST_CLASSES = 8, 64


def given_reference(options: Options) -> tuple[Tensor | None, Tensor | None]:
    """Real samples (m, ...) and their class indices (m,), each None where not given.

    Raises `InvalidArgument` for too few samples, or where `embed` cannot take them.
    """
    with random_states_kept():
        import_libraries()
    if options.real is None:
        return None, None
    rows, labels = labelled_rows_of(options.real)
    if len(rows) < MINIMUM_ROWS:
        raise InvalidArgument(
            f"real holds {len(rows)} samples; at least {MINIMUM_ROWS} are needed to say what is normal"
        )
    if options.embed is not None:
        embed_rows(rows[:2], embeddings.fit(options.embed, rows[:2]))
    return rows, labels


def with_held_out(reference: Reference, held_out: Tensor | None) -> Reference:
    """The reference with what is known of the held-out samples; a warning where it holds some of them itself."""
    if held_out is None:
        return reference
    if count := shared_rows(held_out.detach().cpu(), reference.sample):
        warn(
            f"{count} of the {len(held_out)} samples of held_out are among the real data that it is compared with; "
            "hold out samples that training never sees, or overfitting will look less than it is"
        )
    return follow_held_out(reference, held_out)


def shared_rows(some: Tensor, others: Tensor) -> int:
    """How many rows of one sample are in the other, bit for bit.

    >>> shared_rows(torch.tensor([[1.0, 2, 3], [1, 3, 2], [4, 5, 6]]), torch.tensor([[4.0, 5, 6], [1, 2, 3]]))
    2
    """
    if some.shape[1:] != others.shape[1:]:
        return 0
    # Only rows of the same sum may be alike; how it is rounded may depend on how many rows there are.
    sums, others_sums = (rows.flatten(1).sum(1, dtype=torch.float64) for rows in (some, others))
    near = 1e-9 * (1.0 + float(others_sums.abs().max()))
    found = 0
    for row, total in zip(some, sums, strict=True):
        alike = others[(others_sums - total).abs() <= near] == row
        found += bool(alike.flatten(1).all(1).any())
    return found


def class_examples(rows: Tensor | None, labels: Tensor | None) -> dict[str, Tensor]:
    """The first 8 real samples of each class, of the first 64 classes, for a person to look at; empty without labels.

    >>> class_examples(torch.tensor([[5.0], [6.0], [7.0]]), torch.tensor([1, -1, 0]))
    {'class_samples': tensor([[7.],
            [5.]]), 'class_labels': tensor([0, 1])}
    """
    if rows is None or labels is None:
        return {}
    classes = labels[labels >= 0].unique()[:MOST_CLASSES]
    places = [torch.nonzero(labels == label).flatten()[:EXAMPLES] for label in classes]
    shown = torch.cat([labels.new_empty(0), *places])
    return {"class_samples": rows[shown], "class_labels": labels[shown]} if len(shown) else {}
