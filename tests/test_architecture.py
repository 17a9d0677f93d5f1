"""The rules that keep the project simple, as tests."""

import ast
import importlib
import json
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

import pytest

import collapse_probe
from collapse_probe import _registry, detectors, statistics
from collapse_probe.detectors._base import AbstractDetector
from collapse_probe.statistics._base import AbstractStatistic

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "collapse_probe"
SOURCES = sorted(PACKAGE.rglob("*.py"))
REGISTRIES: list[tuple[ModuleType, type]] = [(statistics, AbstractStatistic), (detectors, AbstractDetector)]
PUBLIC = {
    "Event",
    "Probe",
    "Run",
    "Verdict",
    "__version__",
    "attach",
    "errors",
    "figures",
    "load",
    "load_runs",
    "replay",
    "report",
    "statistics",
    "toy",
}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def members() -> list[str]:
    """Every statistic and detector as "folder/name"."""
    return [
        f"{package.__name__.rpartition('.')[2]}/{name}"
        for package, base in REGISTRIES
        for name in _registry.members(package, base)
    ]


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_source_file_has_at_most_250_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 250


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_function_takes_at_most_five_parameters_and_two_by_position(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not is_public_face(node):
            by_position = [a.arg for a in node.args.posonlyargs + node.args.args if a.arg not in {"self", "cls"}]
            names = by_position + [a.arg for a in node.args.kwonlyargs]
            assert len(names) <= 5, f"{relative(path)}:{node.lineno} {node.name} takes {len(names)}: {names}"


def is_public_face(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """The public API has as many named options as its users need, all of them keyword-only."""
    return node.name in {"attach", "step", "log", "replay", "report", "__init__"} or bool(node.decorator_list)


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_the_package_is_never_imported_from_inside_by_its_own_name(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert not [a.name for a in node.names if a.name.partition(".")[0] == "collapse_probe"]
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            assert (node.module or "").partition(".")[0] != "collapse_probe"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_nothing_in_the_package_prints_or_unpickles(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "eval", "exec"}, f"{relative(path)}:{node.lineno}"
        if isinstance(node, ast.Import):
            assert not {a.name for a in node.names} & {"pickle", "cloudpickle", "dill", "shelve", "marshal"}


@pytest.mark.parametrize(("package", "base"), REGISTRIES, ids=["statistics", "detectors"])
def test_a_member_does_not_know_the_other_members_of_its_folder(package: ModuleType, base: type) -> None:
    found: dict[str, type] = _registry.members(package, base)
    assert found, f"{package.__name__} is empty"
    modules = {member.__module__ for member in found.values()}
    for module in modules:
        for name in imported_modules(module):
            assert name not in modules - {module}, f"{module} imports {name}"


def imported_modules(module: str) -> set[str]:
    """Absolute names of what a module of the package imports by `from .x import y` or `from . import x`."""
    package = module.rpartition(".")[0]
    tree = ast.parse(Path(str(sys.modules[module].__file__)).read_text("utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            names |= {f"{package}.{node.module}"} if node.module else {f"{package}.{a.name}" for a in node.names}
    return names


@pytest.mark.parametrize("member", members())
def test_a_member_has_a_test_file_of_its_own(member: str) -> None:
    folder, _, name = member.partition("/")
    assert (ROOT / "tests" / folder / f"test_{name}.py").is_file()


def test_a_module_that_defines_two_members_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "folder_with_twins"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "_pair.py").write_text(
        "from json import JSONEncoder\nclass First(JSONEncoder): ...\nclass Second(JSONEncoder): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(TypeError, match="defines 2 members"):
        _registry.members(importlib.import_module(folder.name), json.JSONEncoder)


def test_imports_point_one_way() -> None:
    script = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run([script, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_public_names_are_those_of_the_design_and_no_others() -> None:
    assert set(collapse_probe.__all__) == PUBLIC
    assert all(hasattr(collapse_probe, name) for name in PUBLIC)


def test_the_package_says_that_it_is_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()
