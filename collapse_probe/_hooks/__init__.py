"""What touches the training loop."""

from ._attach import attach as attach
