"""Topics of chart titles: how they are cut, counted by day, remembered, and turned into inputs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from core.errors import Damaged
from features.topic_series import DAYS, REQUEST, TopicMemory, rise_needed, topic_inputs, topic_requests, topics_in

BEGIN = datetime(2026, 3, 1, 4, tzinfo=UTC)


def charts(
    shown: dict[str, dict[int, int]], titles: dict[str, str], channels: dict[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Readings and videos: per video its views by day."""
    readings = [
        {"video_id": video, "fetched_at": BEGIN + timedelta(days=day), "views": views, "n_countries": 2}
        for video, days in shown.items()
        for day, views in days.items()
    ]
    videos = [
        {
            "video_id": video,
            "published_at": BEGIN + timedelta(days=min(days), hours=-20),
            "title": titles[video],
            "channel_id": channels[video],
        }
        for video, days in shown.items()
    ]
    return pl.DataFrame(readings), pl.DataFrame(videos)


def series(counts: dict[str, list[int]], first: date = date(2026, 3, 1), seed: int = 1) -> pl.DataFrame:
    """Requests of topics whose channels by day are given, from the day on which fourteen days are told."""
    draw = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for topic, channels in counts.items():
        for day in range(DAYS - 1, len(channels)):
            row: dict[str, Any] = {"date": first + timedelta(days=day), "topic": topic, "titles": f"{topic} one || {topic} two"}
            row["channels_48h_now"] = max(channels[day], channels[day - 1])
            for back in range(DAYS):
                row |= {f"ch_{back}": channels[day - back], f"new_{back}": channels[day - back] // 2}
                row |= {f"countries_{back}": 2 * channels[day - back], f"views_{back}": int(draw.integers(1_000, 9_000))}
            rows.append(row)
    return pl.DataFrame(rows, schema=REQUEST).sort("date", "topic")


@pytest.fixture(scope="module")
def requests() -> pl.DataFrame:
    draw = np.random.default_rng(3)
    weekly = [12 if day % 7 == 5 else 5 for day in range(60)]
    others = {f"topic{number}": [int(count) for count in draw.integers(4, 20, 60)] for number in range(60)}
    return series({"weekly show": weekly, **others})


@pytest.mark.parametrize(
    ("title", "words", "pairs"),
    [
        ("Steal A Brainrot", ("steal", "brainrot"), ("steal brainrot",)),
        ("Don't 9for it | WORLD's end 2026!", ("don't", "for", "world's", "end", "2026"), None),
        ("old_dj_song GTA5 12345", ("old_dj_song", "gta5", "1234"), ("old_dj_song gta5", "gta5 1234")),
        ("роблокс ماين كرافت", ("роблокс", "ماين", "كرافت"), ("роблокс ماين", "ماين كرافت")),
        ("Ok", (), ()),
        ("", (), ()),
    ],
)
def test_titles_are_cut_into_words_and_pairs(title: str, words: tuple[str, ...], pairs: tuple[str, ...] | None) -> None:
    found = topics_in(title)
    assert found[0] == words
    assert pairs is None or found[1] == pairs


def test_requests_count_channels_by_day() -> None:
    # Four channels on the last day, one of which charts since the beginning with two videos of one title.
    shown = {"a": dict.fromkeys(range(16), 100), "b": {13: 900}, "c": {14: 50}, "d": {14: 70}, "e": {12: 10, 13: 10}}
    titles = dict.fromkeys(shown, "Sky Forge") | {"b": "SKY forge part two", "e": "sky forge"}
    requests = topic_requests(*charts(shown, titles, {name: f"channel {name}" for name in shown}))
    row = requests.filter(pl.col("topic") == "sky forge", pl.col("date") == date(2026, 3, 15)).row(0, named=True)
    assert (row["ch_0"], row["ch_1"], row["ch_2"], row["ch_3"], row["ch_13"]) == (3, 3, 2, 1, 1)
    assert row["channels_48h_now"] == 5
    assert (row["new_0"], row["new_1"], row["new_2"], row["new_13"]) == (2, 2, 1, 1)
    assert (row["countries_0"], row["views_0"], row["views_1"]) == (6, 220, 1010)
    assert row["titles"] == "Sky Forge"
    assert row["channels_48h_later"] is None
    assert set(requests["topic"]) == {"sky", "forge", "sky forge"}


def test_titles_are_those_of_the_most_viewed_videos_of_the_day() -> None:
    shown = {name: {13: views} for name, views in zip("abcdef", (10, 60, 30, 50, 40, 20), strict=True)}
    titles = {name: f"Forge {name * 3}" for name in shown}
    requests = topic_requests(
        *charts({**shown, "x": dict.fromkeys(range(14), 5)}, {**titles, "x": "x"}, dict(zip("abcdefx", "ABCDEFX", strict=True)))
    )
    assert requests.filter(pl.col("topic") == "forge")["titles"].to_list() == ["Forge bbb || Forge ddd || Forge eee || Forge ccc"]


def test_nothing_is_asked_before_fourteen_days_or_without_readings() -> None:
    readings, videos = charts(
        {name: dict.fromkeys(range(13), 5) for name in "abcde"}, dict.fromkeys("abcde", "Forge"), {n: n for n in "abcde"}
    )
    assert topic_requests(readings, videos).is_empty()
    assert topic_requests(readings.clear(), videos).columns == [*REQUEST, "channels_48h_later"]


def test_outcomes_are_the_channels_of_the_two_next_days() -> None:
    shown = {name: dict.fromkeys(range(14), 5) for name in "abcd"} | {name: {14: 5, 15: 5} for name in "efghij"}
    rows = topic_requests(*charts(shown, dict.fromkeys(shown, "Forge"), {name: name for name in shown}))
    outcome = rows.filter(pl.col("date") == date(2026, 3, 14)).row(0, named=True)
    assert (outcome["channels_48h_now"], outcome["channels_48h_later"]) == (4, 6)


def test_a_rise_is_two_fifths_and_three_at_least() -> None:
    assert rise_needed(np.array([4, 7, 8, 10, 11, 100])).tolist() == [3, 3, 4, 4, 5, 40]


def test_inputs_are_finite_or_unknown_one_row_each_in_order(requests: pl.DataFrame) -> None:
    inputs = topic_inputs(requests)
    assert len(inputs) == len(requests)
    assert set(inputs.dtypes) == {pl.Float32}
    assert not np.isinf(inputs.fill_null(0).to_numpy()).any()
    turned = topic_inputs(requests.reverse())
    np.testing.assert_allclose(turned.reverse().to_numpy(), inputs.to_numpy(), rtol=1e-5)


def test_no_later_day_changes_an_input(requests: pl.DataFrame) -> None:
    cut = requests["date"].sort()[len(requests) // 2]
    before = requests.filter(pl.col("date") <= cut)
    np.testing.assert_array_equal(
        topic_inputs(requests).filter(requests["date"] <= cut).to_numpy(), topic_inputs(before).to_numpy()
    )


def test_a_memory_tells_what_the_requests_before_would(requests: pl.DataFrame) -> None:
    cut = requests["date"].sort()[len(requests) // 2]
    is_before = requests["date"] <= cut
    memory = TopicMemory.of(requests.filter(is_before))
    # But for titles, which are compared with those of the day before alone.
    later = topic_inputs(requests.filter(~is_before), memory).drop("titles_kept")
    whole = topic_inputs(requests).filter(~is_before).drop("titles_kept")
    np.testing.assert_array_equal(later.to_numpy(), whole.to_numpy())


def test_a_weekly_show_is_known_by_its_weekday(requests: pl.DataFrame) -> None:
    rows = requests.with_columns(topic_inputs(requests)["later_mean_4w"]).filter(pl.col("topic") == "weekly show").tail(14)
    by_weekday = dict(zip(rows["date"].dt.weekday(), rows["later_mean_4w"], strict=True))
    peak = rows.filter(pl.col("ch_0") == 12)["date"].dt.weekday()[0]
    assert by_weekday[(peak - 2 - 1) % 7 + 1] > 0.5
    assert by_weekday[(peak + 1 - 1) % 7 + 1] < -0.3


def test_a_request_that_stands_alone_has_no_company(requests: pl.DataFrame) -> None:
    alone, gapped = topic_inputs(requests[-1:]), topic_inputs(requests, gaps=[40] * len(requests))[-1:]
    assert alone["day_topics"].null_count() == gapped["kin"].null_count() == 1
    assert np.isnan([alone["later_3w"][0], gapped["later_3w"][0]]).all()
    assert alone["ch_0"][0] == gapped["ch_0"][0]


def test_what_cannot_be_read_is_answered(requests: pl.DataFrame) -> None:
    nothing = pl.DataFrame({name: [None] for name in REQUEST}, schema=REQUEST)
    assert len(topic_inputs(pl.concat([requests.tail(3), nothing]))) == 4
    assert topic_inputs(requests.head(0)).columns == topic_inputs(nothing).columns
    assert topic_inputs(requests.head(0)).is_empty()


def test_a_memory_is_kept_in_plain_files(requests: pl.DataFrame, tmp_path: Path) -> None:
    memory = TopicMemory.of(requests)
    memory.save(tmp_path)
    read = TopicMemory.load(tmp_path)
    assert (read.topics, read.first) == (memory.topics, memory.first)
    np.testing.assert_array_equal(read.within, memory.within)
    (tmp_path / "memory.npz").write_bytes(b"")
    with pytest.raises(Damaged, match="memory of topics"):
        TopicMemory.load(tmp_path)
