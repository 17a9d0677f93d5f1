"""Whether this rank should stop: in a thread beside the training loop, the ranks agree on the step."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import in_a_line
from ._leader import Leader
from ._member import Clock, Member
from ._place import Place, default_store, group_size, place, under

IDLE_SECONDS = 0.25
BUSY_SECONDS = 0.05
_QUIET_SECONDS = 5.0
_LEAVING_SECONDS = 1.0


@dataclass(frozen=True)
class Wish:
    """What the probe of this rank knows: whether it wants to stop, and how to warn."""

    wanted: Callable[[], bool]
    warn: Callable[[str], None]


@dataclass(frozen=True)
class _Joined:
    """The agreement that this rank takes part in, and which count of steps it is about."""

    turn: int
    member: Member
    leader: Leader | None


class Coordination:
    """Of one probe. Alone, it stops when it wants to; in a process group, when and where all ranks do.

    Where the ranks cannot agree, none stops: one rank that leaves the loop alone would let the others wait for ever.
    """

    def __init__(self, name: str, here: Place, clock: Clock, wish: Wish) -> None:
        """Probes that belong together have the same `name` on every rank."""
        self._name = name
        self._place = here
        self._clock = clock
        self._wish = wish
        self._turn = 0
        self._joined: _Joined | None = None
        self._stopped_at: int | None = None
        self._warned = False
        self._lost: str | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="collapse_probe ranks", daemon=True)
        if here.world_size > 1:
            self._thread.start()

    @property
    def stopped_at(self) -> int | None:
        """Closed steps at which the ranks stopped together; None unless they did."""
        return self._stopped_at

    def should_stop(self) -> bool:
        """Whether the loop should end here; never waits for another rank."""
        if self._stopped_at is not None:
            return True
        joined = self._joined
        if joined is None or joined.turn != self._turn or self._is_out():
            return self._wish.wanted() and self._is_alone()
        try:
            joined.member.should_stop()
        except Exception as error:
            self._lose(error)
            return False
        self._stopped_at = joined.member.stopped_at
        return self._stopped_at is not None

    def start_over(self) -> None:
        """Steps are counted from an earlier one again, as on every rank: what was agreed is void."""
        self._turn += 1
        self._stopped_at = None

    def close(self) -> None:
        """Leave the others to themselves; waits for none of them."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout=_LEAVING_SECONDS)

    def _is_out(self) -> bool:
        """Whether the store was lost before it was known here where to stop."""
        return self._lost is not None and (self._joined is None or not self._joined.member.agreed)

    def _is_alone(self) -> bool:
        size = group_size()
        if size > 1 and self._place.world_size == 1:
            self._warn_once(
                f"a process group of {size} ranks was started after the probe, so the ranks cannot be stopped "
                "together: should_stop stays False; attach after torch.distributed.init_process_group"
            )
        return size <= 1

    def _run(self) -> None:
        pause = IDLE_SECONDS
        while not self._closing.wait(pause) and self._lost is None:
            try:
                pause = BUSY_SECONDS if self._poll() else IDLE_SECONDS
            except Exception as error:
                self._lose(error)
        # At the end of a training rank 0 takes the store away: only where training goes on is anything lost.
        if self._is_out() and not self._closing.wait(_QUIET_SECONDS) and group_size() > 1:
            self._warn_once(
                f"the ranks cannot be stopped together, since their process group's store gave {self._lost}: "
                "should_stop stays False, training and recording go on"
            )
        self._leave()

    def _poll(self) -> bool:
        """Go on with the agreement; whether a proposal is open."""
        turn, joined = self._turn, self._joined
        if joined is None or joined.turn != turn:
            if group_size() < 2:
                return False
            joined = self._joined = self._join(turn)
        led = joined.leader is not None and joined.leader.poll(wanted=self._wish.wanted())
        return joined.member.poll() or led

    def _join(self, turn: int) -> _Joined:
        if place() != self._place:
            raise RuntimeError(f"{place()}, but {self._place} at attach: attach once the group is started")
        store: Any = under(f"collapse_probe/{self._name}/{turn}", default_store())
        member = Member(store, self._place.rank, self._clock)
        if self._place.rank:
            return _Joined(turn, member, None)
        return _Joined(turn, member, Leader(store, self._place.world_size, self._clock, tell=self._warn_once))

    def _leave(self) -> None:
        try:
            if self._joined is not None and self._lost is None:
                self._joined.member.leave()
        except Exception as error:
            self._lose(error)

    def _lose(self, error: Exception) -> None:
        self._lost = in_a_line(error)

    def _warn_once(self, message: str) -> None:
        if not self._warned:
            self._warned = True
            self._wish.warn(message)
