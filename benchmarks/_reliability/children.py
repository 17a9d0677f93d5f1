"""Real processes, ready in milliseconds: a process that has imported everything forks them."""

import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

FOLDER = Path(__file__).parent.parent


class Nursery:
    """Starts children that run `function(**given)` of a module, kills them, and waits until they are gone."""

    def __init__(self) -> None:
        path = os.pathsep.join([str(FOLDER), str(FOLDER.parent), os.environ.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "_reliability.children"],
            env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._ask({"ready": True})

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def start(self, function: str, **given: Any) -> int:
        """The number of the child's process; `function` is "module:name", `given` what JSON holds."""
        return int(self._ask({"start": function, "given": given}))

    def kill(self, child: int) -> None:
        """As the kernel does when memory is short: at once, and nothing of the child's runs any more."""
        os.kill(child, signal.SIGKILL)
        self.wait(child, killed=True)

    def wait(self, child: int, *, killed: bool = False) -> None:
        """Until it is gone; raises where it ended otherwise than it was to."""
        status = int(self._ask({"wait": child}))
        if status != (-signal.SIGKILL if killed else 0):
            raise RuntimeError(f"child {child} ended with status {status}; its words are on standard error")

    def _ask(self, request: dict[str, Any]) -> str:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process that forks has no pipes")
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the process that forks children is gone; its words are on standard error")
        return answer


def _warm_up() -> None:
    """Import what attaching and measuring import late; nothing that starts a thread which a fork would lack."""
    import tempfile

    import torch
    import torch._dynamo
    from torch import nn

    import collapse_probe as cp

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        cp.attach(nn.Linear(2, 2), nn.Linear(2, 1), run=f"{folder}/run").close()
        with cp.Probe(run=f"{folder}/hand", real=torch.randn(64, 2)) as probe:
            probe.step(loss_d=1.0, fake=torch.randn(64, 2))


def _child(function: str, given: dict[str, Any]) -> None:
    """Never returns."""
    status = 1
    try:
        module, _, name = function.partition(":")
        getattr(importlib.import_module(module), name)(**given)
        status = 0
    finally:
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    _warm_up()
    for line in sys.stdin:
        request = json.loads(line)
        answer = 0
        if "start" in request:
            answer = os.fork()
            if not answer:
                _child(request["start"], request["given"])
        elif "wait" in request:
            answer = os.waitstatus_to_exitcode(os.waitpid(request["wait"], 0)[1])
        print(answer, flush=True)


if __name__ == "__main__":
    main()
