"""Makes docs/attach-to-yours.md from the scripts of examples/loops and their watched twins: what has to be added.

python docs/attach_page.py
"""

import ast
import difflib
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOOPS = ROOT / "examples" / "loops"
PAGE = ROOT / "docs" / "attach-to-yours.md"
HEAD = """# Attach to yours

The loops that people start from, each as a small script of its own that trains on digits, and the same script watched.
Find the one that looks like yours; what is marked with `+` is all that the watched one has more. Written by
`python docs/attach_page.py`, which compares the two files; the tests train both, and hold that their weights are equal
to the bit and that each call of the discriminator was taken for what it was.

The line goes below the one that makes the networks, before the loop; before or after the optimizers does not matter.
Without `with`, the record is closed when the script ends; in a notebook call `probe.close()`. Yours is not here?
[attaching.md](attaching.md#what-it-attaches-to) lists 74 shapes of loops, and what each of them needs.
"""
STOP = """## And stop

Two more lines, at the end of a step, end a run that is lost (and an outer loop needs two as well):

```diff
+        if probe.should_stop:
+            break
```

In Lightning, one at the end of `training_step`, with the probe where the module can reach it,
`model.probe = cp.attach(...)`:

```diff
+        self.trainer.should_stop = self.probe.should_stop
```

## What to look for

After some dozen steps a line on standard error says what was understood: the size of the batches, the discriminator's
updates a step, how many of its calls were on real and on generated samples. Where the loop is not understood, a warning
says what was seen and what to do. Afterwards:

```sh
collapse-probe report runs/
```
"""
LOOPS_SHOWN = {
    "dcgan_tutorial": (
        "DCGAN, as in the tutorials",
        "Several GPUs: where the networks are in `nn.DataParallel`, pass the wrappers.",
    ),
    "generator_first": (
        "Generator first, as in collections of GANs",
        "A step ends with the generator's update: what the discriminator does after it is in the next step.",
    ),
    "wgan_gp": (
        "WGAN-GP",
        "A critic's score is no probability, and is not taken for one. Calls for the penalty are told apart from the "
        "others; `d_real` and `d_fake` are means over the five steps of the critic.",
    ),
    "hinge_spectral_norm": (
        "Hinge loss with spectral normalisation",
        "`D.forward(x)` is seen as `D(x)` is. The probe makes no call of its own, so that the vectors of the power "
        "iteration are as they would be.",
    ),
    "stylegan_phases": (
        "StyleGAN's phases",
        "`G` itself is never called: the probe finds `G.synthesis`. An update for the path length is a step too, "
        "one without scores. Where pictures are augmented before D sees them, pass `real=` too.",
    ),
    "lightning_manual": (
        "Lightning, manual optimisation",
        "Pass the networks, not the module that owns them. For several processes: "
        "[many ranks](attaching.md#many-ranks).",
    ),
}


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(section(name, *words) for name, words in LOOPS_SHOWN.items()), STOP])


def section(name: str, title: str, more: str) -> str:
    """One loop: what it is, what is added to it, what to know."""
    path = LOOPS / f"{name}.py"
    what = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    watched = told(LOOPS / "watched" / f"{name}.py")
    more = textwrap.fill(f"{more} Watched: `python {watched}`.", 120, break_long_words=False, break_on_hyphens=False)
    return f"## {title}\n\n{what}\n\n```diff\n{difference(name)}\n```\n\n{more}\n"


def difference(name: str) -> str:
    """What `diff -U2` says of a script and its watched twin."""
    plain, watched = LOOPS / f"{name}.py", LOOPS / "watched" / f"{name}.py"
    lines = [path.read_text("utf-8").splitlines() for path in (plain, watched)]
    return "\n".join(difflib.unified_diff(*lines, told(plain), told(watched), n=2, lineterm=""))


def told(path: Path) -> str:
    """A script as it is called from the root."""
    return path.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
