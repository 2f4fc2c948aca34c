"""A channel's form: what is known at the moment counts, likes draw likes, and nothing that is missing breaks it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core.errors import Damaged
from features.channel_form import FORM, PAST, Past, form, previous_medians, with_leads

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)


def videos(count: int = 40, channel: str = "kitchen") -> pl.DataFrame:
    """Every second video is a soup, and soups do well."""
    return pl.DataFrame(
        {
            "channel": [channel] * count,
            "title": [f"Soup of the day {place}" if place % 2 else f"Pasta at home {place}" for place in range(count)],
            "published_at": [BEGIN + timedelta(days=place) for place in range(count)],
            "known_at": [BEGIN + timedelta(days=place, hours=20) for place in range(count)],
            "duration_s": [300.0 if place % 2 else 60.0 for place in range(count)],
            "category_id": [26.0] * count,
            "outcome": [1.0 if place % 2 else 0.0 for place in range(count)],
        }
    )


def asked(**columns: object) -> pl.DataFrame:
    row = {
        "channel": "kitchen",
        "title": "Soup with lentils",
        "published_at": BEGIN + timedelta(days=60),
        "duration_s": 300.0,
        "category_id": 26.0,
    }
    return pl.DataFrame([row | columns], schema_overrides={"duration_s": pl.Float64, "category_id": pl.Float64})


@pytest.fixture
def past() -> Past:
    return Past.of(with_leads(videos()))


def test_medians_are_of_the_videos_before_alone() -> None:
    medians = previous_medians(np.array([5.0, 1, 2, 3, 4, 100, 7]), previous=5, fewest=5)
    assert np.isnan(medians[:5]).all()
    assert medians[5:].tolist() == [3.0, 3.0]


def test_a_title_like_those_that_did_well_is_promising(past: Past) -> None:
    soup, pasta = form(past, asked()), form(past, asked(title="Pasta with lentils", duration_s=60.0))
    for name in ("form_like_title", "form_nearest", "form_like_length", "form_like_title_length", "form_like_title_lately"):
        assert soup[name][0] > pasta[name][0], name


def test_only_what_was_known_at_the_moment_counts(past: Past) -> None:
    cut = BEGIN + timedelta(days=20)
    here = pl.Series([cut])
    earlier = Past.of(with_leads(videos().filter(pl.col("known_at") <= cut)))
    poisoned = past.videos.with_columns(
        pl.when(pl.col("known_at") > cut).then(1e6).otherwise(pl.col(name)).alias(name) for name in ("outcome", "lead")
    )
    assert form(past, asked(), here).equals(form(earlier, asked()))
    assert form(Past.of(poisoned), asked(), here).equals(form(earlier, asked()))


def test_rows_do_not_depend_on_each_other(past: Past) -> None:
    rows = pl.concat([asked(), asked(title="Pasta"), asked(channel="garden"), asked(title="")])
    alone = pl.concat([form(past, rows[place]) for place in range(rows.height)])
    assert_frame_equal(form(past, rows), alone, rel_tol=1e-9)


@pytest.mark.parametrize(
    "columns",
    [
        {"title": None},
        {"title": ""},
        {"title": "\U0001f958 \u0a38\u0a42\u0a2a"},
        {"duration_s": None},
        {"duration_s": 0.0},
        {"category_id": None},
        {"published_at": None},
    ],
)
def test_what_is_missing_is_borne(past: Past, columns: dict[str, object]) -> None:
    row = asked(**columns).with_columns(pl.col("title").cast(pl.String), pl.col("published_at").cast(pl.Datetime("us", "UTC")))
    found = form(past, row)
    assert found.columns == list(FORM)
    assert found["form_videos"].to_list() == [40.0]
    assert found["form_level"][0] == pytest.approx(0.5)


def test_an_unknown_channel_has_no_form(past: Past) -> None:
    found = form(past, asked(channel="garden"))
    assert found.row(0)[0] == 0.0
    assert found.row(0)[1:] == (None,) * (len(FORM) - 1)


def test_a_past_is_read_as_it_was_written(past: Past, tmp_path: Path) -> None:
    past.save(tmp_path / "past.parquet")
    assert Past.load(tmp_path / "past.parquet").videos.equals(past.videos)
    assert dict(past.videos.schema) == PAST
    (tmp_path / "past.parquet").write_bytes(b"PAR1 and nothing")
    with pytest.raises(Damaged):
        Past.load(tmp_path / "past.parquet")
