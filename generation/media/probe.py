"""Facts about a finished film, measured in the file itself. Judging them is the quality step's work.

There is no ffprobe beside the packaged ffmpeg: streams are read from ffmpeg's own description, lengths from the packets (nothing
is decoded for them), pictures from the key frames alone, sound from all of it."""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import Damaged
from generation.media.encoder import ffmpeg

_VIDEO = re.compile(
    r"Stream #0:\d+.*?: Video: (?P<codec>\w+)(?: \((?P<profile>[^()]*)\))?.*?, (?P<pixels>\w+)(?:\((?P<colour>[^)]*)\))?, "
    r"(?P<width>\d+)x(?P<height>\d+).*? (?P<fps>[\d.]+) fps"
)
_AUDIO = re.compile(r"Stream #0:\d+.*?: Audio: (\w+).*?, (\d+) Hz, ([\w.]+)")
_FRAME_WIDTH, _FRAME_HEIGHT = 160, 90
_BLACK_LEVEL = 20  # of 255, mean luma: limited-range black is 16
_FROZEN_DIFFERENCE = 0.15  # of 255, mean: two seconds apart even a resting chart differs by its caption
_SILENCE_DB = -50


@dataclass(frozen=True)
class MediaFacts:
    """What a film is.

    Attributes:
        duration_seconds: of the longer stream.
        video_seconds, audio_seconds: of each stream; `audio_seconds` is 0 without sound.
        width, height, fps, frames: of the picture.
        video_codec, profile, pixel_format, colour: for example `h264`, `High`, `yuv420p`, `tv, bt709, progressive`.
        audio_codec, sample_rate, channels: for example `aac`, 48000, `stereo`; empty and 0 without sound.
        loudness_lufs, true_peak_dbtp: integrated loudness (EBU R 128) and peak; -inf without sound.
        silence_ratio: share of the sound below -50 dB for half a second or longer.
        black_ratio: share of the sampled pictures that are black.
        frozen_ratio: share of the sampled pictures that equal the one before.
        size_bytes: of the file.
        is_streamable: whether the index precedes the data, so that playing can begin before all is there.
    """

    duration_seconds: float
    video_seconds: float
    audio_seconds: float
    width: int
    height: int
    fps: float
    frames: int
    video_codec: str
    profile: str
    pixel_format: str
    colour: str
    audio_codec: str
    sample_rate: int
    channels: str
    loudness_lufs: float
    true_peak_dbtp: float
    silence_ratio: float
    black_ratio: float
    frozen_ratio: float
    size_bytes: int
    is_streamable: bool

    @property
    def sync_difference_seconds(self) -> float:
        """How much longer one stream is than the other."""
        return abs(self.video_seconds - self.audio_seconds)


def probe(path: Path) -> MediaFacts:
    """Measure a film. Raises Damaged when it is missing, or no film."""
    if not path.is_file():
        raise Damaged(f"There is no film at {path}.", "Render it again.")
    with ThreadPoolExecutor(3) as pool:
        packets = pool.submit(_run, path, ["-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", "-f", "framecrc", "pipe:1"])
        sound = pool.submit(_sound, path)
        pictures = pool.submit(_pictures, path)
        description = _run(path, ["-map", "0:v:0", "-c", "copy", "-frames:v", "1", "-f", "null", "-"], level="info")[1]
        video = _VIDEO.search(description)
        if video is None:
            raise Damaged(f"{path.name} is not a film that ffmpeg can read.", "Render it again.")
        audio = _AUDIO.search(description)
        seconds, frames = _lengths(packets.result()[0].decode())
        loudness, peak, silence = sound.result()
        black, frozen = pictures.result()
    audio_seconds = seconds.get(1, 0.0) if audio else 0.0
    return MediaFacts(
        duration_seconds=max(seconds.get(0, 0.0), audio_seconds),
        video_seconds=seconds.get(0, 0.0),
        audio_seconds=audio_seconds,
        width=int(video["width"]),
        height=int(video["height"]),
        fps=float(video["fps"]),
        frames=frames,
        video_codec=video["codec"],
        profile=video["profile"] or "",
        pixel_format=video["pixels"],
        colour=video["colour"] or "",
        audio_codec=audio[1] if audio else "",
        sample_rate=int(audio[2]) if audio else 0,
        channels=audio[3] if audio else "",
        loudness_lufs=loudness,
        true_peak_dbtp=peak,
        silence_ratio=min(silence / audio_seconds, 1.0) if audio_seconds else 1.0,
        black_ratio=black,
        frozen_ratio=frozen,
        size_bytes=path.stat().st_size,
        is_streamable=_is_streamable(path),
    )


def _run(path: Path, arguments: list[str], *, level: str = "error", before: tuple[str, ...] = ()) -> tuple[bytes, str]:
    """Run ffmpeg over a file: what it wrote and what it said."""
    command = [ffmpeg(), "-nostdin", "-hide_banner", "-nostats", "-v", level, *before, "-i", str(path), *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603 - a fixed program
    return done.stdout, done.stderr.decode(errors="replace")


def _lengths(listing: str) -> tuple[dict[int, float], int]:
    """Seconds per stream, from first to last packet, and the number of video packets."""
    units: dict[int, float] = {}
    ends: dict[int, float] = {}
    starts: dict[int, float] = {}
    frames = 0
    for line in listing.splitlines():
        if line.startswith("#tb "):
            stream, unit = line[4:].split(":")
            above, below = unit.split("/")
            units[int(stream)] = int(above) / int(below)
        elif line and not line.startswith("#"):
            stream_text, _, moment, duration, *_ = line.split(",")
            stream_number = int(stream_text)
            starts[stream_number] = min(starts.get(stream_number, int(moment)), int(moment))
            ends[stream_number] = max(ends.get(stream_number, 0), int(moment) + int(duration))
            frames += stream_number == 0
    return {number: (ends[number] - max(starts[number], 0)) * units[number] for number in ends}, frames


def _sound(path: Path) -> tuple[float, float, float]:
    """Integrated loudness, true peak, seconds of silence."""
    filters = f"ebur128=peak=true:framelog=quiet,silencedetect=noise={_SILENCE_DB}dB:d=0.5"
    _, said = _run(path, ["-map", "0:a:0?", "-vn", "-af", filters, "-f", "null", "-"], level="info")
    summary = said[said.rfind("Integrated loudness:") :] if "Integrated loudness:" in said else ""
    loudness = re.search(r"I:\s+(-?[\d.]+|-inf) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[\d.]+|-inf) dBFS", summary)
    silence = sum(float(seconds) for seconds in re.findall(r"silence_duration: ([\d.]+)", said))
    return (float(loudness[1]) if loudness else -np.inf), (float(peak[1]) if peak else -np.inf), silence


def _pictures(path: Path) -> tuple[float, float]:
    """Shares of black and of frozen pictures among the key frames."""
    scale = f"scale={_FRAME_WIDTH}:{_FRAME_HEIGHT}:flags=area,format=gray"
    raw, _ = _run(
        path,
        ["-map", "0:v:0", "-an", "-fps_mode", "passthrough", "-vf", scale, "-f", "rawvideo", "pipe:1"],
        before=("-skip_frame", "nokey"),
    )
    count = len(raw) // (_FRAME_WIDTH * _FRAME_HEIGHT)
    if not count:
        return 1.0, 1.0
    frames = np.frombuffer(raw, np.uint8)[: count * _FRAME_WIDTH * _FRAME_HEIGHT].reshape(count, -1).astype(np.float32)
    black = float((frames.mean(axis=1) < _BLACK_LEVEL).mean())
    differences = np.abs(np.diff(frames, axis=0)).mean(axis=1)
    return black, float((differences < _FROZEN_DIFFERENCE).mean()) if count > 1 else 0.0


def _is_streamable(path: Path) -> bool:
    """Whether the MP4 index (`moov`) comes before the data (`mdat`)."""
    with path.open("rb") as file:
        while len(header := file.read(8)) == 8:
            size, kind = int.from_bytes(header[:4], "big"), header[4:]
            if kind in (b"moov", b"mdat"):
                return kind == b"moov"
            if size == 1:
                size = int.from_bytes(file.read(8), "big") - 8
            if size < 8:
                return False
            file.seek(size - 8, 1)
    return False
