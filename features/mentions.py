"""What the sources of trends said on a day, in one form: read from the raw tables, where every source has the same one.

A source either names things (searches, articles, tags) or tells of them (headlines, posts, video titles). What is one topic is
decided in `features.topics`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from connectors.trends.charts import YouTubeCharts
from connectors.trends.feeds import Feeds
from connectors.trends.google import GoogleTrends
from connectors.trends.hackernews import HackerNews
from connectors.trends.reddit import Reddit
from connectors.trends.wikipedia import Wikipedia

if TYPE_CHECKING:
    from sqlalchemy import Engine

TREND_ARCHIVES = "trend_archives"
"""Imported lists of X/Twitter trends; imported lists of other services count as those services."""


@dataclass(frozen=True)
class SourceKind:
    """How a source is judged.

    Attributes:
        is_naming: its titles are names of topics; else they are sentences about them.
        weight: share of belief that its first place alone gives, 0 to 1. Assumed, not fitted.
        valid_for: how long an observation keeps a topic alive.
    """

    is_naming: bool
    weight: float
    valid_for: timedelta


SOURCES = {
    GoogleTrends.name: SourceKind(True, 0.6, GoogleTrends.valid_for),
    TREND_ARCHIVES: SourceKind(True, 0.5, timedelta(hours=24)),
    Wikipedia.name: SourceKind(True, 0.3, Wikipedia.valid_for),
    YouTubeCharts.name: SourceKind(False, 0.5, YouTubeCharts.valid_for),
    Reddit.name: SourceKind(False, 0.5, Reddit.valid_for),
    HackerNews.name: SourceKind(False, 0.4, HackerNews.valid_for),
    Feeds.name: SourceKind(False, 0.3, Feeds.valid_for),
}
"""By the sources' names. Wikipedia weighs little: half of its list is read every day of the year."""


@dataclass(frozen=True, order=True)
class Mention:
    """One entry of one source's list.

    Attributes:
        source: a name of `SOURCES`.
        row_key: of the raw row.
        observed_at: when the list was read, in UTC.
        title: as the source wrote it.
        strength: place in its list, from 1 (first) down to 0.
        context: other words of the source about the same thing: the headline of a search, the field of a post.
    """

    source: str
    row_key: str
    observed_at: datetime
    title: str
    strength: float
    context: str = ""


# One row per entry: source, list, key, time, title, place in its list (sources number them in ways of their own), context. A
# partition that was fetched on a later day speaks of its own day's noon.
_MENTIONS = """
    with observed as (
        select 'hackernews' as source, '' as list, row_key, fetched_at, payload ->> 'title' as title,
            (payload ->> 'rank')::numeric as place, '' as context
        from raw_hackernews.stories where partition_on = %(day)s
        union all
        select 'wikipedia', payload ->> 'project', row_key, fetched_at, replace(payload ->> 'article', '_', ' '),
            (payload ->> 'rank')::numeric, ''
        from raw_wikipedia.pageviews where partition_on = %(day)s
        union all
        select 'google_trends', (payload ->> 'geo') || ':' || (payload ->> 'cadence'), row_key, fetched_at, payload ->> 'title',
            (payload ->> 'rank')::numeric, coalesce(payload #>> '{news,0,title}', '')
        from raw_google.trends where partition_on = %(day)s
        union all
        select 'reddit', split_part(row_key, ':', 1), row_key, fetched_at, payload ->> 'title',
            (payload ->> 'rank')::numeric, split_part(row_key, ':', 1)
        from raw_reddit.posts where partition_on = %(day)s and payload ->> 'over_18' is distinct from 'true'
        union all
        select 'feeds', payload ->> 'feed', row_key, fetched_at, payload ->> 'title', (payload ->> 'rank')::numeric, ''
        from raw_feeds.entries where partition_on = %(day)s
        union all
        select 'youtube_charts', payload ->> 'region', payload #>> '{item,id}', fetched_at, payload #>> '{item,snippet,title}',
            (payload ->> 'rank')::numeric, ''
        from raw_youtube.charts where partition_on = %(day)s
        union all
        select
            case payload ->> 'service' when 'twitter' then 'trend_archives' else payload ->> 'service' end,
            concat_ws(':', 'archive', payload ->> 'list', payload ->> 'region', payload ->> 'read_at'), 'archive:' || row_key,
            coalesce((payload ->> 'read_at')::timestamptz, %(noon)s), coalesce(payload ->> 'topic', payload ->> 'title'),
            coalesce(payload ->> 'rank', payload ->> 'position')::numeric, ''
        from raw_archive.trend_entries
        where payload ->> 'service' in ('twitter', 'hackernews', 'wikipedia')
            and coalesce(payload ->> 'on_date', left(payload ->> 'read_at', 10)) = %(day)s::text
    )

    select
        source, list, row_key, title, context,
        row_number() over (partition by source, list order by place, row_key) as place,
        case when (fetched_at at time zone 'UTC')::date = %(day)s then fetched_at else %(noon)s end as observed_at
    from observed
    where title is not null and place is not null
"""
MOST_PER_LIST = 100
"""Entries of a list that are read, from its top: Wikipedia's has a thousand."""


def read_mentions(engine: Engine, day: date) -> list[Mention]:
    """What the partitions of a day hold, strongest entry of each source and key, in a fixed order."""
    noon = datetime.combine(day, time(12), UTC)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(_MENTIONS, {"day": day, "noon": noon}).all()
    rows = [row for row in rows if row.place <= MOST_PER_LIST]
    sizes = Counter((row.source, row.list) for row in rows)
    best: dict[tuple[str, str], Mention] = {}
    for row in rows:
        strength = round(1 - (row.place - 1) / sizes[row.source, row.list], 4)
        seen = Mention(row.source, row.row_key, row.observed_at.astimezone(UTC), row.title, strength, row.context)
        held = best.get((seen.source, seen.row_key))
        if held is None or (held.strength, held) < (seen.strength, seen):
            best[seen.source, seen.row_key] = seen
    return sorted(best.values())
