"""What the generator made lately, recognised again without being kept alive."""

from collections import deque

from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

_REMEMBERED_CALLS = 16


class Made:
    """One batch that the generator returned; holds none of its memory."""

    __slots__ = ("_storage", "consumed", "pooled", "shape", "trained_on")

    def __init__(self, samples: Tensor) -> None:
        # A weak reference to the storage, so that its address is not given to another batch while it is remembered.
        self._storage = StorageWeakRef(samples.untyped_storage())
        self.shape = samples.shape[1:]
        self.consumed = False
        """Whether the discriminator was given it."""
        self.pooled = False
        """Whether its rows were taken for a capture."""
        self.trained_on = False
        """Whether a gradient came back to it, where somebody looked."""

    def holds(self, address: int) -> bool:
        """Whether a tensor with this storage is the batch, detached or not."""
        return bool(self._storage.cdata == address)


class Memory:
    """The generator's latest batches: enough for several updates of the discriminator on batches made beforehand."""

    def __init__(self) -> None:
        self._made: deque[Made] = deque(maxlen=_REMEMBERED_CALLS)

    @property
    def shape(self) -> tuple[int, ...] | None:
        """Shape of one sample of the latest batch; None before the first."""
        return tuple(self._made[-1].shape) if self._made else None

    def add(self, samples: Tensor) -> Made:
        """Remember a batch."""
        made = Made(samples)
        self._made.append(made)
        return made

    def find(self, inputs: Tensor) -> Made | None:
        """The batch that these inputs are."""
        address = inputs.untyped_storage()._cdata
        # A copy, since another thread may be drawing samples.
        return next((made for made in reversed(tuple(self._made)) if made.holds(address)), None)
