"""docs/command-line.md is what the commands say, and every example of theirs can be parsed."""

import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner

from collapse_probe._cli import main
from collapse_probe._cli._common import Command

ROOT = Path(__file__).parents[2]
EXAMPLES = [
    (name, arguments)
    for name, command in main.commands.items()
    if isinstance(command, Command)
    for arguments, _ in command.examples
]


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("command_line_page", ROOT / "docs" / "command_line_page.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_commands_say_now(maker: ModuleType) -> None:
    page = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    assert page == maker.page(), "run: python docs/command_line_page.py"


def test_every_command_and_option_is_on_the_page() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    for name, command in main.commands.items():
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        for param in command.params:
            if isinstance(param, click.Option):
                assert param.help and param.help.splitlines()[0].replace("|", "\\|") in section, (name, param.opts)
                assert all(f"{option}" in section for option in param.opts), (name, param.opts)


@pytest.mark.parametrize(("name", "arguments"), EXAMPLES, ids=[f"{name} {said}" for name, said in EXAMPLES])
def test_an_example_can_be_parsed(name: str, arguments: str) -> None:
    words = shlex.split(arguments.partition(">>")[0])
    command = main.commands[name]
    context = command.make_context(name, words)
    assert set(context.params) == {param.name for param in command.params}


def test_every_command_ends_its_help_with_examples() -> None:
    for name, command in main.commands.items():
        assert isinstance(command, Command) and len(command.examples) > 1, name
        said = CliRunner().invoke(main, [name, "--help"], terminal_width=60).stdout
        after = said.partition("\nExamples:\n")[2]
        for arguments, _ in command.examples:
            assert f"  collapse-probe {name} {arguments}".rstrip() + "\n" in after, (name, arguments)


def test_the_options_that_examples_show_are_most_of_those_there_are() -> None:
    """An option that no example shows is at least described: here is which these are."""
    shown = {word for _, arguments in EXAMPLES for word in re.findall(r"--?[a-z][a-z-]*", arguments)}
    hidden = {
        param.opts[0]
        for command in main.commands.values()
        for param in command.params
        if isinstance(param, click.Option) and not shown & set(param.opts)
    }
    assert hidden == {"--of", "--frames", "--number-rows"}
