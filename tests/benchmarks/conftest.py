"""Benchmarks are scripts that import what lies beside them."""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def load_script() -> Iterator[Callable[[str], ModuleType]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)

        def load(name: str) -> ModuleType:
            spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            # Data classes look their module up by name.
            patch.setitem(sys.modules, name, module)
            spec.loader.exec_module(module)
            return module

        yield load


@pytest.fixture(scope="module")
def detection() -> Iterator[SimpleNamespace]:
    """The modules of benchmarks/_detection that judge, by name, and the command."""
    names: tuple[str, ...] = ("observed", "series", "labels", "outcomes", "baselines", "judged", "measures", "scores")
    names += ("crossvalidate", "knobs")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        before = set(sys.modules)
        modules = {name: importlib.import_module(f"_detection.{name}") for name in names}
        yield SimpleNamespace(**modules, command=importlib.import_module("detection"))
        for added in set(sys.modules) - before:
            if added.partition(".")[0] in ("_detection", "detection", "_page", "_claims"):
                patch.delitem(sys.modules, added)
