"""What every test shares: one thread, and the markers that need something this machine may lack."""

import os
import shutil
from collections.abc import Callable

import pytest
import torch

NEEDED: dict[str, tuple[Callable[[], bool], str]] = {
    "browser": (lambda: shutil.which("chromium") is not None, "no Chromium on the path"),
    "gpu": (torch.cuda.is_available, "no CUDA device"),
}


def pytest_configure(config: pytest.Config) -> None:
    torch.set_num_threads(1)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, (available, reason) in NEEDED.items():
        if item.get_closest_marker(marker) and not available():
            # Where a change is checked a browser is always installed: there a missing one must not pass for a success.
            if marker == "browser" and os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
