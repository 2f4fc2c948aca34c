"""Facts about a finished film, measured in the file itself. Judging them is the quality step's work; whether the film shows and
says what was planned is told by `agreement`, from the samples taken here.

There is no ffprobe beside the packaged ffmpeg: streams are read from ffmpeg's own description, lengths from the packets (nothing
is decoded for them), pictures from the frames that others lean on (a third of them), sound from all of it."""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import Damaged
from generation.media.encoder import ffmpeg
from generation.media.layout import LANDSCAPE, PORTRAIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

_VIDEO = re.compile(
    r"Stream #0:\d+.*?: Video: (?P<codec>\w+)(?: \((?P<profile>[^()]*)\))?.*?, (?P<pixels>\w+)(?:\((?P<colour>[^)]*)\))?, "
    r"(?P<width>\d+)x(?P<height>\d+).*? (?P<fps>[\d.]+) fps"
)
_AUDIO = re.compile(r"Stream #0:\d+.*?: Audio: (\w+).*?, (\d+) Hz, ([\w.]+)")
PICTURES_PER_SECOND = 4
SOUND_RATE = 16_000
_LONG, _SHORT = 480, 270  # of a sampled picture: a quarter of the film's own size, at which captions can still be told apart
_BLACK_LEVEL = 20  # of 255, mean luma: limited-range black is 16
_SAME = 0.15  # of 255, mean: what encoding alone changes between two equal pictures
BLOCK = 10  # of a sampled picture, in pixels
_MOVED = 6.0  # of 255, mean of a block, between one sample and the next: something visibly moved there
_MOVED_BLOCKS = 0.02  # of the blocks above the captions: a smaller change, and the creeping of a slow zoom, is no motion
_DETAIL = 4.0  # of 255, standard deviation of a block: something is drawn there; the soft backdrop has less than 2
_SOLID = 30.0  # of 255, from the picture's median: a plain block that is no backdrop
_SILENCE_DB = -50
_UNTOLD = "mmco: unref short failure"  # said of frames that are missing because they were not asked for


@dataclass(frozen=True)
class Samples:
    """What was decoded of a film.

    Attributes:
        luma: PICTURES_PER_SECOND pictures of a second, shape (n, 270, 480), or (n, 480, 270) of a portrait film; 8 bit.
        chroma: blue and red differences of the same pictures, shape (n, 2, 135, 240), portrait likewise; 8 bit.
        sound: both channels at SOUND_RATE, shape (n, 2), 16 bit; empty without sound.
    """

    luma: NDArray[np.uint8]
    chroma: NDArray[np.uint8]
    sound: NDArray[np.int16]


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
        balance_db: how much louder one channel of the sound is than the other.
        black_ratio: share of the sampled pictures that are black.
        black_seconds: the longest time without any other.
        frozen_ratio: share of the sampled pictures that equal the one before, captions and all.
        still_ratio: share of the time in which nothing moves above the captions.
        filled_ratio: share of the picture above the captions in which something is drawn, on the mean.
        errors: what the decoder found damaged.
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
    balance_db: float
    black_ratio: float
    black_seconds: float
    frozen_ratio: float
    still_ratio: float
    filled_ratio: float
    errors: int
    size_bytes: int
    is_streamable: bool

    @property
    def sync_difference_seconds(self) -> float:
        """How much longer one stream is than the other."""
        return abs(self.video_seconds - self.audio_seconds)


def probe(path: Path) -> MediaFacts:
    """Measure a film. Raises Damaged when it is missing, or no film."""
    return survey(path)[0]


def survey(path: Path) -> tuple[MediaFacts, Samples]:
    """Measure a film, and hand out what was decoded of it. Raises Damaged when it is missing, or no film."""
    if not path.is_file():
        raise Damaged(f"There is no film at {path}.", "Render it again.")
    with ThreadPoolExecutor(3) as pool:
        packets = pool.submit(_run, path, ["-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", "-f", "framecrc", "pipe:1"])
        heard = pool.submit(_sound, path)
        seen = pool.submit(_pictures, path)
        description = _run(path, ["-map", "0:v:0", "-c", "copy", "-frames:v", "1", "-f", "null", "-"], level="info")[1]
        video = _VIDEO.search(description)
        if video is None:
            raise Damaged(f"{path.name} is not a film that ffmpeg can read.", "Render it again.")
        audio = _AUDIO.search(description)
        seconds, frames = _lengths(packets.result()[0].decode())
        loudness, peak, silence, sound = heard.result()
        flat, errors = seen.result()
    audio_seconds = seconds.get(1, 0.0) if audio else 0.0
    width, height = int(video["width"]), int(video["height"])
    samples = Samples(*_planes(flat, is_wide=width > height), sound)
    facts = MediaFacts(
        duration_seconds=max(seconds.get(0, 0.0), audio_seconds),
        video_seconds=seconds.get(0, 0.0),
        audio_seconds=audio_seconds,
        width=width,
        height=height,
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
        balance_db=_balance(sound),
        **_of_pictures(samples.luma),
        errors=errors,
        size_bytes=path.stat().st_size,
        is_streamable=_is_streamable(path),
    )
    return facts, samples


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


def _sound(path: Path) -> tuple[float, float, float, NDArray[np.int16]]:
    """Integrated loudness, true peak, seconds of silence, and the samples."""
    filters = f"ebur128=peak=true:framelog=quiet,silencedetect=noise={_SILENCE_DB}dB:d=0.5"
    output = ["-ac", "2", "-ar", str(SOUND_RATE), "-f", "s16le", "pipe:1"]
    raw, said = _run(path, ["-map", "0:a:0?", "-vn", "-af", filters, *output], level="info")
    summary = said[said.rfind("Integrated loudness:") :] if "Integrated loudness:" in said else ""
    loudness = re.search(r"I:\s+(-?[\d.]+|-inf) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[\d.]+|-inf) dBFS", summary)
    silence = sum(float(seconds) for seconds in re.findall(r"silence_duration: ([\d.]+)", said))
    sound = np.frombuffer(raw, "<i2")[: len(raw) // 4 * 2].reshape(-1, 2)
    return (float(loudness[1]) if loudness else -np.inf), (float(peak[1]) if peak else -np.inf), silence, sound


def _balance(sound: NDArray[np.int16]) -> float:
    if not len(sound):
        return 0.0
    left, right = (20 * np.log10(np.sqrt(np.mean(np.square(sound[:, side], dtype=np.float64))) + 1) for side in (0, 1))
    return abs(float(left - right))


def _pictures(path: Path) -> tuple[bytes, int]:
    """The sampled pictures, one after the other in YUV 4:2:0, and the number of the decoder's complaints."""
    size = f"'if(gt(iw,ih),{_LONG},{_SHORT})':'if(gt(iw,ih),{_SHORT},{_LONG})'"
    filters = f"fps={PICTURES_PER_SECOND}:start_time=0,scale={size}:flags=area,setsar=1,format=yuv420p"
    before = ("-threads", "2", "-skip_frame", "bidir", "-skip_loop_filter", "all")
    raw, said = _run(path, ["-map", "0:v:0", "-an", "-vf", filters, "-f", "rawvideo", "pipe:1"], before=before)
    return raw, sum(_UNTOLD not in line for line in said.splitlines() if line and "Last message repeated" not in line)


def _planes(flat: bytes, *, is_wide: bool) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    high, wide = (_SHORT, _LONG) if is_wide else (_LONG, _SHORT)
    size = high * wide * 3 // 2
    pictures = np.frombuffer(flat, np.uint8)[: len(flat) // size * size].reshape(-1, size)
    luma = pictures[:, : high * wide].reshape(-1, high, wide)
    return luma, pictures[:, high * wide :].reshape(-1, 2, high // 2, wide // 2)


def _of_pictures(luma: NDArray[np.uint8]) -> dict[str, float]:
    """What is black, what equals the picture before, what is still and what is empty above the captions."""
    if not len(luma):
        return {"black_ratio": 1.0, "black_seconds": 0.0, "frozen_ratio": 1.0, "still_ratio": 1.0, "filled_ratio": 0.0}
    high, wide = luma.shape[1:]
    layout = LANDSCAPE if wide > high else PORTRAIT
    above = layout.caption.top * high // layout.height // BLOCK
    black = luma.reshape(len(luma), -1).mean(axis=1) < _BLACK_LEVEL
    changes = np.stack(
        [_blocks(np.abs(after.astype(np.int16) - before)) for before, after in pairwise(luma)] or [np.ones((1, 1))]
    )
    return {
        "black_ratio": float(black.mean()),
        "black_seconds": longest(black) / PICTURES_PER_SECOND,
        "frozen_ratio": float((changes.mean(axis=(1, 2)) < _SAME).mean()),
        "still_ratio": float(((changes[:, :above] > _MOVED).mean(axis=(1, 2)) < _MOVED_BLOCKS).mean()),
        "filled_ratio": float(np.mean([_filled(one)[:above].mean() for one in luma[:: PICTURES_PER_SECOND // 2]])),
    }


def _cut(picture: NDArray[Any]) -> NDArray[Any]:
    """A picture as rows, pixels of a row, columns, pixels of a column of its blocks."""
    high, wide = picture.shape
    return picture.reshape(high // BLOCK, BLOCK, wide // BLOCK, BLOCK)


def _blocks(picture: NDArray[Any]) -> NDArray[np.float64]:
    """The mean of every block."""
    means: NDArray[np.float64] = _cut(picture).mean(axis=(1, 3))
    return means


def _filled(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The blocks in which something is drawn."""
    pixels = picture.astype(np.float32)
    plain = np.abs(_blocks(pixels) - np.median(pixels)) <= _SOLID
    filled: NDArray[np.bool_] = (deviations(pixels) > _DETAIL) | ~plain
    return filled


def deviations(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """The standard deviation within every block."""
    found: NDArray[np.float32] = _cut(picture).std(axis=(1, 3))
    return found


def longest(flags: NDArray[np.bool_]) -> int:
    """The longest run of true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


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
