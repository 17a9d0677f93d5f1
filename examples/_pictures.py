"""What the picture examples share: a folder of your own pictures as a tensor, batches of it, and the usual options."""

import argparse
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

import collapse_probe as cp

FEWEST = 32
"""Pictures; with fewer the probe cannot say what is normal."""
_LISTED = 20


def parser(description: str | None, run: str, **defaults: int) -> argparse.ArgumentParser:
    """The options that every picture example has; `defaults` are those of size, steps, width and batch."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = options.add_argument
    add("--data", type=Path, metavar="FOLDER", help="your own pictures instead of drawn ones")
    add("--size", type=_at_least(16), help="pixels a side (default: %(default)s)")
    add("--steps", type=_at_least(1), help="generator updates (default: %(default)s)")
    add("--width", type=_at_least(1), help="of the networks (default: %(default)s)")
    add("--batch", type=_at_least(2), help="pictures a step (default: %(default)s)")
    add("--seed", type=int, default=0)
    add("--run", type=Path, default=Path(run), help="where the record goes (default: %(default)s)")
    add("--device", type=_device, default="cpu", help="cpu, cuda, ... (default: %(default)s)")
    options.set_defaults(**defaults)
    return options


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is too small; expected {least} or more")
        return int(text)

    return number


def _device(name: str) -> torch.device:
    try:
        return torch.empty(0, device=name).device
    except Exception as failure:
        reason = str(failure).partition("\n")[0]
        raise argparse.ArgumentTypeError(f"{name} cannot be used ({reason}); cpu always can") from failure


def read(folder: Path, size: int, *, colour: bool = False) -> tuple[Tensor, list[str]]:
    """Every picture below `folder`, square, (n, 1 or 3, size, size) in [-1, 1], and the subfolder that each lies in.

    One line is printed for what was read and one for each file that was not; nothing in the folder is changed. Other
    shapes are cut to the middle square, transparency becomes white paper.
    """
    if not folder.is_dir():
        raise SystemExit(f"--data {folder} is no folder; give one that holds pictures (PNG, JPEG, GIF, BMP, WebP, ...)")
    inside = {path: path.relative_to(folder).parts for path in folder.rglob("*") if path.is_file()}
    # Thumbnails and the like lie in hidden folders.
    files = sorted(path for path, parts in inside.items() if not any(part.startswith(".") for part in parts))
    pictures, places, skipped = [], [], []
    white = max((brightest(path) for path in files), default=0)
    for path in files:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Pillow's, on odd files that it reads all the same
                with Image.open(path) as image:
                    image.draft("RGB", (4 * size, 4 * size))  # a photograph is not decoded in full only to be shrunk
                    pictures.append(as_tensor(as_seen(image, "RGB" if colour else "L", white), size))
            places.append(inside[path][0] if len(inside[path]) > 1 else folder.resolve().name)
        # Whatever a file holds, and whatever its decoder makes of that: the other pictures are still worth having.
        except Exception as failure:
            unknown = isinstance(failure, Image.UnidentifiedImageError)
            why = "no picture that Pillow knows" if unknown else " ".join(f"cannot be read: {failure}".split())
            skipped.append(f"  skipped {path.relative_to(folder)}: {why}")
    kind = "RGB" if colour else "grey"
    print(f"{folder}: {len(pictures)} pictures read of {len(files)} files, made {size}×{size} and {kind}")
    for line in skipped[:_LISTED]:
        print(line)
    if len(skipped) > _LISTED:
        print(f"  skipped {len(skipped) - _LISTED} more")
    if len(pictures) < FEWEST:
        raise SystemExit(
            f"--data {folder} holds {len(pictures)} pictures that can be read; expected at least {FEWEST}, and a "
            "hundred or more for anything worth looking at. Leave --data out to have pictures drawn"
        )
    return torch.stack(pictures), places


def brightest(path: Path) -> int:
    """The highest value in a picture of more than 8 bits; 0 for any other, and for what cannot be read."""
    try:
        with warnings.catch_warnings(), Image.open(path) as image:
            warnings.simplefilter("ignore")
            return int(np.asarray(image).max()) if image.mode.startswith("I") else 0
    except Exception:
        return 0  # its reason is told where it is read


def as_seen(image: Image.Image, mode: str = "L", white: int = 0) -> Image.Image:
    """As a person sees it: upright, its first frame, transparent parts white, grey or, with the mode "RGB", in colour.

    Cameras and scanners store 10, 12 or 14 bits in 16, and the file does not say so: white is the smallest 2^k - 1, k
    even, that covers `white`, the highest value of the whole folder, and those of the picture.
    """
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, dtype=np.float64)
        most = max(float(values.max()), 1.0)
        if image.mode.startswith("I"):
            most = next(2.0**bits - 1 for bits in range(8, 34, 2) if 2**bits > max(most, white))
        return Image.fromarray((values / most * 255).clip(0, 255).astype(np.uint8)).convert(mode)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert(mode)


def as_tensor(image: Image.Image, size: int) -> Tensor:
    """A picture as (1, size, size), grey, or (3, size, size), RGB, in [-1, 1]: its middle square, scaled."""
    fitted = ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS)
    pixels = torch.from_numpy(np.asarray(fitted, dtype=np.float32) / 127.5 - 1)
    return pixels.unsqueeze(0) if pixels.ndim == 2 else pixels.permute(2, 0, 1).contiguous()


def batches(pictures: Tensor, size: int) -> Iterator[Tensor]:
    """Passes over the pictures in an order of their own, for ever; all of them, where they are fewer than a batch."""
    while True:
        for rows in torch.randperm(len(pictures)).split(size):
            if len(rows) == min(size, len(pictures)):
                yield pictures[rows.to(pictures.device)]


def tell(run: cp.Run, planned: int) -> None:
    """What became of a run: its verdict, what stopping saved, and which generator was kept."""
    made = len(run.steps)
    print(f"{run.path}: {run.verdict.kind}. {run.verdict.reason}")
    for event in run.event_list:
        print(f"  {event.severity} at step {event.step}, since {event.onset}: {event.message}")
    if made < planned:
        print(f"  stopped after {made} of {planned} steps: {1 - made / planned:.0%} of the time saved")
    kept = run.info.get("kept_step")
    if kept is not None:
        print(f"  kept: the generator of step {kept}, in {run.path / 'best.safetensors'}")
