"""What does the probe cost?

    python benchmarks/overhead.py          # ten minutes on two cores; writes docs/overhead.md
    python benchmarks/overhead.py --quick  # a look, one or two minutes

Every ratio is measured interleaved in this one run: blocks with and without the probe, or of one recorder and of the
others, take turns in changing order, so that whatever else the machine does hits both sides. Shown are the median over
the rounds and its 95 % bootstrap interval. CPU time is that of all threads of the process, the probe's worker
included, and a block's ends when they rest; wall time is the training loop's alone. Torch computes with one thread.

- **One recorded step** is five 0-d tensors on the CPU, each recorder called with the same ones (or, where it says so,
  with floats), back to back and every 5 ms, when caches are cold. `probe.log` belongs to an attached probe whose
  generator makes an update before each call; only the call is timed.
- **Small networks** show what a step costs by itself. The probe is attached and closed again in each round, on one pair
  of networks.
- **Pictures**: the probe stays attached and is paused by turns, with captures at the interval at which the default
  budget arrives in a run without pauses. Its own clocks are the CPU time of its thread and the wall time of its hooks
  inside the training loop, which is the more of the two when the machine is busy.
- **A long stream** is fed by hand, one call of `Probe.step` a step. A block of rows on disk has a header of some 300
  bytes and is written every 800 steps or every second: of a loop with few steps a second, each costs more bytes.

"Met" is computed from the numbers beside it. They are those of one machine on one day.
"""

import argparse
import os
import platform
from dataclasses import dataclass
from pathlib import Path

import _page
import torch
from _claims import Claim, table
from _overhead import networks, pictures, recording, stream, toy
from _overhead.recording import Pace

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Sizes:
    """How long each part measures."""

    paces: tuple[Pace, ...]
    toy_rounds: int
    width: int
    batch: int
    picture_rounds: int
    picture_steps: int
    stream_steps: int


FULL = Sizes(
    paces=(Pace("back to back", 0.0, 30, 200), Pace("every 5 ms", 0.005, 20, 30)),
    toy_rounds=16,
    width=64,
    batch=16,
    picture_rounds=8,
    picture_steps=10,
    stream_steps=10_000_000,
)
QUICK = Sizes(
    paces=(Pace("back to back", 0.0, 8, 200), Pace("every 5 ms", 0.005, 5, 30)),
    toy_rounds=4,
    width=24,
    batch=16,
    picture_rounds=4,
    picture_steps=10,
    stream_steps=500_000,
)


def measure(sizes: Sizes) -> list[_page.Part]:
    """All parts; the stream goes first, while the process is small."""
    print("a long stream", flush=True)
    long_stream = stream.measure(steps=sizes.stream_steps, first=sizes.stream_steps // 10)
    return [
        recorded_step(list(sizes.paces)),
        small_networks(sizes.toy_rounds),
        pictures_on_cpu(sizes),
        pictures_on_gpu(sizes.picture_rounds),
        ("A long stream, by hand", table(long_stream)),
        ("Memory on the device", table([stream.device_memory()])),
    ]


def recorded_step(paces: list[Pace]) -> _page.Part:
    print("one recorded step", flush=True)
    found, read_back = recording.measure(paces)
    text = "\n\n".join([recording.table(found), read_back, table(recording.claims(found))])
    return "One recorded step of five scalars", text


def small_networks(rounds: int) -> _page.Part:
    print("small networks", flush=True)
    floor = toy.measure(rounds=3 * rounds, steps=64, warm_up=64, captures=False)
    captures = toy.measure(rounds=rounds, steps=200, warm_up=120, captures=True)
    alone = 1e3 * sum(cost.cpu for cost in floor.alone) / len(floor.alone)
    text = f"{networks.ring().described}, on the CPU; a step alone takes {alone:.1f} ms of CPU time."
    return "A small network", f"{text}\n\n{table(toy.claims(floor, captures))}"


def pictures_on_cpu(sizes: Sizes) -> _page.Part:
    print("pictures", flush=True)
    gan = networks.dcgan(sizes.width, sizes.batch)
    found = pictures.measure(gan, rounds=sizes.picture_rounds, least=sizes.picture_steps)
    return "Pictures, on the CPU", f"{_described(found)}\n\n{table(pictures.claims(found))}"


def pictures_on_gpu(rounds: int) -> _page.Part:
    if not torch.cuda.is_available():
        missing = [Claim("slowdown", None, "%", pictures.SLOWDOWN_GPU, note="no GPU on this machine")]
        missing.append(Claim("synchronisations", None, at_most=0.0, note="no GPU on this machine"))
        return "Pictures, on a GPU", table(missing)
    gan = networks.dcgan(64, 128, "cuda")
    waits = pictures.synchronisations(gan, steps=200)
    found = pictures.measure(gan, rounds=3 * rounds, least=200)
    claims = [*pictures.claims(found, gpu=True), waits]
    return "Pictures, on a GPU", f"{torch.cuda.get_device_name()}. {_described(found)}\n\n{table(claims)}"


def _described(found: pictures.Slowdown) -> str:
    alone = 1e3 * sum(cost.wall for cost in found.paused) / len(found.paused)
    return f"{found.described}; a step alone takes {alone:.0f} ms. Captures every {found.every} steps."


def page(parts: list[_page.Part]) -> str:
    """The document."""
    machine = (
        f"Made by `make bench` (`benchmarks/overhead.py`) on {os.cpu_count()} cores ({platform.machine()}), torch "
        f"{torch.__version__}, Python {platform.python_version()}, {torch.get_num_threads()} torch thread.{_company()}"
    )
    return _page.page(__doc__, machine, parts)


def _company() -> str:
    """What else the machine did; the benchmark itself is one process."""
    if not hasattr(os, "getloadavg"):
        return ""
    return f" The load average at the end was {os.getloadavg()[2]:.1f}, this benchmark's 1 included."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter, and nothing is written unless --output says so")
    parser.add_argument("--output", type=Path, default=None, help="default: docs/overhead.md for the full benchmark")
    options = parser.parse_args()
    torch.set_num_threads(1)
    text = page(measure(QUICK if options.quick else FULL))
    print(text)
    output = options.output or (None if options.quick else ROOT / "docs" / "overhead.md")
    if output is not None:
        output.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
