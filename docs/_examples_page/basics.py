"""The page of examples/basics.py."""

from pathlib import Path

import collapse_probe as cp

from .screens import opened

HEAD = """# The basics: what mode collapse is, and three losses side by side

```sh
python examples/basics.py
```
"""


def page(runs: Path, pictures: Path) -> str:
    report = cp.report(runs, runs / "report.html", title="The basics")
    with opened(report) as screens:
        screens.overview(pictures / "basics-overview.png")
    return HEAD + "\n![The three runs in the report](basics-overview.png)\n"
