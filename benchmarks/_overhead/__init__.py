"""What `benchmarks/overhead.py` measures, one module for each part."""
