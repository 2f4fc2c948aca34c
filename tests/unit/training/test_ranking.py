"""Trends of a niche in order: by the chance of rising where the charts tell of them, else by velocity, and it is said which."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from core.errors import NotReady
from features.trends import NicheTopic
from training import ranking
from training.ranking import LEARNT, VELOCITY, predict_trends
from training.sources import READINGS, VIDEOS

BEGIN = datetime(2026, 3, 1, 4, tzinfo=UTC)
DAYS = 20
NOW = BEGIN + timedelta(days=DAYS - 1, hours=3)
CHANNELS = {"The Sky": 5, "Sky Forge": 6, "Gold Garden": 5, "Gold Mine": 9, "Speedrun": 4}


def trend(title: str, velocity: float, score: float = 50.0) -> NicheTopic:
    return NicheTopic(title.lower(), title, "gaming", score, velocity, NOW + timedelta(hours=9), (f"feeds: {title} is here",))


class Charts:
    """Every title on as many channels each day."""

    def __init__(self, channels: dict[str, int] | None = None) -> None:
        shown = [(title, f"{title} {n}", f"c{title}{n}") for title, count in (channels or CHANNELS).items() for n in range(count)]
        videos = [(video, BEGIN, title, channel, channel, 20, 600) for title, video, channel in shown]
        readings = [(video, BEGIN + timedelta(days=day), 1_000, 5, 1, 1) for day in range(DAYS) for _, video, _ in shown]
        self._videos = pl.DataFrame(videos, schema=VIDEOS, orient="row")
        self._readings = pl.DataFrame(readings, schema=READINGS, orient="row").sort("fetched_at", "video_id")

    def videos(self) -> pl.DataFrame:
        return self._videos

    def readings(self) -> pl.DataFrame:
        return self._readings


class NoCharts:
    def readings(self) -> pl.DataFrame:
        raise NotReady("There are no charts.", "Bring some.")


class Program:
    """The more channels, the likelier."""

    def __init__(self) -> None:
        self.asked: list[pl.DataFrame] = []

    def predict(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        self.asked.append(frames[0])
        now = pl.col("channels_48h_now")
        return frames[0].select("row_id", p_rising=now / 16, channels_48h=now + 2.0)


@pytest.fixture
def trends(monkeypatch: pytest.MonkeyPatch) -> list[NicheTopic]:
    kept = [
        trend("The Sky Forge 3", 9.0),
        trend("Speedrun", 5.0),
        trend("Gold Mine", 1.0),
        trend("Unheard Of", 7.0, 80),
        trend("Rust", 7.0),
    ]
    monkeypatch.setattr(ranking, "of_niche", lambda engine, niche, at: sorted(kept, key=lambda one: -one.velocity))
    return kept


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Program:
    class Pack:
        version = "4"

    learnt = Program()
    monkeypatch.setattr(ranking, "load_champion", lambda home, task: (Pack(), learnt))
    return learnt


def ask(charts: Any, home: Path, now: datetime = NOW, limit: int = 20) -> ranking.Ranking:
    return predict_trends("gaming", None, charts, home, now, limit)  # type: ignore[arg-type]


def test_the_chance_of_rising_orders_what_charts_and_velocity_the_rest(trends, program: Program, tmp_path: Path) -> None:
    found = ask(Charts(), tmp_path)
    assert [topic.topic for topic in found.topics] == ["Gold Mine", "The Sky Forge 3", "Speedrun", "Unheard Of", "Rust"]
    assert [topic.score for topic in found.topics] == [9 / 16, 6 / 16, 4 / 16, None, None]
    assert [topic.channels_48h for topic in found.topics] == [11, 8, 6, None, None]
    assert found.by == LEARNT
    assert "version 4" in found.said and "3 of 5" in found.said  # noqa: PT018
    first = found.topics[0]
    assert (first.niche, first.velocity, first.expires_at) == ("gaming", 1.0, NOW + timedelta(hours=9))
    assert first.evidence == ("feeds: Gold Mine is here",)


def test_only_what_was_read_by_now_is_told_to_the_program(trends, program: Program, tmp_path: Path) -> None:
    ask(Charts(), tmp_path, NOW - timedelta(days=3))
    assert program.asked[0]["date"].max() == (NOW - timedelta(days=3)).date()


def test_a_limit_keeps_the_first(trends, program: Program, tmp_path: Path) -> None:
    assert [topic.topic for topic in ask(Charts(), tmp_path, limit=2).topics] == ["Gold Mine", "The Sky Forge 3"]


def test_without_a_champion_velocity_orders_and_it_is_said(trends, tmp_path: Path) -> None:
    found = ask(Charts(), tmp_path)
    assert [topic.topic for topic in found.topics] == ["The Sky Forge 3", "Unheard Of", "Rust", "Speedrun", "Gold Mine"]
    assert (found.by, found.said) == (VELOCITY, "By velocity: topic48 has no champion yet.")
    assert {topic.score for topic in found.topics} == {None}


@pytest.mark.parametrize(
    ("charts", "now"),
    [(NoCharts(), NOW), (Charts(), NOW + timedelta(days=5)), (Charts({"Else": 9}), NOW), (Charts(), BEGIN - timedelta(days=1))],
)
def test_without_fresh_charts_velocity_orders_and_it_is_said(trends, program: Program, tmp_path: Path, charts: Any, now) -> None:
    found = ask(charts, tmp_path, now)
    assert found.by == VELOCITY
    assert found.said.startswith("By velocity: ")
    assert found.topics[0].topic == "The Sky Forge 3"
