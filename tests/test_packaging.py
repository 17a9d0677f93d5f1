"""The wheel, as a user installs it: away from this checkout."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


def run(command: list[str | Path], cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command outside the checkout, without the search path of this process."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def succeed(command: list[str | Path], cwd: Path) -> str:
    done = run(command, cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    succeed([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT], folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment whose collapse_probe is the wheel and whose dependencies are those of this one.

    A `.pth` file adds this environment's packages to the path but, unlike the `site` module, does not read their
    own `.pth` files, among them that of the editable installation: the checkout stays out of reach.
    """
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=False, symlinks=True)
    paths = sysconfig.get_paths(vars={"base": str(folder), "platbase": str(folder)})
    (Path(paths["purelib"]) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", folder]
    succeed([*pip, "install", "--no-deps", "--no-index", "--force-reinstall", wheel], folder)
    return Path(paths["scripts"])


def test_the_wheel_holds_the_page_the_type_marker_and_the_examples_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    page = [path for path in (ROOT / "collapse_probe" / "_report").rglob("*.*") if "__pycache__" not in path.parts]
    assert {"collapse_probe/py.typed", *(path.relative_to(ROOT).as_posix() for path in page)} <= set(names)
    examples = {f"collapse_probe/_examples/{path.name}" for path in (ROOT / "examples").glob("*.py")}
    assert examples and examples <= set(names)
    assert not [
        name for name in names if name.startswith(("tests/", "examples/", "benchmarks/")) or "__pycache__" in name
    ]


def test_the_installed_package_is_the_wheel_and_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = "import collapse_probe; print(collapse_probe.__file__); print(collapse_probe.__version__)"
    file, version = succeed([installed / "python", "-c", code], tmp_path).splitlines()
    assert Path(file).is_relative_to(installed.parent)
    assert version in (ROOT / "collapse_probe" / "_version.py").read_text("utf-8")


def test_the_command_of_the_wheel_says_what_it_can_do(installed: Path, tmp_path: Path) -> None:
    text = succeed([installed / "collapse-probe", "--help"], tmp_path)
    assert {"check", "demo", "list", "report"} <= set(text.split())


def test_listing_an_empty_folder_exits_with_the_status_for_no_runs(installed: Path, tmp_path: Path) -> None:
    done = run([installed / "collapse-probe", "list", tmp_path], tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
