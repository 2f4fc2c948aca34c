"""A short real film: rendered, measured, and the same again; failures leave nothing behind."""

import threading
from pathlib import Path

import numpy as np
import pytest

from core.errors import Damaged, Environment
from generation.media import encoder
from generation.media.encoder import Encoder
from generation.media.plan import TitleCard
from generation.media.probe import probe
from generation.media.render import render
from generation.media.timeline import build_timeline
from tests.unit.generation.media.films import VISUALS, narration_of, plan_of


def film(*visuals, orientation="landscape"):
    plan = plan_of(*visuals, words="Hello there.")
    return build_timeline(plan, narration_of(plan, seconds_per_word=0.2), orientation=orientation)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    timeline = film(TitleCard("Hello"))
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    done: list[tuple[int, int]] = []
    report = render(timeline, path, threads=2, on_progress=lambda *told: done.append(told))
    return timeline, path, report, done


def test_the_film_is_what_platforms_ask_for(rendered):
    timeline, path, report, _ = rendered
    facts = probe(path)
    assert (facts.width, facts.height, facts.fps, facts.frames) == (1920, 1080, 30, timeline.frames)
    assert (facts.video_codec, facts.profile, facts.pixel_format) == ("h264", "High", "yuv420p")
    assert facts.colour.startswith("tv, bt709")
    assert (facts.audio_codec, facts.sample_rate, facts.channels) == ("aac", 48000, "stereo")
    assert facts.video_seconds == pytest.approx(timeline.duration_seconds, abs=1e-3)
    assert facts.sync_difference_seconds < 1 / 30
    assert facts.loudness_lufs == pytest.approx(-14, abs=1)
    assert facts.true_peak_dbtp < 0
    assert facts.is_streamable
    assert facts.black_ratio == 0
    assert facts.size_bytes == report.size_bytes


def test_moviepy_can_read_it_back_and_finds_the_drawn_picture(rendered):
    from moviepy import VideoFileClip

    from generation.media.compose import picture_at

    timeline, path, *_ = rendered
    number = timeline.frames - 10
    with VideoFileClip(str(path), audio=False) as clip:
        frame = clip.get_frame((number + 0.5) / timeline.fps).astype(float)
    error = np.mean((frame - np.asarray(picture_at(timeline, number), float)) ** 2)
    assert 10 * np.log10(255**2 / error) > 35  # dB


def test_progress_reaches_the_last_frame(rendered):
    timeline, _, report, done = rendered
    assert done == sorted(set(done))
    assert done[-1] == (report.frames, timeline.frames)
    assert report.frames == timeline.frames


def test_the_same_timeline_gives_the_same_bytes(rendered, tmp_path):
    timeline, path, report, _ = rendered
    again = render(timeline, tmp_path / "again.mp4", threads=2)
    assert again.digest == report.digest
    assert (tmp_path / "again.mp4").read_bytes() == path.read_bytes()


def test_the_portrait_short_is_laid_out_anew(tmp_path):
    render(film(VISUALS[2], orientation="portrait"), tmp_path / "short.mp4")
    facts = probe(tmp_path / "short.mp4")
    assert (facts.width, facts.height) == (1080, 1920)
    assert list(tmp_path.iterdir()) == [tmp_path / "short.mp4"]


def test_a_broken_encoder_leaves_the_earlier_film_alone(tmp_path, monkeypatch):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"earlier")
    monkeypatch.setattr(encoder, "ffmpeg", lambda: "/bin/false")
    with pytest.raises(Environment, match=r"ffmpeg could not write film\.mp4"):
        render(film(TitleCard("Hello")), path)
    assert path.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_stop_in_the_middle_leaves_nothing_behind(tmp_path):
    def stop(_: int, __: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(film(TitleCard("Hello")), tmp_path / "film.mp4", on_progress=stop)
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() < 20


def test_a_missing_folder_is_one_clear_sentence(tmp_path):
    with pytest.raises(Environment, match="cannot be written"):
        render(film(TitleCard("Hello")), tmp_path / "none" / "film.mp4")


def encode_still(path: Path, luma: int, frames: int) -> None:
    frame = np.full(160 * 90 * 3 // 2, 128, np.uint8)
    frame[: 160 * 90] = luma
    with Encoder(160, 90, 30, sound=None, output=path, threads=1) as pipe:
        for _ in range(frames):
            pipe.write(frame)
        pipe.finish()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_clear_sentence():
    with pytest.raises(Environment, match="disk is full"):
        encode_still(Path("/dev/full"), 60, 60)


@pytest.mark.parametrize("content", [None, b"", b"not a film" * 100])
def test_what_is_no_film_is_damaged(tmp_path, content):
    path = tmp_path / "film.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Damaged):
        probe(path)


def test_black_frozen_and_silent_films_are_seen(tmp_path):
    encode_still(tmp_path / "black.mp4", 16, 300)
    facts = probe(tmp_path / "black.mp4")
    assert (facts.black_ratio, facts.frozen_ratio, facts.still_ratio, facts.silence_ratio) == (1, 1, 1, 1)
    assert (facts.black_seconds, facts.filled_ratio) == (10, 0)
    assert (facts.audio_seconds, facts.loudness_lufs) == (0, -np.inf)
    assert facts.duration_seconds == pytest.approx(10)
