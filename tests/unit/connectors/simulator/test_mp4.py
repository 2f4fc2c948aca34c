"""Telling a film from noise."""

from __future__ import annotations

import io
import struct
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.simulator.mp4 import duration_seconds


@pytest.mark.parametrize("flags", [(), ("-movflags", "+faststart")])
def test_the_duration_of_a_real_film(tmp_path: Path, flags: tuple[str, ...]) -> None:
    path = tmp_path / "film.mp4"
    source = ("-f", "lavfi", "-i", "testsrc2=size=64x36:rate=5:duration=3")
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", *source, *flags, str(path)], check=True)
    with path.open("rb") as file:
        assert duration_seconds(file) == 3


def test_long_films_use_wide_fields() -> None:
    mvhd = b"mvhd" + bytes([1, 0, 0, 0]) + bytes(16) + struct.pack(">IQ", 90_000, 90_000 * 7200) + bytes(8)
    moov = struct.pack(">I4sQ", 1, b"moov", 16 + 4 + len(mvhd)) + struct.pack(">I", 4 + len(mvhd)) + mvhd
    assert duration_seconds(io.BytesIO(moov)) == 7200


@given(st.binary(max_size=200))
def test_noise_is_no_film(content: bytes) -> None:
    assert duration_seconds(io.BytesIO(content)) is None
