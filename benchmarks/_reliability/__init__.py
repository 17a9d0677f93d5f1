"""Parts of the benchmark of reliability."""
