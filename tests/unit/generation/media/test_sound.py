"""The sound of a film: in its place, at its loudness, never clipped."""

import numpy as np
import pyloudnorm
import pytest

from generation.media import sound
from generation.media.timeline import SAMPLE_RATE, build_timeline
from tests.unit.generation.media.films import VISUALS, narration_of, plan_of


@pytest.fixture(scope="module")
def timeline():
    plan = plan_of(*VISUALS[:3])
    return build_timeline(plan, narration_of(plan), orientation="landscape")


@pytest.fixture(scope="module")
def mixed(timeline):
    return sound.mix(timeline)


def test_the_mix_is_as_long_as_the_frames(timeline, mixed):
    assert mixed.shape == (timeline.frames * SAMPLE_RATE // timeline.fps, 2)


def test_the_mix_is_as_loud_as_the_platform_plays_it(mixed):
    assert pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(mixed) == pytest.approx(sound.LOUDNESS_LUFS, abs=0.5)
    assert np.abs(mixed).max() <= 10 ** (-2 / 20) + 1e-6


def test_the_voice_is_heard_where_the_words_are_within_a_frame(timeline, mixed):
    level = np.abs(mixed).mean(axis=1)
    window = SAMPLE_RATE // 200
    smooth = np.convolve(level, np.ones(window) / window, "same")
    loud = smooth > smooth.max() / 3
    for cut in timeline.cuts:
        start, end = round(cut.start * SAMPLE_RATE), round((cut.start + cut.source_end - cut.source_start) * SAMPLE_RATE)
        onset = start - window * 20 + int(np.argmax(loud[start - window * 20 : end]))
        assert abs(onset - start) < SAMPLE_RATE / timeline.fps
        assert not loud[end + SAMPLE_RATE // 20 : end + SAMPLE_RATE // 5].any()


def test_the_mix_is_deterministic(timeline, mixed):
    assert np.array_equal(sound.mix(timeline), mixed)


def test_the_music_repeats_without_a_seam_and_differs_by_seed():
    bed = sound.music_bed(3, 40 * SAMPLE_RATE)
    steps = np.abs(np.diff(bed, axis=0)).max(axis=1)
    seam = 16 * SAMPLE_RATE
    assert steps[seam - 2 : seam + 2].max() <= np.percentile(steps, 99.9)
    assert not np.array_equal(bed, sound.music_bed(4, 40 * SAMPLE_RATE))


def test_music_is_low_under_words_and_silent_at_both_ends(timeline):
    frames = timeline.frames * SAMPLE_RATE // timeline.fps
    level = sound.duck(timeline.words, frames)
    assert level[0] == 0
    assert level[-1] < 1e-3
    spoken = [level[round((word.start_seconds + word.end_seconds) / 2 * SAMPLE_RATE)] for word in timeline.words]
    assert max(spoken) < level.max() / 2


def test_silence_stays_silence():
    silence = np.zeros((SAMPLE_RATE, 2), np.float32)
    assert np.array_equal(sound.normalised(silence), silence)


def test_peaks_are_bent_not_broken():
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    burst = (np.sin(2 * np.pi * 440 * time) * np.where((time > 0.4) & (time < 0.6), 2.0, 0.2)).astype(np.float32)
    limited = sound.limited(np.stack((burst, burst), 1))
    assert np.abs(limited).max() <= 10 ** (-2 / 20) + 1e-6
    assert np.array_equal(limited[: SAMPLE_RATE // 3], np.stack((burst, burst), 1)[: SAMPLE_RATE // 3])
