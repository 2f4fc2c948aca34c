"""From a timeline to a film: frames are composed here and encoded in a second process at the same time."""

from __future__ import annotations

import errno
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.digest import digest_file
from core.errors import Environment
from generation.media import sound
from generation.media.compose import compose
from generation.media.encoder import Encoder
from generation.media.timeline import Timeline


@dataclass(frozen=True)
class RenderReport:
    """What a render made and took.

    Attributes:
        digest: SHA-256 of the file: the same for the same timeline and number of threads.
        size_bytes: of the file.
        frames: encoded.
        seconds_wall: from the first line of work to the finished file.
        compose_cpu_seconds: of this process: sound, pictures, and feeding the encoder.
        encode_cpu_seconds: of the encoder.
    """

    digest: str
    size_bytes: int
    frames: int
    seconds_wall: float
    compose_cpu_seconds: float
    encode_cpu_seconds: float

    @property
    def cpu_seconds(self) -> float:
        """Of both processes."""
        return self.compose_cpu_seconds + self.encode_cpu_seconds


def render(
    timeline: Timeline, output: Path, *, threads: int = 2, on_progress: Callable[[int, int], None] | None = None
) -> RenderReport:
    """Render a timeline to an MP4 file.

    The file appears under its name only when it is complete; an earlier one is replaced.

    Args:
        timeline: what to render.
        output: its folder must exist.
        threads: of the encoder. Another number gives an equal film of other bytes.
        on_progress: told the number of frames done, and in all, about once a second of film.

    Raises Environment when the disk is full or ffmpeg fails; nothing is left behind then.
    """
    begun, cpu = time.perf_counter(), time.thread_time()
    with _partial(output) as (film, wav):
        try:
            sound.write_wav(sound.mix(timeline), wav)
            with Encoder(timeline.width, timeline.height, timeline.fps, sound=wav, output=film, threads=threads) as encoder:
                for number, frame in enumerate(compose(timeline), 1):
                    encoder.write(frame)
                    if on_progress and (number % timeline.fps == 0 or number == timeline.frames):
                        on_progress(number, timeline.frames)
                encoder.finish()
            digest, size = digest_file(film), film.stat().st_size
            film.replace(output)
        except OSError as error:
            raise _disk_error(error, output) from None
    return RenderReport(
        digest=digest,
        size_bytes=size,
        frames=timeline.frames,
        seconds_wall=time.perf_counter() - begun,
        compose_cpu_seconds=time.thread_time() - cpu,
        encode_cpu_seconds=encoder.cpu_seconds,
    )


@contextmanager
def _partial(output: Path) -> Iterator[tuple[Path, Path]]:
    """A hidden folder beside the output for the unfinished film and its sound; removed with all in it."""
    try:
        folder = tempfile.TemporaryDirectory(prefix=f".{output.stem}-", dir=output.parent)
    except OSError as error:
        raise _disk_error(error, output) from None
    with folder as path:
        yield Path(path) / output.name, Path(path) / "sound.wav"


def _disk_error(error: OSError, output: Path) -> Environment:
    if error.errno == errno.ENOSPC:
        return Environment(f"The disk is full: {output.name} could not be written.", "Free some space and run it again.")
    return Environment(f"{output} cannot be written: {error.strerror}.", "Check that its folder exists and may be written to.")
