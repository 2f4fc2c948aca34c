"""Tables to learn from out of the warehouse: imported archives (the dbt views `staging.stg_archive__…`) united with what the
platform read and measured itself. The same frames as a folder of the same archives gives (`sources.ArchiveFolder`).

What both hold counts once, as the platform's own. A part that is not there is left out: a warehouse without imports, or one that
was never built from landings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import sqlalchemy

from core.errors import NotReady
from training.sources import HEADLINES, OWN_VIDEOS, READINGS, VIDEOS

_DAYS = 30

_CHARTED = """
    select video_id, read_at as fetched_at, views, likes, comments, countries_count as n_countries
    from marts.fct_video_reading where countries_count > 0
"""
_IMPORTED_READINGS = """
    select video_id, read_at as fetched_at, views, likes, comments, (values_read ->> 'charting_countries')::bigint as n_countries
    from staging.stg_archive__video_readings where read_at is not null and views is not null
    order by file_id desc, line_number
"""
_FIRST_SEEN = """
    select distinct on (video_id)
        video_id, published_at, title, channel_id, channel_title, category_id, duration_seconds as duration
    from marts.fct_video_reading order by video_id, read_at, partition_on
"""
_IMPORTED_VIDEOS = """
    select
        video_id, published_at, title, channel_id, channel_title, (values_read ->> 'category_id')::bigint as category_id,
        duration_seconds as duration
    from staging.stg_archive__video_readings where published_at is not null
    order by read_at nulls first, file_id, line_number
"""
_IMPORTED_HEADLINES = """
    select test_id, eyecatcher_id, test_week, headline, lede, excerpt, impressions, clicks
    from staging.stg_archive__headline_tests order by file_id, line_number
"""
_MEASURED_VIDEOS = """
    select
        video.channel_id as channel, video.title, (video.published_at at time zone 'UTC')::date as published,
        video.duration_seconds as duration_s, newest.views, newest.likes, clicked.impressions, clicked.ctr * 100 as ctr_pct,
        watched.average_view_pct as average_viewed_pct
    from marts.dim_video as video
    inner join (
        select distinct on (video_id) video_id, views, likes from marts.fct_video_reading
        order by video_id, read_at desc, partition_on desc
    ) as newest on video.video_id = newest.video_id
    left join labels.lbl_video__ctr as clicked on video.video_id = clicked.video_id
    left join labels.lbl_video__retention as watched on video.video_id = watched.video_id
    where video.is_own and (clicked.video_id is not null or watched.video_id is not null)
"""
# A table of a channel's videos has no name for the channel but its file's, or its folder's where that is `channel_<name>`.
_IMPORTED_OWN = """
    with lengths as (
        select
            regexp_replace(file.name, '[^/]*$', '') as folder, part.video_id,
            max((part.values_read ->> 'duration_seconds')::float8) as told
        from staging.stg_archive__studio_breakdowns as part
        inner join ops.imported_files as file on part.file_id = file.file_id
        where part.video_id is not null and position('/' in file.name) > 0
        group by 1, 2
    ),

    named as (
        select
            video.*, regexp_replace(file.name, '[^/]*$', '') as folder,
            coalesce(
                substring(file.name from '(?:^|/)channel_([^/]+)/'), split_part(regexp_replace(file.name, '^.*/', ''), '.', 1)
            ) as channel,
            (values_read ->> 'average_view_duration_seconds')::float8 as average_view_s
        from staging.stg_archive__studio_videos as video
        inner join ops.imported_files as file on video.file_id = file.file_id
    )

    select
        named.channel, named.title, named.published_on as published,
        coalesce(
            named.duration_seconds, lengths.told, round(named.average_view_s / nullif(named.average_viewed_pct, 0) * 100)
        ) as duration_s,
        named.views, (named.values_read ->> 'likes')::bigint as likes, named.impressions, named.impressions_ctr_pct as ctr_pct,
        named.average_viewed_pct
    from named
    left join lengths on named.folder = lengths.folder and named.video_id = lengths.video_id
    order by named.file_id, named.line_number
"""
_IMPORTED_SERIES = """
    select video_id, array(select jsonb_array_elements_text(daily_views)::bigint)::bigint[] as days
    from staging.stg_archive__view_series
    where jsonb_array_length(daily_views) >= 30 order by file_id, line_number
"""
_MEASURED_SERIES = """
    select day.video_id, array_agg(day.views order by day.on_date) as days
    from marts.fct_video_daily as day
    inner join marts.dim_video as video on day.video_id = video.video_id
    where
        video.is_own
        and day.on_date - (video.published_at at time zone 'America/Los_Angeles')::date between 0 and 29
        and day.views is not null
    group by day.video_id having count(*) = 30 order by day.video_id
"""


class WarehouseSource:
    """The warehouse as a source of tables, see `training.sources.Source`."""

    def __init__(self, engine: sqlalchemy.Engine) -> None:
        self._engine = engine

    def readings(self) -> pl.DataFrame:
        """Columns of READINGS, by `fetched_at`."""
        parts = (_CHARTED, "marts.fct_video_reading"), (_IMPORTED_READINGS, "staging.stg_archive__video_readings")
        rows = self._rows("readings of charting videos", READINGS, *parts)
        once = rows.unique(["video_id", "fetched_at"], keep="first", maintain_order=True)
        return once.sort("fetched_at", "video_id")

    def videos(self) -> pl.DataFrame:
        """Columns of VIDEOS."""
        parts = (_FIRST_SEEN, "marts.fct_video_reading"), (_IMPORTED_VIDEOS, "staging.stg_archive__video_readings")
        rows = self._rows("videos", VIDEOS, *parts)
        return rows.unique("video_id", keep="first", maintain_order=True)

    def headlines(self) -> pl.DataFrame:
        """Columns of HEADLINES."""
        return self._rows("headline tests", HEADLINES, (_IMPORTED_HEADLINES, "staging.stg_archive__headline_tests"))

    def own_videos(self) -> pl.DataFrame:
        """Columns of OWN_VIDEOS, by channel and day."""
        rows = self._rows(
            "videos of own channels",
            OWN_VIDEOS,
            (_MEASURED_VIDEOS, "labels.lbl_video__ctr"),
            (_IMPORTED_OWN, "staging.stg_archive__studio_videos"),
        )
        return rows.sort("channel", "published", "title", nulls_last=True, maintain_order=True)

    def view_series(self) -> pl.DataFrame:
        """`video_id`, `d1` … `d30`: views of each of a video's first thirty days."""
        rows = self._rows(
            "daily views of thirty days",
            {"video_id": pl.String, "days": pl.List(pl.Int64)},
            (_MEASURED_SERIES, "marts.fct_video_daily"),
            (_IMPORTED_SERIES, "staging.stg_archive__view_series"),
        )
        days = (pl.col("days").list.get(day - 1).alias(f"d{day}") for day in range(1, _DAYS + 1))
        return rows.unique("video_id", keep="first", maintain_order=True).select("video_id", *days)

    def _rows(self, what: str, columns: Mapping[str, Any], *parts: tuple[str, str]) -> pl.DataFrame:
        """The rows of all parts whose relation exists, one part after the other. Raises NotReady when there are none."""
        with self._engine.connect() as connection:
            found = [
                pl.read_database(query, connection, infer_schema_length=None).select(
                    pl.col(name).cast(kind, strict=False) for name, kind in columns.items()
                )
                for query, relation in parts
                if connection.scalar(sqlalchemy.text("select to_regclass(:name) is not null"), {"name": relation})
            ]
        rows = pl.concat(found) if found else pl.DataFrame(schema=dict(columns))
        if rows.is_empty():
            raise NotReady(
                f"The warehouse holds no {what}.",
                "Import an archive that has some (`ytempire import`), or run some days, and build the warehouse.",
            )
        return rows
