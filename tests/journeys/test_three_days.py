"""What an operator sees after three days: data, models, videos, and the first video's views coming back."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connectors.landing import TABLES, asset_key
from core.digest import digest_file
from tests.journeys.conftest import FIRST, Journey

pytestmark = pytest.mark.journey

WEEKLY = "raw_youtube/uploads"
"""The whole list of uploads is read once a week: on the first of the three days."""


def test_each_day_lands_every_source(summaries: dict[Any, dict[str, Any]]) -> None:
    for summary in summaries.values():
        rows = {source["source"]: source["rows"] for source in summary["sources"]}
        assert set(rows) == {asset_key(table) for table in TABLES}
        assert min(count for source, count in rows.items() if source != WEEKLY) > 0, rows
    whole_lists = [
        next(source["rows"] for source in summary["sources"] if source["source"] == WEEKLY)
        for _, summary in sorted(summaries.items())
    ]
    assert whole_lists[0] > 0
    assert not any(whole_lists[1:])


def test_warehouse_tests_pass(summaries: dict[Any, dict[str, Any]]) -> None:
    for summary in summaries.values():
        assert summary["warehouse"]["models"] > 20
        assert summary["warehouse"]["tests_passed"] == summary["warehouse"]["tests"] > 20


def test_every_model_serves_and_shows_its_baseline(summaries: dict[Any, dict[str, Any]]) -> None:
    for summary in summaries.values():
        models = {model["name"]: model for model in summary["models"]}
        assert set(models) == {"trend", "quality", "ctr"}
        for model in models.values():
            assert model["kind"] in {"baseline", "network", "boosted", "ensemble"}
            assert model["value"] >= model["baseline"] > 0


def test_each_day_makes_the_next_days_videos(summaries: dict[Any, dict[str, Any]]) -> None:
    for day, summary in summaries.items():
        assert len(summary["videos"]) == 2
        for video in summary["videos"]:
            assert video["slot"].startswith((day + timedelta(days=1)).isoformat())
            assert video["state"] == "uploaded"
            assert 45 <= video["duration_seconds"] <= 90
            assert Path(video["film"]).stat().st_size > 1_000_000


def test_the_third_day_sees_the_views_of_the_first_days_video(database: Engine, summaries: dict[Any, dict[str, Any]]) -> None:
    video_ids = [video["video_id"] for video in summaries[FIRST]["videos"]]
    with database.connect() as connection:
        views = connection.execute(
            text(
                "select video_id, max(views) as views from marts.fct_video_reading where video_id = any(:ids) group by video_id"
            ),
            {"ids": video_ids},
        ).all()
        published = connection.execute(
            text("select count(*) from marts.dim_video where video_id = any(:ids) and is_own"), {"ids": video_ids}
        ).scalar()
    assert {row.video_id for row in views} == set(video_ids)
    assert min(row.views for row in views) > 0
    assert published == len(video_ids)


def test_a_repeated_day_changes_nothing_and_uploads_nothing(journey: Journey, database: Engine) -> None:
    day = FIRST + timedelta(days=2)

    def state() -> dict[str, Any]:
        with database.connect() as connection:
            videos = connection.execute(text("select slot_id, video_id, title from ops.publications order by slot_id")).all()
            facts = connection.execute(
                text("select md5(string_agg(t::text, '|' order by t::text)) from marts.fct_video_daily t")
            ).scalar()
            spent = connection.execute(text("select count(*) from ops.publications")).scalar()
        return {"videos": videos, "facts": facts, "spent": spent}

    before = state()
    journey.run(day)
    assert state() == before


def test_a_killed_postgres_is_recovered_by_the_next_command(journey: Journey) -> None:
    postmaster = next(journey.home.rglob("pg/**/postmaster.pid"))
    subprocess.run(["kill", "-9", postmaster.read_text().splitlines()[0]], check=True)
    result = journey.command("status")
    assert result.returncode == 0, result.stderr
    assert journey.command("doctor").returncode == 0


def test_films_are_what_they_say(summaries: dict[Any, dict[str, Any]]) -> None:
    from generation.media.probe import probe

    video = summaries[FIRST]["videos"][0]
    film = Path(video["film"])
    facts = probe(film)
    assert (facts.width, facts.height, round(facts.fps)) == (1920, 1080, 30)
    assert (facts.video_codec, facts.audio_codec) == ("h264", "aac")
    assert digest_file(film) == film.resolve().stem


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "--day", "1999-01-01"), "outside the synthetic market"),
        (("run", "--day", "soon"), "is not a day"),
        (("run", "--data", "/nowhere"), "no folder /nowhere"),
        (("video", "no-such-channel"), "no channel 'no-such-channel'"),
        (("train", "no-such-model"), "no model 'no-such-model'"),
    ],
)
def test_bad_input_gets_one_sentence(journey: Journey, arguments: tuple[str, ...], says: str) -> None:
    result = journey.command(*arguments)
    assert result.returncode == 1
    assert says in result.stderr
    assert "Traceback" not in result.stderr
