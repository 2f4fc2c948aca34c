"""The encoder process: ffmpeg fed with raw frames through a pipe, its failures told in one sentence."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import subprocess
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from core.errors import Environment, YtempireError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PIPE_BYTES = 1 << 20  # the most an unprivileged Linux process may ask for: fewer switches between the two processes
_NO_SPACE = "No space left on device"


def ffmpeg() -> str:
    """Path of the ffmpeg program that is installed with the packages."""
    import imageio_ffmpeg

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        raise Environment("There is no ffmpeg program.", "Run `make install` again.") from None


def encoding(width: int, height: int, fps: int, threads: int) -> tuple[list[str], list[str]]:
    """Arguments before the raw input, and of the video output: H.264 High, BT.709, closed groups of two seconds."""
    colour = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
    source = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", str(fps), *colour, "-i", "pipe:0"]
    video = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-profile:v", "high", "-pix_fmt", "yuv420p", *colour]
    video += ["-g", str(2 * fps), "-flags:v", "+cgop+bitexact", "-threads", str(threads)]
    return source, video


def failure(log: str, what: str) -> YtempireError:
    """What ffmpeg's complaint means to a user."""
    if _NO_SPACE in log:
        return Environment(f"The disk is full: {what} could not be written.", "Free some space and run it again.")
    last = log.strip().splitlines()[-1] if log.strip() else "it gave no reason"
    return Environment(f"ffmpeg could not write {what}: {last[:300]}.", "Run `ytempire doctor`.")


class Encoder:
    """One ffmpeg that takes raw YUV 4:2:0 frames and writes a film; use it as a context.

    Leaving the context with an error kills the process. `cpu_seconds` is known after `finish`.
    """

    def __init__(self, width: int, height: int, fps: int, *, sound: Path | None, output: Path, threads: int) -> None:
        source, video = encoding(width, height, fps, threads)
        command = [ffmpeg(), "-y", "-v", "error", "-fflags", "+bitexact", *source]
        if sound is not None:
            command += ["-i", str(sound), "-map", "0:v", "-map", "1:a", "-c:a", "aac", "-b:a", "192k", "-flags:a", "+bitexact"]
        command += [*video, "-map_metadata", "-1", "-fflags", "+bitexact", "-movflags", "+faststart", "-f", "mp4", str(output)]
        self._what = output.name
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__; a pipe could fill up and block
        self._process = subprocess.Popen(  # noqa: S603 - a fixed program; paths are single arguments
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._log, bufsize=0
        )
        assert self._process.stdin is not None
        self._pipe = self._process.stdin.fileno()
        with contextlib.suppress(OSError):  # a smaller pipe is only slower
            fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self.cpu_seconds = 0.0

    def __enter__(self) -> Encoder:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        self._log.close()

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Send one frame. Raises Environment when ffmpeg has stopped."""
        rest = memoryview(frame)  # type: ignore[arg-type]  # an array is a buffer; its stubs say so only from Python 3.12
        try:
            while rest:
                rest = rest[os.write(self._pipe, rest) :]
        except OSError as error:
            if error.errno != errno.EPIPE:
                raise
            self._raise_failure()

    def finish(self) -> None:
        """Wait until the film is complete. Raises Environment when it could not be written."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        if self._process.returncode != 0:
            self._raise_failure()

    def _raise_failure(self) -> None:
        if self._process.returncode is None:
            self._process.wait()
        self._log.seek(0)
        raise failure(self._log.read().decode(errors="replace"), self._what)
