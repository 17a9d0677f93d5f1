"""What `benchmarks/statistics.py` measures, one module for each part."""
