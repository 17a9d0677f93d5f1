"""Which embedding tells a collapsed generator of pictures from one that is merely young?

    python benchmarks/embeddings.py                  # a few minutes; writes docs/embeddings.md
    python benchmarks/embeddings.py --digits my.npz  # with 28 x 28 digits of your own beside: images, labels

Batches of 128 pictures are made from real ones that nothing was fitted on. *Varied*: as they are, at half the contrast,
blurred, with noise of 0.25, or all three and drawn to the mean picture. *Collapsed*: one or three classes of ten, three
or ten pictures repeated. An embedding is judged by the area under the ROC curve (AUC) of occupancy, over all pairs of a
collapsed and a varied kind: 1 tells them always apart, 0.5 guesses, less mistakes a pale batch for a collapsed one. The
worst pair of kinds stands beside the mean. `matched_occupancy` is the guard that is read together with occupancy.

The pictures: scikit-learn's handwritten digits, 28 x 28, grey; and ten shapes whose place, size, colour and coloured
background are drawn, so that one shape in all colours is a collapse that averaged pixels cannot see.
"""

import argparse
from pathlib import Path

import torch
from _diversity.embeddings import Row, measured, table
from _diversity.pictures import Pictures, digits, shapes, stored
from _page import page

from collapse_probe import embeddings

ROOT = Path(__file__).parent.parent
CHOICES = [
    ("`average_pool`", "colours and layout, at 7 × 7", "the default for pictures: detectors were set with it"),
    (
        "`edge_orientations`",
        "the direction of edges in 4 × 4 places, without colour and contrast",
        "pictures in colour, backgrounds that differ more than their subjects",
    ),
    ("`random_convolutions`", "the response of 16 fixed random filters there, without contrast", "between the two"),
    (
        "`principal_components`",
        "the 16 directions along which the reference differs most",
        "no pictures, or another model's features; on small grey pictures the guard is blind in it (AUC 0.5)",
    ),
    ("`flatten`", "everything", "points in a few dimensions"),
    (
        "a callable of your own",
        "what it was trained for",
        "a network that knows such pictures: `embed=lambda x: model(x)`, in evaluation mode",
    ),
]
AFTER = """```python
import torch
from collapse_probe import embeddings

images = torch.rand(64, 3, 32, 32)
embed = embeddings.fit("edge_orientations", images)
embed(images).shape  # (64, 128)
```

`cp.attach(..., embed="edge_orientations")` takes the name. Only `principal_components` is fitted, on the half of the
reference that statistics are fitted on; a replay makes it again from the stored reference. Nothing is downloaded.

What this does not show: these batches are real pictures, spoilt. Young generators have faults of their own, on which
edges may do worse than here. The two designs that look at edges were settled on the same
digits and on other draws of the shapes."""


def choices() -> str:
    """Which to take, as Markdown."""
    lines = ["| name | keeps | take it for |", "|---|---|---|"]
    return "\n".join(lines + [f"| {' | '.join(choice)} |" for choice in CHOICES])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=10, help="batches of each kind")
    parser.add_argument("--digits", type=Path, default=None, help="an .npz with images (m, 28, 28), bytes, and labels")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "embeddings.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    given: dict[str, Pictures] = {
        "digits, 28 x 28": digits(),
        "shapes, 3 x 32 x 32": shapes(32, seed=7),
        "shapes, 3 x 64 x 64": shapes(64, 2000, seed=7),
    }
    if options.digits is not None:
        images, labels = stored(options.digits)
        given["given digits, 28 x 28"] = images[:5000], labels[:5000]
    rows: list[Row] = []
    for name, pictures in given.items():
        for embedding in embeddings.NAMES:
            rows.append(measured(name, pictures, embedding, draws=options.draws))
            print(rows[-1], flush=True)
    made = f"Made by `make bench` (`benchmarks/embeddings.py`), one thread, {options.draws} batches of each kind."
    if options.digits is not None:
        made += " The given digits came from `--digits`."
    parts = [("How well each tells", table(rows)), ("Which to take", f"{choices()}\n\n{AFTER}")]
    options.output.write_text(page(__doc__, made, parts), "utf-8")


if __name__ == "__main__":
    main()
