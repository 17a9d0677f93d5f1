"""What the benchmarks of statistics and embeddings share and measure, one module for each part.

Not called `_statistics`: that is a module of the standard library."""
