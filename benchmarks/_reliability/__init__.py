"""Parts of benchmarks/reliability.py."""
