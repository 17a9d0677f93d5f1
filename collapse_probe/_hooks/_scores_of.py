"""The discriminator's scores in its output, and the gradient that reaches them."""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from ._outputs import picked, tensors_in

_USUAL_NAMES = ("adv_output", "logits", "score")


class ScorePicker:
    """Finds the score of each sample in what D returned, and the tensor whose gradient tells of it.

    Without `score` it is the first tensor with as many rows as the batch has, one of a single channel if there is any:
    the very one that the loss is computed from. A `score` callable may return one of the tensors in D's output, or
    compute a number a sample from it, which the loop's own loss knows nothing of: then the gradient that reaches the
    output is projected on the direction in which that number grows.
    """

    def __init__(self, score: Callable[..., Tensor] | None) -> None:
        self._score = score
        self._takes_inputs = score is not None and _required_parameters(score) >= 2

    def __call__(self, output: Any, inputs: Tensor) -> tuple[Tensor, Tensor, Tensor | None] | None:
        """Scores (n, ...), the tensor to watch, and the slope of the scores in it, if it is not the scores themselves.

        None where there is nothing whose gradient could tell.
        """
        if self._score is None:
            scores = _first_of(output, len(inputs))
            return None if scores is None or not scores.requires_grad else (scores, scores, None)
        watched = [t for t in tensors_in(output) if t.requires_grad and t.numel()]
        if not watched:
            return None
        with torch.no_grad():
            scores = self._pick(output, inputs)
        if (own := next((t for t in watched if t is scores), None)) is not None:
            return own, own, None
        return self._derived(output, inputs)

    def plain(self, output: Any, inputs: Tensor) -> Tensor | None:
        """Scores (n,) of a call without gradients; None where the output holds none."""
        scores = _first_of(output, len(inputs)) if self._score is None else self._pick(output, inputs)
        return None if scores is None else row_means(scores.detach()).reshape(-1)

    def _derived(self, output: Any, inputs: Tensor) -> tuple[Tensor, Tensor, Tensor | None] | None:
        leaves, structure = pytree.tree_flatten(output)
        copies = [
            leaf.detach().requires_grad_() if isinstance(leaf, Tensor) and leaf.requires_grad else leaf
            for leaf in leaves
        ]
        with torch.enable_grad():
            scores = self._pick(pytree.tree_unflatten(copies, structure), inputs.detach())
        if not scores.requires_grad:
            return None
        places = [i for i, leaf in enumerate(copies) if isinstance(leaf, Tensor) and leaf.requires_grad]
        slopes = torch.autograd.grad(scores.sum(), [copies[i] for i in places], allow_unused=True)
        for place, slope in zip(places, slopes, strict=True):
            if slope is not None:
                return scores.detach(), leaves[place], slope
        return None

    def _pick(self, output: Any, inputs: Tensor) -> Tensor:
        score = self._score
        if score is None:
            raise RuntimeError("there is no score callable")
        return picked(score(output, inputs) if self._takes_inputs else score(output), "score")


def row_means(scores: Tensor) -> Tensor:
    """One number a sample (n,) or (n, 1): a map of patch scores counts by its mean."""
    rows = scores.shape[0] if scores.ndim else 1
    # One score a sample is the rule, and each operation saved here is saved at every call of the discriminator.
    return scores if scores.ndim and scores.numel() == rows else scores.reshape(rows, -1).mean(1)


def along(gradient: Tensor, slope: Tensor | None) -> Tensor:
    """The gradient at the scores (n,), from the one at the tensor that they were computed from."""
    if slope is None:
        return row_means(gradient)
    return (gradient * slope).reshape(len(gradient), -1).sum(1)


def _first_of(output: Any, rows: int) -> Tensor | None:
    if isinstance(output, Tensor):
        return output if output.is_floating_point() and output.numel() else None
    if isinstance(output, dict):
        output = [output[name] for name in _USUAL_NAMES if name in output] or output
    found = [t for t in tensors_in(output) if t.numel()]
    # Features and classes may come first: a score is one number a sample, or a map of one channel.
    sample_wise = sorted((t for t in found if t.ndim and len(t) == rows), key=_unlike_scores)
    return next(iter(sample_wise or found), None)


def _unlike_scores(tensor: Tensor) -> tuple[bool, bool]:
    return not tensor.requires_grad, tensor.ndim > 1 and tensor.shape[1] > 1


def _required_parameters(function: Callable[..., Any]) -> int:
    """How many arguments have to be given by position; one where that cannot be told."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 1
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in kinds and p.default is inspect.Parameter.empty for p in parameters)
