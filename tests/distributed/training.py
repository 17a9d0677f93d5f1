"""A small GAN on one of many ranks; a process runs this file, with its rank and its jobs in `SETUP`."""

import hashlib
import json
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import collapse_probe as cp
from collapse_probe._distributed import _coordination, _leader

BATCH = 32


def _holds_something(folder: Path, name: str | None) -> bool:
    """Whether the file, if one is named, is there and not empty, as it is while a rank has only just attached."""
    return name is None or ((folder / name).exists() and (folder / name).stat().st_size > 0)


def main(setup: dict[str, Any]) -> None:
    """Every job in its turn, in one process group, each with a result file of its own."""
    os.dup2(os.open(setup["said"], os.O_WRONLY | os.O_CREAT), 2)
    torch.set_num_threads(1)
    # A person can wait longer for a dead rank than a test.
    _leader.ANSWER_SECONDS, _leader.JOIN_SECONDS, _coordination._QUIET_SECONDS = 1.0, 1.0, 0.2
    rank = setup["rank"]
    minute = timedelta(seconds=60)
    dist.init_process_group("gloo", setup["store"], rank=rank, world_size=setup["ranks"], timeout=minute)
    for number, job in enumerate(setup["jobs"]):
        if rank not in job.get("ranks", [rank]):
            continue
        folder = Path(setup["folder"]) / str(number)
        result = train(job | {"rank": rank}, folder)
        (Path(setup["folder"]) / f"result.{number}.{rank}.json").write_text(json.dumps(result))
    if setup.get("everyone_lives", True):
        dist.destroy_process_group()


def train(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """For so many steps, or until the probe says stop; the loss is infinite from `break_at` on."""
    rank, criterion = job["rank"], nn.BCEWithLogitsLoss()
    torch.manual_seed(0 if job["together"] else rank)
    inner = (
        nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2)),
        nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1)),
    )
    torch.manual_seed(100 + rank)
    outer = tuple(map(DistributedDataParallel, inner)) if job["together"] else inner
    generator, discriminator = outer
    optimizer_g, optimizer_d = (torch.optim.Adam(module.parameters(), 1e-3) for module in outer)
    data = cp.toy.ring(8, seed=10 + rank)
    probe = attached(job, inner if job.get("inner") else outer, folder)
    stopped = None
    for step in range(job["steps"]):
        if rank == job.get("dies") and _holds_something(folder.parent, job.get("dies_after")):
            os._exit(9)
        time.sleep(job.get("sleep", 0.0) * (1 + rank))
        real, latents = data.sample(BATCH), torch.randn(BATCH, 6)
        optimizer_d.zero_grad()
        fake = generator(latents)
        loss_d = criterion(discriminator(real), torch.ones(BATCH, 1))
        (loss_d + criterion(discriminator(fake.detach()), torch.zeros(BATCH, 1))).backward()
        optimizer_d.step()
        optimizer_g.zero_grad()
        loss_g = criterion(discriminator(fake), torch.ones(BATCH, 1))
        (loss_g * (torch.inf if step >= job.get("break_at", job["steps"]) else 1.0)).backward()
        optimizer_g.step()
        if probe is None:
            continue
        # Not as often on each rank: a collective among these would wait for ever.
        for _ in range(rank):
            probe.log(lr=float(rank))
        if any([probe.should_stop for _ in range(1 + rank)]):
            stopped = step + 1
            break
        if job.get("until_alone") and not probe._coordination._thread.is_alive():
            break
    began = time.monotonic()
    if probe is not None:
        probe.close()
    closing = time.monotonic() - began
    tensors = [*generator.state_dict().values(), *discriminator.state_dict().values(), torch.get_rng_state()]
    weights = hashlib.sha256(b"".join(tensor.contiguous().numpy().tobytes() for tensor in tensors)).hexdigest()
    error = None if probe is None else probe.error
    return {"stopped": stopped, "steps": step + 1, "closing": closing, "weights": weights, "error": error}


def attached(job: dict[str, Any], modules: tuple[nn.Module, nn.Module], folder: Path) -> cp.Probe | None:
    """A probe, on the ranks that are to have one."""
    if job["rank"] not in job.get("watched", []):
        return None
    real = cp.toy.ring(8, seed=1).sample(512)
    # These small networks may collapse as well: the ranks are to stop when the test says so.
    options: dict[str, Any] = {"real": real, "every": 5, "sample_size": 64, "patience": 1, "stop_on": ("divergence",)}
    options["held_out"] = cp.toy.ring(8, seed=2).sample(64)
    return cp.attach(*modules, run=folder / "run", **options)


if __name__ == "__main__":
    main(globals()["SETUP"])
