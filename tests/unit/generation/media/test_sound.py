"""The sound of a film: in its place, at its loudness, never clipped."""

import subprocess
import sys
import wave

import numpy as np
import pyloudnorm
import pytest
from moviepy import CompositeAudioClip
from moviepy.audio.AudioClip import AudioArrayClip
from moviepy.audio.fx import AudioFadeIn, AudioFadeOut
from scipy.signal import resample_poly

from generation.media import sound
from generation.media.timeline import SAMPLE_RATE, build_timeline
from tests.unit.generation.media.films import VISUALS, narration_of, plan_of


@pytest.fixture(scope="module")
def timeline():
    plan = plan_of(*VISUALS[:3])
    return build_timeline(plan, narration_of(plan), orientation="landscape")


@pytest.fixture(scope="module")
def mixed(timeline):
    return np.concatenate(list(sound.mix(timeline)))


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
    assert np.array_equal(np.concatenate(list(sound.mix(timeline))), mixed)


def whole_mix(timeline):
    """The same sound from whole arrays: resampled, composed, measured and limited at once."""
    frames = round(timeline.frames * SAMPLE_RATE / timeline.fps)
    bed = sound.music_bed(timeline.seed, frames) * sound.duck(timeline.words, frames)[:, None]
    narration = timeline.narration
    mono = resample_poly(narration.samples(), 320, 147)
    voice = AudioArrayClip(np.stack((mono, mono), axis=1), fps=SAMPLE_RATE)
    edges = [AudioFadeIn(0.01), AudioFadeOut(0.01)]
    pieces = [
        voice.subclipped(cut.source_start, min(cut.source_end, voice.duration)).with_start(cut.start).with_effects(edges)
        for cut in timeline.cuts
    ]
    whole = CompositeAudioClip([AudioArrayClip(bed, fps=SAMPLE_RATE), *pieces]).with_duration(timeline.duration_seconds)
    composed = whole.to_soundarray(fps=SAMPLE_RATE, quantize=False)
    samples = np.zeros((frames, 2), np.float32)
    samples[: len(composed)] = composed[:frames]
    meter = pyloudnorm.Meter(SAMPLE_RATE)
    for _ in range(3):
        loudness = meter.integrated_loudness(samples)
        samples = sound.limited(samples * np.float32(10 ** ((sound.LOUDNESS_LUFS - loudness) / 20)))
        if abs(loudness - sound.LOUDNESS_LUFS) < 0.3:
            break
    return samples


@pytest.mark.parametrize("seconds_per_word", [0.3, 0.71], ids=["short", "longer"])
def test_blocks_make_the_samples_that_whole_arrays_make(seconds_per_word):
    plan = plan_of(*VISUALS)
    timeline = build_timeline(plan, narration_of(plan, seconds_per_word), orientation="landscape")
    blocks = list(sound.mix(timeline))
    assert len(blocks) > 3
    assert np.abs(np.concatenate(blocks) - whole_mix(timeline)).max() < 1e-5  # a third of a step of 16 bits


@pytest.mark.parametrize("seconds", [0.4, 1.0, 7.77])
def test_loudness_in_blocks_is_the_loudness_of_the_whole(seconds):
    noise = np.random.default_rng(5).normal(0, 0.1, (round(seconds * SAMPLE_RATE), 2)).astype(np.float32)
    noise[len(noise) // 2 :] *= 0.01  # below the gates
    blocks = np.split(noise, range(4800, len(noise), 4800))
    assert sound.loudness(blocks) == pytest.approx(pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(noise), abs=1e-4)


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
    blocks = sound.normalised(lambda start, stop: silence[start:stop], len(silence))
    assert np.array_equal(np.concatenate(list(blocks)), silence)


def test_peaks_are_bent_not_broken():
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    burst = (np.sin(2 * np.pi * 440 * time) * np.where((time > 0.4) & (time < 0.6), 2.0, 0.2)).astype(np.float32)
    limited = sound.limited(np.stack((burst, burst), 1))
    assert np.abs(limited).max() <= 10 ** (-2 / 20) + 1e-6
    assert np.array_equal(limited[: SAMPLE_RATE // 3], np.stack((burst, burst), 1)[: SAMPLE_RATE // 3])


TEN_MINUTES = """
import resource, sys
from pathlib import Path
import moviepy, numpy, pyloudnorm, scipy.ndimage, scipy.signal
from generation.media import sound
from generation.media.timeline import build_timeline
from tests.unit.generation.media.films import VISUALS, narration_of, plan_of

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

imported = peak()
plan = plan_of(*VISUALS * 5, words=" ".join(["It gained 3.4M views."] * 10))
timeline = build_timeline(plan, narration_of(plan, 0.305), orientation="landscape")
sound.write_wav(sound.mix(timeline), Path(sys.argv[1]))
print(timeline.duration_seconds, (peak() - imported) / 1024)
"""


def test_ten_minutes_are_mixed_within_300_mb(tmp_path):
    path = tmp_path / "sound.wav"
    done = subprocess.run([sys.executable, "-c", TEN_MINUTES, path], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    seconds, megabytes = map(float, done.stdout.split())
    assert 600 < seconds < 660
    assert megabytes < 300
    with wave.open(str(path)) as file:
        assert file.getnframes() == round(seconds * SAMPLE_RATE)
