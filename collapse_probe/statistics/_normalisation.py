"""Three ways of making a transport cost comparable across scales."""

from typing import Literal, get_args

from ..errors import InvalidArgument

Normalisation = Literal["largest_distance", "total_mass", "mean_transport"]


def check_normalisation(given: str | None) -> None:
    """Raises `InvalidArgument` for a name that is none of the three."""
    if given is not None and given not in get_args(Normalisation):
        known = ", ".join(repr(name) for name in get_args(Normalisation))
        raise InvalidArgument(f"normalize is {given!r}; expected None, {known}")
