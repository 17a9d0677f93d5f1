"""The pages of the examples: a module each, whose `page(runs, pictures)` gives the Markdown and draws the pictures."""

import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
# What the examples draw, and how the benchmark of detection names the truth.
sys.path += [str(_ROOT / folder) for folder in ("examples", "benchmarks") if str(_ROOT / folder) not in sys.path]
