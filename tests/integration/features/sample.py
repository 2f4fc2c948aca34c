"""A small warehouse made by hand: the feature and label tables as dbt makes them, filled with rows that can be learnt from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Engine

from features import series

DAY_ONE = datetime(2026, 5, 1, 12, tzinfo=UTC)
AS_OF = DAY_ONE + timedelta(days=34)
CHANNELS = 6

_TABLES = """
create schema features;
create schema labels;
create schema marts;
create table marts.fct_video_reading (
    video_id text, partition_on date, read_at timestamptz, known_at timestamptz, channel_id text, title text,
    category_id integer, published_at timestamptz, duration_seconds integer, views bigint, likes bigint, comments bigint,
    countries_count integer);
create table features.feat_video__reading (
    video_id text, event_timestamp timestamptz, created_timestamp timestamptz, channel_id text, category_id integer,
    views bigint, likes bigint, comments bigint, countries_count integer, best_rank integer, age_hours double precision,
    views_per_hour double precision, hours_since_previous double precision, views_gained bigint, velocity double precision,
    acceleration double precision, growth_previous_48h double precision, like_rate double precision,
    comment_rate double precision, readings_count integer);
create table features.feat_video__profile (
    video_id text, event_timestamp timestamptz, created_timestamp timestamptz, partition_on date, channel_id text, title text,
    category_id integer, duration_seconds integer, published_hour integer, published_dow integer, is_weekend boolean,
    is_own boolean);
create table features.feat_video__market (
    video_id text, event_timestamp timestamptz, created_timestamp timestamptz, chart_best_rank integer,
    chart_videos_count integer, niche_videos_count integer, niche_channels_count integer, niche_new_videos_count integer,
    niche_median_views double precision, niche_median_age_hours double precision,
    niche_median_views_per_hour double precision, niche_videos_share double precision, niche_views_share double precision,
    niche_views_place double precision, niche_pace_place double precision, niche_views_ratio double precision,
    channel_charting_today_count integer, channel_most_views_today bigint, channel_subscribers_count bigint,
    channel_uploads_28d_count integer, channel_charting_28d_count integer, channel_median_views_20 double precision,
    channel_like_rate_20 double precision, channel_views_ratio double precision);
create table features.feat_channel__daily (
    channel_id text, event_timestamp timestamptz, created_timestamp timestamptz, is_own boolean, subscribers_count bigint,
    uploads_28d_count integer, charting_videos_28d_count integer, median_views_20 double precision,
    average_view_pct_20 double precision, ctr_20 double precision, like_rate_20 double precision);
create table features.feat_topic__daily (
    topic_id text, event_timestamp timestamptz, created_timestamp timestamptz, channels_count integer,
    new_channels_count integer, videos_count integer, countries_count integer, views_gained bigint,
    hackernews_points bigint, wikipedia_views bigint, momentum double precision);
create table labels.lbl_video__growth_48h (
    video_id text, event_timestamp timestamptz, known_at timestamptz, age_hours double precision, age_band text,
    growth_48h double precision, is_observed boolean);
create table labels.lbl_video__ctr (
    video_id text, channel_id text, event_timestamp timestamptz, known_at timestamptz, title text, script text,
    category_id integer, duration_seconds integer, published_at timestamptz, first_on date, thumbnail_brightness double precision,
    thumbnail_contrast double precision, thumbnail_colourfulness double precision, thumbnail_text_area double precision,
    thumbnail_edge_density double precision, thumbnail_legibility double precision, thumbnail_faces double precision,
    thumbnail_face_area double precision, impressions bigint, clicks bigint, ctr double precision);
create table labels.lbl_video__retention (
    video_id text, channel_id text, event_timestamp timestamptz, known_at timestamptz, title text, script text,
    category_id integer, duration_seconds integer, published_at timestamptz, first_on date, average_view_pct double precision,
    previous_median_pct double precision, is_above_median boolean);
"""


def make_tables(engine: Engine) -> None:
    """Create the tables, empty."""
    with engine.begin() as connection:
        connection.exec_driver_sql(_TABLES)
    series.make_tables(engine)


def insert(engine: Engine, table: str, rows: Iterable[Sequence[Any]], columns: str = "") -> None:
    """Append rows, in the table's column order unless `columns` names them."""
    connection = engine.raw_connection()
    try:
        with connection.cursor().copy(f"copy {table} {columns} from stdin") as copy:  # type: ignore[attr-defined]
            for row in rows:
                copy.write_row(row)
        connection.commit()
    finally:
        connection.close()


def reading(video: str, at: datetime, created: datetime | None = None, views: int = 1000) -> tuple[Any, ...]:
    """A first reading of a video; `created` is when it became known, `at` unless given."""
    return (video, at, created or at, "c0", 10, views, 10, 1, 2, 5, 20.0, views / 20, *[None] * 5, 0.01, 0.001, 1)


def channel_day(channel: str, at: datetime, created: datetime | None = None, ctr: float | None = 0.05) -> tuple[Any, ...]:
    """A day's row of a channel."""
    return (channel, at, created or at, True, 1000, 28, 3, 500.0, 45.0, ctr, 0.04)


def fill(engine: Engine, videos_a_day: int = 30, seed: int = 7) -> None:
    """Fill 35 days up to AS_OF: market videos whose growth follows their likes, own videos whose rates follow their titles."""
    generator = np.random.default_rng(seed)
    _fill_market(engine, videos_a_day, generator)
    _fill_channels(engine, generator)


def _fill_market(engine: Engine, videos_a_day: int, generator: np.random.Generator) -> None:
    readings, facts, profiles, markets, labels = [], [], [], [], []
    chance = np.random.default_rng(videos_a_day)
    for day in range(35):
        for place in range(videos_a_day):
            video, category = f"v{day:02d}-{place:03d}", int(generator.choice([10, 20, 24]))
            heat, age, views = generator.normal(), float(generator.uniform(2, 30)), int(generator.lognormal(10, 1))
            first = DAY_ONE + timedelta(days=day)
            profiles.append((video, first, first, first.date(), f"m{place}", "Title", category, 200, 12, 3, False, False))
            published = first - timedelta(hours=age)
            growth = 0.6 * heat + 0.3 * (category == 20) + 0.2 * generator.normal()
            for number in range(3):
                at, now = first + timedelta(days=number), age + 24 * number
                if at > AS_OF:
                    break
                likes = int(views * 0.05 * np.exp(0.5 * heat))
                past = (24.0, views // 10, views / 240, 0.0, growth + 0.5 * float(generator.normal())) if number else (None,) * 5
                known = (category, views, likes, likes // 10, 2, 5, now, views / now)
                readings.append((video, at, at, f"m{place}", *known, *past, likes / views, 0.005, number + 1))
                attributes = (f"m{place}", "Title", category, published, 200)
                facts.append((video, at.date(), at, at, *attributes, views, likes, likes // 10, 2))
                niche = (5, 90, 30, 20, 9, 1e4, 20.0, 500.0, 0.3, 0.01, 0.5, 0.5, 0.1)
                markets.append((video, at, at, *niche, 1, views, None, 3, 1, 5e3, 0.03, 0.2))
                band = "0-12" if now < 12 else "12-48" if now < 48 else "48-168"
                labels.append((video, at, at + timedelta(days=2), now, band, growth, bool(generator.random() < 0.8)))
                # Not as the label says to the letter: the past tells of the future, but not all.
                views = int(views * np.exp((growth + 0.6 * float(chance.normal())) / 2)) + 1
    insert(engine, "features.feat_video__reading", readings)
    insert(engine, "features.feat_video__profile", profiles)
    insert(engine, "features.feat_video__market", markets)
    insert(engine, "marts.fct_video_reading", facts)
    for table in series.TABLES:
        series.write_days(engine, table, DAY_ONE.date(), AS_OF.date())
    insert(engine, "labels.lbl_video__growth_48h", labels)


def _fill_channels(engine: Engine, generator: np.random.Generator) -> None:
    days, rates, retentions = [], [], []
    for number in range(CHANNELS):
        channel, usual = f"c{number}", 0.03 + 0.01 * number
        days += [channel_day(channel, DAY_ONE + timedelta(days=day), ctr=usual) for day in range(35)]
        for day in range(1, 35):
            for _ in range(2):
                at = DAY_ONE + timedelta(days=day, hours=int(generator.integers(0, 10)))
                is_question = bool(generator.random() < 0.5)
                title = "Why is this so good?" if is_question else "A plain story about games and music of today"
                rate = usual * float(np.exp(0.5 * is_question + 0.1 * generator.normal()))
                # Every fifth picture was never measured.
                picture = (0.5, 0.2, 40.0, 0.1, 0.05, 0.8, 1.0, 0.1) if len(rates) % 5 else (None,) * 8
                # Every third video was made by hand.
                script = f"{title} Here are {len(rates)} songs. You will see." if len(rates) % 3 else None
                head = (f"{channel}-{len(rates)}", channel, at, at + timedelta(days=10), title, script, 20, 60, at, at.date())
                rates.append((*head, *picture, 2000, round(2000 * rate), rate))
                is_above = bool(generator.random() < (0.85 if is_question else 0.2))
                retentions.append((*head, 55.0 if is_above else 45.0, 50.0, is_above))
    insert(engine, "features.feat_channel__daily", days)
    insert(engine, "labels.lbl_video__ctr", rates)
    insert(engine, "labels.lbl_video__retention", retentions)
    topics = [("word", DAY_ONE + timedelta(days=34), DAY_ONE + timedelta(days=34), 4, 1, 5, 2, 100, None, 10, 0.3)]
    insert(engine, "features.feat_topic__daily", topics)
