"""Fixtures of the integration tests: the unit tests' values, and the tables of the warehouse that generation reads."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from tests.unit.generation.conftest import artifacts, choice, script, verdict

__all__ = ["artifacts", "choice", "script", "verdict", "warehouse_engine"]

TABLES = """
    create schema marts;
    create schema reports;
    create schema intermediate;
    create schema labels;
    create table labels.lbl_video__retention (
        video_id text, channel_id text, title text, script text, duration_seconds integer, category_id integer,
        published_at timestamptz, known_at timestamptz, is_above_median boolean
    );
    create table marts.fct_chart_entry (
        partition_on date, region text, chart_category_id integer, rank integer, video_id text, fetched_at timestamptz
    );
    create table marts.fct_video_reading (
        video_id text, partition_on date, read_at timestamptz, known_at timestamptz, channel_id text, channel_title text,
        title text, category_id integer, published_at timestamptz, views bigint, countries_count integer, best_rank integer
    );
    create table marts.dim_video (
        video_id text, channel_id text, title text, published_at timestamptz, is_own boolean, first_seen_at timestamptz
    );
    create table reports.rpt_video_rising (on_date date, video_id text, views_gained_24h bigint, growth_pct double precision);
    create table reports.rpt_topic_rising (
        on_date date, topic_id text, topic_title text, new_channels_count integer, momentum double precision
    );
    create table intermediate.int_topic__mentioned (
        partition_on date, topic_id text, source text, mention_id text, channel_id text, category_id integer
    );
    insert into ops.channels (channel_id, handle, title, niche, category_id, timezone)
    values ('UCpulse', 'pixel-pulse', 'Pixel Pulse', 'gaming', 20, 'America/New_York');
    insert into ops.lanes (lane_id, channel_id, slot, publish_local_time, is_active)
    values ('pixel-pulse.evening', 'UCpulse', 'evening', '18:00', true),
        ('pixel-pulse.night', 'UCpulse', 'night', '23:00', false);
"""
"""The columns of the dbt models that `generation.warehouse` names."""


@pytest.fixture
def warehouse_engine(database: Engine) -> Engine:
    with database.begin() as connection:
        for statement in TABLES.split(";"):
            if statement.strip():
                connection.execute(text(statement))
    return database
