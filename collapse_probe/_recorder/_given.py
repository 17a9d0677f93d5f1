"""What is made ready before training begins: the reference that the user gave, and what fitting one needs."""

import torch
from torch import Tensor

from .. import embeddings
from .._monitor import MINIMUM_ROWS, embed_rows, import_libraries
from ..errors import InvalidArgument
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
