"""`python -m collapse_probe`."""

from ._cli import main

main()
