"""Ids stand for keys, and numbers follow from names."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.simulator.identity import Origin, VideoIds, VideoKey, channel_id, stream

keys = st.builds(VideoKey, st.sampled_from(Origin), st.integers(0, 2**20 - 1), st.integers(0, 2**20 - 1))


@given(st.integers(0, 2**62), keys)
def test_a_video_id_stands_for_its_key(seed: int, key: VideoKey) -> None:
    video_id = VideoIds(seed).encode(key)
    assert re.fullmatch(r"[\w-]{11}", video_id)
    assert VideoIds(seed).decode(video_id) == key


@given(st.text(max_size=20))
def test_other_texts_stand_for_nothing(text: str) -> None:
    assert VideoIds(1).decode(text) is None


def test_ids_of_another_seed_stand_for_nothing() -> None:
    ids = [VideoIds(1).encode(VideoKey(Origin.OWN, 739_000, number)) for number in range(200)]
    assert all(VideoIds(2).decode(video_id) is None for video_id in ids)


def test_channel_ids_look_real_and_differ() -> None:
    assert re.fullmatch(r"UC[\w-]{22}", channel_id("pixel-pulse"))
    assert channel_id("pixel-pulse") != channel_id("quest-ledger")


@pytest.mark.parametrize("other", [(1, "a", "c"), (2, "a", "b"), (1, "ab", "")])
def test_streams_of_other_names_differ(other: tuple[int, str, str]) -> None:
    first = stream(1, "a", "b").random(8)
    assert np.array_equal(first, stream(1, "a", "b").random(8))
    assert not np.array_equal(first, stream(*other).random(8))
