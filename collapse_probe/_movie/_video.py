"""Frames into a file: a GIF by Pillow, anything else by ffmpeg."""

import importlib.util
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

from ..errors import InvalidArgument

_MOST_FPS = 50.0
"""Browsers show a GIF that wants to be faster at a tenth of its pace."""


def write_film(frames: Iterable[Image.Image], output: Path, *, fps: float) -> int:
    """One after another into `output`, whose name says what it becomes: `.gif` or `.mp4`; how many there were.

    The file is there whole or not at all. Raises `InvalidArgument` for another name, for no frame at all, and where
    there is no ffmpeg for an MP4.
    """
    writers = {".gif": _gif, ".mp4": _mp4}
    if output.suffix.lower() not in writers:
        raise InvalidArgument(f"{output} is neither .gif nor .mp4; name a file that ends in one of them")
    counted = _Counted(frames)
    first = next(counted, None)
    if first is None:
        raise InvalidArgument(f"nothing could be drawn for {output}")
    output.parent.mkdir(parents=True, exist_ok=True)
    temporary = output.with_name(f".{output.stem}.{os.getpid()}.tmp{output.suffix}")
    try:
        temporary.unlink(missing_ok=True)  # a link that somebody laid there is not written through
        writers[output.suffix.lower()](first, counted, temporary, fps)
        temporary.replace(output)
    finally:
        temporary.unlink(missing_ok=True)
    return counted.count


class _Counted:
    def __init__(self, frames: Iterable[Image.Image]) -> None:
        self._frames, self.count = iter(frames), 0

    def __iter__(self) -> Iterator[Image.Image]:
        return self

    def __next__(self) -> Image.Image:
        frame = next(self._frames)
        self.count += 1
        return frame


def _gif(first: Image.Image, others: Iterator[Image.Image], path: Path, fps: float) -> None:
    milliseconds = 1000 / min(fps, _MOST_FPS)
    first.save(path, save_all=True, append_images=others, duration=milliseconds, loop=0, optimize=False)


def _mp4(first: Image.Image, others: Iterator[Image.Image], path: Path, fps: float) -> None:
    command = [_ffmpeg(), "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-r", f"{fps:g}"]
    command += ["-s", f"{first.width}x{first.height}", "-i", "-", "-an", "-c:v", "libx264", "-pix_fmt", "yuv420p"]
    command += ["-movflags", "+faststart", "-y", os.fspath(path.resolve())]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=said, stderr=said) as process:
            assert process.stdin is not None
            try:
                for frame in itertools.chain([first], others):
                    process.stdin.write(frame.tobytes())
                process.stdin.close()
            except BrokenPipeError:
                pass  # it has ended before its time, and says why
        if process.returncode:
            said.seek(0)
            raise InvalidArgument(
                f"ffmpeg could not make {path}: {said.read().decode(errors='replace').strip()[-300:]}"
            )


def _ffmpeg() -> str:
    if importlib.util.find_spec("imageio_ffmpeg") is not None:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    if found := shutil.which("ffmpeg"):
        return found
    raise InvalidArgument(
        "an MP4 needs ffmpeg, and there is none: pip install 'collapse-probe[movie]' brings one; or write a .gif"
    )
