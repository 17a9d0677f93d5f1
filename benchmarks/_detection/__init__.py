"""A benchmark of failures: programs that train GANs, what the probe saw of them, the truth, and how both agree."""
