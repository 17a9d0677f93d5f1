"""Bridges to other packages, one module each; importing one needs that package."""
