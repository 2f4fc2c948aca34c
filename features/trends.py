"""Topics as `ops.trends` and `ops.trend_evidence` keep them, made day by day. What a topic is, `features.topics` says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from connectors.embeddings.encoder import Encoder
from core.digest import digest_value
from core.errors import UnknownName
from features.mentions import SOURCES, Mention, read_mentions
from features.topics import SCORED, WINDOW, KnownTopic, Niche, Topic, fuse, standing
from features.vectors import from_text, to_text

if TYPE_CHECKING:
    from psycopg import Connection
    from sqlalchemy import Engine

EXAMPLES = 15
"""Titles that tell a niche."""
TOLD = 5
"""Observations that are told of a topic."""


@dataclass(frozen=True)
class DayOfTopics:
    """What a day's fusion gave. Equal mentions and earlier topics give an equal digest."""

    day: date
    mentions_count: int
    topics: tuple[Topic, ...]

    @property
    def digest(self) -> str:
        """Of topics, niches and evidence; not of vectors, whose last digits are the processor's."""
        return digest_value([[topic.trend_id, topic.title, topic.niche, topic.evidence] for topic in self.topics])


@dataclass(frozen=True)
class StandingTopic:
    """A topic as it stands now."""

    trend_id: str
    title: str
    niche: str | None
    score: float
    velocity: float
    sources_count: int


@dataclass(frozen=True)
class NicheTopic:
    """A topic of a niche that has not expired, with what tells of it.

    Attributes:
        velocity: change of the score per day.
        evidence: `source: title` of its observations, the strongest of the newest day first.
    """

    trend_id: str
    title: str
    niche: str
    score: float
    velocity: float
    expires_at: datetime
    evidence: tuple[str, ...]


def of_niche(engine: Engine, niche: str, at: datetime) -> list[NicheTopic]:
    """The topics of a niche that have not expired by a moment, those of the highest velocity first.

    Raises UnknownName for a niche that no channel and no topic has."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            """
            select
                trend_id, title, niche, score, velocity, expires_at,
                array(
                    select source || ': ' || told.title from ops.trend_evidence as told
                    where told.trend_id = trends.trend_id
                    order by observed_at::date desc, told.score desc, source, row_key
                    limit %(most)s
                ) as evidence
            from ops.trends as trends
            where niche = %(niche)s and expires_at > %(at)s
            order by velocity desc, score desc, trend_id
            """,
            {"niche": niche, "at": at, "most": TOLD},
        ).all()
        known = connection.exec_driver_sql(
            "select niche from ops.channels union select niche from ops.trends where niche is not null order by 1"
        ).scalars()
        names = list(known)
    if niche not in names:
        raise UnknownName(
            f"There is no niche {niche!r}.", f"Known niches: {', '.join(names) or 'none; connect a channel first'}."
        )
    return [NicheTopic(**{**row._mapping, "evidence": tuple(row.evidence)}) for row in rows]


def hottest(engine: Engine, limit: int = 10) -> list[StandingTopic]:
    """The topics of the highest score, best first."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "select trend_id, title, niche, score, velocity, sources_count from ops.trends"
            " order by score desc, trend_id limit %s",
            (limit,),
        )
        return [StandingTopic(*row) for row in rows]


def write_topics(engine: Engine, encoder: Encoder, day: date) -> DayOfTopics:
    """Make the topics of a day and keep them with their evidence, in one transaction.

    Doing it again changes nothing. Evidence is never dropped: when a day is made anew, its mentions move to the topics they now
    belong to, and those of rows that have gone stay where they were."""
    mentions = read_mentions(engine, day)
    begin = datetime.combine(day, time(), UTC)
    with engine.begin() as connection:
        raw: Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        raw.execute("select pg_advisory_xact_lock(hashtext('ops.trends'))")
        topics = fuse(mentions, _known(raw, begin), encoder, _niches(raw, day))
        _write(raw, topics, mentions, begin)
    return DayOfTopics(day, len(mentions), tuple(topics))


def _known(connection: Connection[Any], begin: datetime) -> list[KnownTopic]:
    """The topics talked of in the window before a day. Those that the day itself made are not among them."""
    rows = connection.execute(
        """
        select trend_id, title, embedding::text from ops.trends
        where embedding is not null and trend_id in (
            select trend_id from ops.trend_evidence where observed_at >= %s and observed_at < %s
        )
        order by trend_id
        """,
        (begin - WINDOW, begin),
    )
    return [KnownTopic(trend_id, title, from_text(vector)) for trend_id, title, vector in rows]


def _niches(connection: Connection[Any], day: date) -> list[Niche]:
    """The niches of the operator's channels, with the titles of their latest videos by the day."""
    rows = connection.execute(
        """
        select
            niche,
            array_agg(distinct niche || '. ' || coalesce(nullif(description, ''), title)) as descriptions,
            (
                select array_agg(newest.title)
                from (
                    select videos.payload #>> '{snippet,title}' as title
                    from raw_youtube.videos as videos
                    where
                        videos.payload #>> '{snippet,channelId}' = any(array_agg(channels.channel_id))
                        and videos.partition_on = (select max(partition_on) from raw_youtube.videos where partition_on <= %s)
                    order by videos.payload #>> '{snippet,publishedAt}' desc, videos.row_key
                    limit %s
                ) as newest
            ) as examples
        from ops.channels as channels
        where disconnected_at is null
        group by niche
        order by niche
        """,
        (day, EXAMPLES),
    )
    return [Niche(name, tuple(descriptions), tuple(filter(None, examples or ()))) for name, descriptions, examples in rows]


def _write(connection: Connection[Any], topics: Sequence[Topic], mentions: Sequence[Mention], begin: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "delete from ops.trend_evidence where source = %s and row_key = %s and observed_at = %s",
            [(mention.source, mention.row_key, mention.observed_at) for mention in mentions],
        )
        cursor.executemany(
            """
            insert into ops.trends (
                trend_id, title, niche, score, velocity, sources_count, first_seen_at, last_seen_at, expires_at, embedding
            ) values (%s, %s, %s, 0, 0, 1, %s, %s, %s, %s)
            on conflict (trend_id) do update set niche = coalesce(excluded.niche, trends.niche)
            """,
            [(topic.trend_id, topic.title, topic.niche, begin, begin, begin, to_text(topic.vector)) for topic in topics],
        )
        cursor.executemany(
            """
            insert into ops.trend_evidence (trend_id, source, row_key, observed_at, title, score)
            values (%s, %s, %s, %s, %s, %s)
            """,
            [
                (topic.trend_id, one.source, one.row_key, one.observed_at, one.title, one.strength)
                for topic in topics
                for one in topic.evidence
            ],
        )
        cursor.execute(
            "delete from ops.trends where not exists (select from ops.trend_evidence where trend_id = trends.trend_id)"
        )
    _settle(connection, [topic.trend_id for topic in topics])


def _settle(connection: Connection[Any], touched: Sequence[str]) -> None:
    """Bring the figures of the topics touched, and of all that still count, to the moment of the newest evidence of all."""
    rows: list[tuple[Any, ...]] = connection.execute(
        """
        with present as (select max(observed_at) as as_of from ops.trend_evidence)

        select trend_id, source, observed_at, score, as_of
        from ops.trend_evidence
        cross join present
        where trend_id in (
            select trend_id from ops.trend_evidence where trend_id = any(%s) or observed_at >= as_of - %s
        )
        order by trend_id, observed_at, source, row_key
        """,
        (list(touched), SCORED),
    ).fetchall()
    evidence: dict[str, list[tuple[str, datetime, float]]] = defaultdict(list)
    for trend_id, source, observed_at, strength, _ in rows:
        evidence[trend_id].append((source, observed_at, strength))
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            update ops.trends
            set score = %s, velocity = %s, sources_count = %s, first_seen_at = %s, last_seen_at = %s, expires_at = %s
            where trend_id = %s
            """,
            [(*_figures(known, rows[0][-1]), trend_id) for trend_id, known in evidence.items()],
        )


def _figures(evidence: Sequence[tuple[str, datetime, float]], as_of: datetime) -> tuple[Any, ...]:
    """Score, velocity, number of sources, first and last time, and when the last observation has lost its worth."""
    recent = [entry for entry in evidence if entry[1] >= as_of - SCORED]
    stands = standing(recent, as_of)
    times = [observed_at for _, observed_at, _ in evidence]
    expires_at = max(observed_at + SOURCES[source].valid_for for source, observed_at, _ in evidence)
    return stands.score, stands.velocity, len({source for source, _, _ in evidence}), min(times), max(times), expires_at
