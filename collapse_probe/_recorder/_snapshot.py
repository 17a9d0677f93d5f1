"""The weights of a few modules as they are now, on their way to the host."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ._modules import plain
from ._transfer import Transfer

_WRAPPED = "_orig_mod."
"""What `torch.compile` puts into the names of a submodule's tensors."""


class Snapshot:
    """Every tensor of the modules' `state_dict`, named `<module>.<name in the module>`; a shared one is copied once.

    On a GPU the copies are queued on the current stream, into pinned memory: the host does not wait, and whatever
    changes the weights next is queued behind them.
    """

    def __init__(self, modules: Mapping[str, nn.Module]) -> None:
        tensors = {
            f"{name}.{key.replace(_WRAPPED, '')}": value.detach()
            for name, module in modules.items()
            for key, value in plain(module).state_dict().items()
            if isinstance(value, Tensor)
        }
        self._place = {name: _identity(tensor) for name, tensor in tensors.items()}
        distinct = {self._place[name]: tensor for name, tensor in tensors.items()}
        self._transfers = [
            (list(group), _start([distinct[identity] for identity in group])) for group in _by_device(distinct)
        ]

    @property
    def nbytes(self) -> int:
        """Memory on the host."""
        return sum(transfer.nbytes for _, transfer in self._transfers)

    def tensors(self) -> dict[str, Tensor]:
        """The tensors on the host, no two of which share memory; waits for the copy."""
        arrived: dict[_Identity, Tensor] = {}
        for group, transfer in self._transfers:
            arrived |= zip(group, transfer.arrived(), strict=True)
        taken: set[_Identity] = set()
        found = {}
        for name, identity in self._place.items():
            found[name] = arrived[identity].clone() if identity in taken else arrived[identity]
            taken.add(identity)
        return found


_Identity = tuple[str, int, torch.Size, tuple[int, ...], torch.dtype]


def _identity(tensor: Tensor) -> _Identity:
    # All empty tensors lie at address 0.
    place = tensor.data_ptr() if tensor.numel() else id(tensor)
    return (str(tensor.device), place, tensor.shape, tensor.stride(), tensor.dtype)


def _by_device(distinct: Mapping[_Identity, Tensor]) -> list[list[_Identity]]:
    groups: dict[str, list[_Identity]] = {}
    for identity in distinct:
        groups.setdefault(identity[0], []).append(identity)
    return list(groups.values())


def _start(tensors: list[Tensor]) -> Transfer:
    device = tensors[0].device
    if device.type == "cuda":
        return Transfer(tensors, torch.cuda.current_stream(device))
    return Transfer([t.to("cpu", copy=True, memory_format=torch.contiguous_format) for t in tensors], None)
