"""Makes docs/command-line.md from the commands themselves: their help, options and examples.

python docs/command_line_page.py
"""

import inspect
from pathlib import Path

import click

from collapse_probe._cli import main
from collapse_probe._cli._common import Command
from collapse_probe._logs import RECOGNISED

PAGE = Path(__file__).parent / "command-line.md"
HEAD = """# The command line

Made from the commands by `python docs/command_line_page.py`; `collapse-probe COMMAND --help` says the same.

RUNS is a run folder, or a folder that holds some at any depth; `runs` where none is given. What a script reads is on
standard output; progress, warnings and errors are on standard error. Bars, which need the extra `watch`, and the live
screen are drawn on a terminal only, without colour where `NO_COLOR` is set. Text out of a run never reaches the
terminal as an escape sequence.

| exit status | |
|---|---|
| 0 | well |
| 1 | a run was flagged; only with `check --fail-on` |
| 2 | usage: an argument makes no sense, something cannot be written, or an extra is not installed |
| 3 | no runs found, or none that was asked for |
| 4 | some runs or logs cannot be read; the others were done |
| 130 | interrupted |

In all JSON a number that is not finite is `null`.

**Completion.** Commands, options, run folders and, after `--select`, the names of runs; a press of the key takes as
long as importing PyTorch does, a second or two. Once, for bash, zsh or fish:

```sh
echo 'eval "$(_COLLAPSE_PROBE_COMPLETE=bash_source collapse-probe)"' >> ~/.bashrc
echo 'eval "$(_COLLAPSE_PROBE_COMPLETE=zsh_source collapse-probe)"' >> ~/.zshrc
_COLLAPSE_PROBE_COMPLETE=fish_source collapse-probe > ~/.config/fish/completions/collapse-probe.fish
```
"""
WATCH = """The screen needs rich, which the extra `watch` brings; without it there are plain lines. What it costs:
[watch-cost.md](watch-cost.md). Each cell of a curve shows the value in it that is farthest from the middle one, so that
a spike of one step stays visible however long the run is; `!` is a value that is not finite."""
IMPORT = """A CSV has names in its first line, and an empty cell was not measured; `nan` was. Of JSONL nested names are
joined by `/`, and of `{"num": ..., "mean": ...}`, as StyleGAN writes, the mean counts. TensorBoard is not needed. Steps
are counted by a column of a usual name (`step`, `iteration`, `Progress/tick`, ...; `epoch` or `batch` where it only
rises), else by rows. Times of the run are those of the log; `--since` counts the import too.

Of names capitals do not count, nor what stands between the words, nor what stands before a `/`; `discriminator`, `disc`
and `critic` are `d`, `generator` and `gen` are `g`.

| ours | theirs |
|---|---|
NAMES

`D_real` and `D_fake` beside `G_GAN`, as CycleGAN and pix2pix log them, are losses: they stay under their own names.
`edge` is made of D's signs on real and fake samples, (real - fake) / 2, or of its accuracies, real + fake - 1: both are
2·AUC-1 of a score that is cut to two values. Canonical losses are StyleGAN's own, those that you name, or softplus of
the mean scores, which is a lower bound.

| judged | if the log has |
|---|---|
| divergence | a loss, a score or a gradient norm |
| revolution | `edge` and the generator's canonical loss, for more than 50 steps, one row a step |
| collapse, never fitted | never: a log holds no samples |"""
EXTRA = {
    "watch": WATCH,
    "import": IMPORT.replace(
        "NAMES", "\n".join(f"| `{ours}` | `{'`, `'.join(names)}` |" for ours, names in RECOGNISED.items())
    ),
}


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(section(command) for command in main.commands.values())])


def section(command: click.Command) -> str:
    """One command."""
    assert isinstance(command, Command), command.name
    arguments = [
        param.make_metavar(click.Context(command)) for param in command.params if param.param_type_name == "argument"
    ]
    parts = [f"## {command.name}", f"`collapse-probe {' '.join([str(command.name), '[OPTIONS]', *arguments])}`"]
    parts += [inspect.cleandoc(command.help or "")]
    if options := [option(param) for param in command.params if isinstance(param, click.Option)]:
        parts.append("\n".join(["| option | |", "|---|---|", *options]))
    lines = [f"# {what}\ncollapse-probe {command.name} {arguments}".rstrip() for arguments, what in command.examples]
    parts.append("```sh\n" + "\n".join(lines) + "\n```")
    parts += [EXTRA[str(command.name)]] if command.name in EXTRA else []
    return "\n\n".join(parts) + "\n"


def option(param: click.Option) -> str:
    """One row of the table."""
    names = ", ".join(param.opts)
    value = "" if param.is_flag else f" {param.make_metavar(click.Context(main))}"
    default = f" Default: {param.default}." if param.show_default else ""
    return "| `{}` | {} |".format(
        f"{names}{value}".replace("|", "\\|"), f"{param.help or ''}{default}".strip().replace("|", "\\|")
    )


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
