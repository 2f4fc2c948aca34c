"""The warehouse as the steps read it: reports and facts of dbt in Postgres, always as of a moment.

What a day's reports say is known when its charts were read, so the newest day whose charts were read by the moment is the newest
one that may be used; readings carry their own `known_at`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.engine import RowMapping

from core.errors import UnknownName
from core.ids import LaneId
from generation.values import Artifact, Channel, ChartSnapshot, Lane, PastOutcome, PastVideo, Reading, RisingTopic, RisingVideo

_CHANNEL = text("select * from ops.channels where handle = :handle")

# Asked for by its id, a lane is found even when it takes no new slots any more.
_LANES = text("""
    select lanes.lane_id, lanes.publish_local_time, lanes.publishes_unreviewed, channels.*
    from ops.lanes as lanes
    inner join ops.channels as channels using (channel_id)
    where case when cast(:lane as text) is null then lanes.is_active else lanes.lane_id = :lane end
    order by lanes.lane_id
""")

_SNAPSHOT = text("""
    select partition_on as on_date, max(fetched_at) as read_at, array_agg(distinct region order by region) as regions,
        count(*)::integer as entries_count
    from marts.fct_chart_entry
    where partition_on = (select max(partition_on) from marts.fct_chart_entry where fetched_at <= :moment)
    group by partition_on
""")

_CHARTING = text("""
    select readings.partition_on as on_date, readings.video_id, readings.title, readings.channel_id, readings.channel_title,
        readings.views, rising.views_gained_24h, rising.growth_pct, readings.countries_count, readings.best_rank,
        extract(epoch from readings.read_at - readings.published_at)::double precision / 3600 as age_hours
    from marts.fct_video_reading as readings
    left join reports.rpt_video_rising as rising
        on readings.video_id = rising.video_id and readings.partition_on = rising.on_date
    where readings.partition_on = :day and readings.countries_count > 0
        and readings.category_id = coalesce(cast(:category as integer), readings.category_id)
    order by rising.views_gained_24h desc nulls last, readings.views desc, readings.video_id
    limit :limit
""")

_TOPICS = text("""
    select rising.on_date, rising.topic_id, rising.topic_title as title, rising.new_channels_count, rising.momentum,
        array_agg(mentions.mention_id order by mentions.mention_id) as video_ids
    from reports.rpt_topic_rising as rising
    inner join intermediate.int_topic__mentioned as mentions
        on rising.topic_id = mentions.topic_id and rising.on_date = mentions.partition_on
    where rising.on_date = :day and mentions.source = 'chart' and mentions.category_id = :category
    group by rising.on_date, rising.topic_id, rising.topic_title, rising.new_channels_count, rising.momentum
    having count(distinct mentions.channel_id) >= 2
    order by rising.momentum desc nulls last, rising.topic_id
    limit :limit
""")

_READINGS = text("""
    select video_id, read_at, views from marts.fct_video_reading
    where video_id = any(cast(:videos as text[])) and known_at <= :moment
    order by read_at, video_id
""")

# A video that this platform published is in the outbox with its words, and later among the channel's videos too.
_PAST = text("""
    select coalesce(outbox.title, videos.title) as title, coalesce(outbox.publish_at, videos.published_at) as published_at,
        coalesce(outbox.slot_id, '') as slot, outbox.artifacts -> 'script' as script,
        outbox.artifacts -> 'thumbnail' as thumbnail
    from (
        select video_id, title, published_at from marts.dim_video
        where channel_id = :channel and is_own and first_seen_at <= :moment
    ) as videos
    full join (
        select * from ops.publications
        where channel_id = :channel and title is not null and state <> 'failed' and created_at <= :moment
    ) as outbox using (video_id)
    where coalesce(outbox.publish_at, videos.published_at) >= :since
    order by published_at desc, slot
""")

_OUTCOMES = text("""
    select title, script, duration_seconds, category_id, published_at, is_above_median
    from labels.lbl_video__retention
    where channel_id = :channel and known_at <= :moment
        and title is not null and duration_seconds > 0 and category_id is not null and is_above_median is not null
    order by published_at desc, video_id
    limit :limit
""")


class PostgresWarehouse:
    """Answers from the schemas `ops`, `marts` and `reports`, and the topics of titles in `intermediate`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def channel(self, handle: str) -> Channel:
        """A channel by its handle. Raises UnknownName."""
        rows = self._rows(_CHANNEL, handle=handle)
        if not rows:
            raise UnknownName(f"No channel has the handle {handle!r}.", "See the connected ones with: ytempire status.")
        return _channel(rows[0])

    def lane(self, lane_id: LaneId) -> Lane:
        """A lane by its id. Raises UnknownName."""
        rows = self._rows(_LANES, lane=lane_id)
        if not rows:
            raise UnknownName(f"No lane is called {lane_id!r}.", "Lanes are named <channel handle>.<slot>.")
        return _lane(rows[0])

    def lanes(self) -> list[Lane]:
        """The active lanes, by id."""
        return [_lane(row) for row in self._rows(_LANES, lane=None)]

    def snapshot(self, moment: datetime) -> ChartSnapshot | None:
        """The newest charts read up to the moment; None before the first."""
        rows = self._rows(_SNAPSHOT, moment=moment)
        return ChartSnapshot(**rows[0]) if rows else None

    def charting_videos(self, snapshot: ChartSnapshot, category_id: int | None, limit: int) -> list[RisingVideo]:
        """The snapshot's videos of a category (of all, for None), largest gain first, those of unknown gain last."""
        return [RisingVideo(**row) for row in self._rows(_CHARTING, day=snapshot.on_date, category=category_id, limit=limit)]

    def rising_topics(self, snapshot: ChartSnapshot, category_id: int, limit: int) -> list[RisingTopic]:
        """The snapshot day's topics that at least two channels of a category share, largest momentum first."""
        return [RisingTopic(**row) for row in self._rows(_TOPICS, day=snapshot.on_date, category=category_id, limit=limit)]

    def readings(self, video_ids: Sequence[str], moment: datetime) -> list[Reading]:
        """View counts of these videos known by the moment, oldest first."""
        return [Reading(**row) for row in self._rows(_READINGS, videos=list(video_ids), moment=moment)]

    def past_videos(self, channel_id: str, since: datetime, moment: datetime) -> list[PastVideo]:
        """What a channel published or has planned since, newest first, as known at the moment; other slots' plans included."""
        return [
            PastVideo(**{**row, **{role: row[role] and Artifact(**row[role]) for role in ("script", "thumbnail")}})
            for row in self._rows(_PAST, channel=channel_id, since=since, moment=moment)
        ]

    def past_outcomes(self, channel_id: str, moment: datetime, limit: int) -> list[PastOutcome]:
        """What became of the channel's last videos, newest first, as known at the moment."""
        return [PastOutcome(**row) for row in self._rows(_OUTCOMES, channel=channel_id, moment=moment, limit=limit)]

    def _rows(self, query: Any, **parameters: Any) -> Sequence[RowMapping]:
        with self._engine.connect() as connection:
            return connection.execute(query, parameters).mappings().all()


def _channel(row: RowMapping) -> Channel:
    return Channel(**{name: row[name] for name in Channel.model_fields})


def _lane(row: RowMapping) -> Lane:
    names = ("lane_id", "publish_local_time", "publishes_unreviewed")
    return Lane(channel=_channel(row), **{name: row[name] for name in names})
