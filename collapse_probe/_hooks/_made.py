"""What the generator made lately, recognised again without being kept alive."""

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

    @property
    def address(self) -> int:
        """What tells its storage from others, for as long as the batch is remembered."""
        address: int = self._storage.cdata
        return address


class Memory:
    """The generator's latest batches: enough for several updates of the discriminator on batches made beforehand."""

    def __init__(self) -> None:
        self._made: dict[int, Made] = {}
        self.shape: tuple[int, ...] | None = None
        """Shape of one sample of the latest batch; None before the first."""

    def add(self, samples: Tensor) -> Made:
        """Remember a batch."""
        made = Made(samples)
        self.shape = tuple(made.shape)
        # A batch written in place has the storage of an earlier one: the later takes its place, at the end.
        self._made.pop(made.address, None)
        self._made[made.address] = made
        if len(self._made) > _REMEMBERED_CALLS:
            # Another thread may be drawing samples too.
            self._made.pop(next(iter(self._made)), None)
        return made

    def find(self, inputs: Tensor) -> Made | None:
        """The batch that these inputs are."""
        return self._made.get(inputs.untyped_storage()._cdata)
