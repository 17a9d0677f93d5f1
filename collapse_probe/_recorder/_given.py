"""What is made ready before training begins: the reference that the user gave, and what fitting one needs."""

from torch import Tensor

from .. import embeddings
from .._monitor import MINIMUM_ROWS, embed_rows, import_libraries
from ..errors import InvalidArgument
from ._options import Options
from ._random_states import random_states_kept
from ._reservoir import labelled_rows_of


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
