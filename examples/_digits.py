"""Handwritten digits for the examples, scikit-learn's or MNIST from a file of yours; and what can be read of others."""

from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor
from torch.nn.functional import interpolate


def digits(size: int) -> tuple[Tensor, Tensor]:
    """Scikit-learn's 1,797 digits, 8×8 and scaled: (n, 1, size, size) in [-1, 1], and which they are."""
    bunch = load_digits()
    images = torch.from_numpy(bunch.images).float().unsqueeze(1) / 8 - 1
    scaled = interpolate(images, size=(size, size), mode="bicubic").clamp(-1, 1)
    return scaled, torch.from_numpy(bunch.target)


def mnist(path: Path, size: int) -> tuple[Tensor, Tensor]:
    """The same of an .npz as Keras has it (`x_train`, `y_train`), or one with `images` and `labels`; bytes, 28×28."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            names = ("x_train", "y_train") if "x_train" in arrays else ("images", "labels")
            images, labels = (torch.from_numpy(arrays[name]) for name in names)
            images = images.reshape(-1, 1, 28, 28).float() / 127.5 - 1
    except (OSError, KeyError, ValueError, RuntimeError) as failure:
        raise SystemExit(
            f"--mnist {path}: {failure}; expected an .npz with x_train (n, 28, 28) as bytes and y_train (n,), "
            "or the same as images and labels"
        ) from None
    return interpolate(images, size=(size, size), mode="bilinear") if size != 28 else images, labels.long()


class Reader:
    """Reads digits by their five nearest real ones, of which four must agree, and knows what is no digit.

    That is what lies farther from all of them than 95 % of the real ones that it was not given.
    """

    def __init__(self, pictures: Tensor, labels: Tensor) -> None:
        known, self.unseen = pictures.chunk(2)
        self._model = KNeighborsClassifier(5).fit(_flat(known), labels[: len(known)].numpy())
        self._farthest = np.quantile(self._model.kneighbors(_flat(self.unseen), 1)[0], 0.95)

    def __call__(self, pictures: Tensor) -> tuple[float, int]:
        """The share that can be read, and how many digits at least one in fifty of all pictures are."""
        near = self._model.kneighbors(_flat(pictures), 1)[0][:, 0] <= self._farthest
        votes = self._model.predict_proba(_flat(pictures))
        read_as = votes.argmax(1)[near & (votes.max(1) >= 0.8)]
        return len(read_as) / len(pictures), int((np.bincount(read_as) >= len(pictures) / 50).sum())


def _flat(pictures: Tensor) -> np.ndarray:
    return np.asarray(pictures.flatten(1).float().cpu())


def roughness(pictures: Tensor) -> float:
    """How far a pixel is from the mean of the four beside it, in standard deviations of all pixels."""
    x = pictures.float()
    beside = (x[..., :-2, 1:-1] + x[..., 2:, 1:-1] + x[..., 1:-1, :-2] + x[..., 1:-1, 2:]) / 4
    return float((x[..., 1:-1, 1:-1] - beside).abs().mean() / x.std())
