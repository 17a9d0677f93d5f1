"""The generated batches of a run, one after another, as a moving picture."""

from ._film import Film, film_of
from ._video import write_film

__all__ = ["Film", "film_of", "write_film"]
