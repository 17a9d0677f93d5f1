"""What detection adds to a step, outside captures."""

import time

import numpy as np

from collapse_probe._monitor import Monitor

_STEPS = 5000
_ROUNDS = 7


def microseconds_a_step() -> list[float]:
    """CPU time of all detectors for one step with every column, round by round, on the thread that calls."""
    edges = np.random.default_rng(0).uniform(0.2, 0.6, _STEPS)
    others = dict.fromkeys(
        ("canonical_loss_d", "canonical_loss_g", "grad_norm_d", "grad_norm_g", "loss_d", "loss_g"), 1.0
    )
    rows = [{"edge": float(edge)} | others for edge in edges]
    found = []
    for _ in range(_ROUNDS):
        monitor = Monitor()
        began = time.thread_time()
        for step, row in enumerate(rows):
            monitor.observe_step(step, row)
        found.append((time.thread_time() - began) / _STEPS * 1e6)
    return found
