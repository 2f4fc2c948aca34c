"""Which contents are alike: vectors of videos and drafts, kept once per content and encoder, and what is asked of them.

A content's text is its title and the first thousand characters of its script; of its description, where no script is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from connectors.embeddings.encoder import Encoder
from core.digest import digest_value
from core.errors import NotReady, UnknownName
from features.vectors import from_text, to_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from psycopg import Connection
    from sqlalchemy import Engine

    Vectors = NDArray[np.float32]

SCRIPT_CHARACTERS = 1_000
BATCH = 256
"""Contents whose vectors are kept together, so that an interrupted run has not paid for nothing."""
GAP_DAYS = 30
"""Charts of so many days count as what others make."""
SEED = 20260608
EXAMPLES = 3

# Videos of a day's partitions, wherever they landed; one that landed twice is the same.
_VIDEOS = """
    select row_key as video_id, partition_on, payload, false as is_other from raw_youtube.videos
    union all
    select row_key, partition_on, payload, true from raw_youtube.competitor_videos
    union all
    select payload #>> '{item,id}', partition_on, payload -> 'item', true from raw_youtube.charts
"""

_CONTENTS = f"""
    with landed as ({_VIDEOS}),

    videos as (
        select distinct on (video_id)
            video_id, payload #>> '{{snippet,title}}' as title, payload #>> '{{snippet,description}}' as description
        from landed
        where partition_on = %(day)s
        order by video_id, is_other
    )

    select 'video' as kind, videos.video_id as id, videos.title, left(coalesce(made.script, videos.description, ''), %(length)s)
    from videos
    left join ops.videos as made on videos.video_id = made.youtube_video_id
    where videos.title is not null
    union all
    select 'draft', slot_id, title, left(coalesce(script, description, ''), %(length)s)
    from ops.videos
    where youtube_video_id is null and title is not null
    order by kind, id
"""  # noqa: S608 - made of constants


@dataclass(frozen=True)
class Embedded:
    """What a day's embedding did: contents that were looked at, and those of them that were new or changed."""

    day: date
    encoder: str
    contents_count: int
    encoded_count: int


@dataclass(frozen=True)
class Similar:
    """A content and how near it is: cosine, 1 for the same direction."""

    content_kind: str
    content_id: str
    title: str
    channel_title: str
    similarity: float


@dataclass(frozen=True)
class Example:
    """A video of someone else; its views are None where its channel hides them."""

    video_id: str
    title: str
    channel_title: str
    views: int | None


@dataclass(frozen=True)
class Gap:
    """Things that others make videos about and the channel does not.

    Attributes:
        videos_count, views: of the cluster; views are of the videos that show them, None where none does.
        nearest_title, similarity: the channel's own video that comes nearest to the cluster's centre, and its cosine.
        examples: the cluster's most viewed videos.
    """

    videos_count: int
    views: int | None
    nearest_title: str
    similarity: float
    examples: tuple[Example, ...]


def embed_contents(engine: Engine, encoder: Encoder, day: date, now: datetime) -> Embedded:
    """Keep the vectors of the videos that landed on a day, and of the drafts; those whose text is known are not made again.

    Raises what the encoder raises; vectors made until then are kept."""
    at = now if now.astimezone(UTC).date() == day else datetime.combine(day, time(12), UTC)
    with engine.connect() as connection:
        raw = _raw(connection)
        rows = raw.execute(_CONTENTS, {"day": day, "length": SCRIPT_CHARACTERS}).fetchall()
        texts = {(kind, content_id): f"{title}\n{body}".strip() for kind, content_id, title, body in rows}
        known = raw.execute(
            "select content_kind, content_id, content_digest from ops.content_embeddings where encoder = %s", (encoder.name,)
        )
        digests = {(kind, content_id): digest for kind, content_id, digest in known}
    fresh = [(key, text, digest) for key, text in texts.items() if (digest := digest_value(text)) != digests.get(key)]
    for begin in range(0, len(fresh), BATCH):
        batch = fresh[begin : begin + BATCH]
        vectors = encoder.encode([text for _, text, _ in batch])
        with engine.begin() as connection, _raw(connection).cursor() as cursor:
            cursor.executemany(
                """
                insert into ops.content_embeddings (content_kind, content_id, encoder, content_digest, embedding, embedded_at)
                values (%s, %s, %s, %s, %s, %s)
                on conflict (content_kind, content_id, encoder) do update
                set content_digest = excluded.content_digest, embedding = excluded.embedding, embedded_at = excluded.embedded_at
                """,
                [
                    (*key, encoder.name, digest, to_text(vector), at)
                    for (key, _, digest), vector in zip(batch, vectors, strict=True)
                ],
            )
    return Embedded(day, encoder.name, len(texts), len(fresh))


def find_similar(engine: Engine, encoder: Encoder, content: str, limit: int = 10) -> tuple[Similar, ...]:
    """The contents nearest to a text, or to a content given by its id (which is left out itself), nearest first.

    Raises NotReady where nothing is embedded by this encoder."""
    with engine.begin() as connection:
        raw = _raw(connection)
        held = raw.execute(
            "select embedding::text from ops.content_embeddings where content_id = %s and encoder = %s", (content, encoder.name)
        ).fetchone()
        vector = from_text(held[0]) if held else encoder.encode([content])[0]
        # Other encoders' rows share the index: the scan goes on until enough of this one's are found.
        raw.execute("set local hnsw.iterative_scan = strict_order")
        rows = raw.execute(
            """
            select content_kind, content_id, embedded_at, 1 - (embedding <=> %(vector)s::vector) as similarity
            from ops.content_embeddings
            where encoder = %(encoder)s and content_id <> %(content)s
            order by embedding <=> %(vector)s::vector
            limit %(limit)s
            """,
            {"vector": to_text(vector), "encoder": encoder.name, "content": content, "limit": limit},
        ).fetchall()
        if not rows and not held:
            raise NotReady(f"Nothing is embedded by {encoder.name}.", "Materialise embeddings/content first.")
        found = [
            Similar(kind, content_id, *_titles(raw, kind, content_id, at.astimezone(UTC).date()), round(float(similarity), 4))
            for kind, content_id, at, similarity in rows
        ]
    return tuple(sorted(found, key=lambda one: (-one.similarity, one.content_kind, one.content_id)))


def content_gaps(
    engine: Engine, channel_id: str, *, encoder: str, day: date, clusters: int = 20, threshold: float = 0.8
) -> tuple[Gap, ...]:
    """What others make and a channel does not, most viewed first.

    Others' videos (of watched channels, and of the last month's charts in the channel's category) are put into clusters (k-means,
    seeded); a cluster is a gap when no video of the channel has a cosine of `threshold` with its centre.

    Args:
        encoder: whose vectors are compared.
        day: nothing that landed later is looked at.

    Raises UnknownName for a channel that is not connected, NotReady where others' videos are not embedded."""
    with engine.connect() as connection:
        raw = _raw(connection)
        if raw.execute("select from ops.channels where channel_id = %s", (channel_id,)).fetchone() is None:
            raise UnknownName(f"No connected channel has the id {channel_id!r}.", "See the connected ones with: ytempire status.")
        parameters = {"channel": channel_id, "encoder": encoder, "day": day, "days": GAP_DAYS}
        others = raw.execute(_OTHERS, parameters).fetchall()
        own = raw.execute(_OWN, parameters).fetchall()
    if not others:
        raise NotReady(f"No videos of others are embedded by {encoder} up to {day}.", "Materialise embeddings/content first.")
    return tuple(_gaps(others, own, clusters, threshold))


def active_channels(engine: Engine) -> dict[str, str]:
    """Ids and handles of the connected channels that are active, by handle."""
    with engine.connect() as connection:
        rows = _raw(connection).execute(
            "select channel_id, handle from ops.channels where is_active and disconnected_at is null order by handle"
        )
        return dict(rows.fetchall())


def newest_day(engine: Engine) -> date | None:
    """The newest day whose charts have landed; None before the first."""
    with engine.connect() as connection:
        row = _raw(connection).execute("select max(partition_on) from raw_youtube.charts").fetchone()
    return row[0] if row else None


_OTHERS = """
    with others as (
        select row_key as video_id, partition_on, fetched_at, payload
        from raw_youtube.competitor_videos
        where partition_on between %(day)s - %(days)s and %(day)s
        union all
        select payload #>> '{item,id}', partition_on, fetched_at, payload -> 'item'
        from raw_youtube.charts
        where partition_on between %(day)s - %(days)s and %(day)s
            and payload #>> '{item,snippet,categoryId}'
            = (select category_id::text from ops.channels where channel_id = %(channel)s)
    ),

    newest as (
        select distinct on (video_id) video_id, payload
        from others
        order by video_id, fetched_at desc, partition_on desc
    )

    select
        newest.video_id,
        newest.payload #>> '{snippet,title}',
        coalesce(newest.payload #>> '{snippet,channelTitle}', ''),
        (newest.payload #>> '{statistics,viewCount}')::bigint,
        embeddings.embedding::text
    from newest
    inner join ops.content_embeddings as embeddings on newest.video_id = embeddings.content_id
    where embeddings.content_kind = 'video' and embeddings.encoder = %(encoder)s
        and newest.payload #>> '{snippet,channelId}' not in (select channel_id from ops.channels)
    order by newest.video_id
"""

_OWN = """
    with own as (
        select distinct on (row_key) row_key as video_id, payload #>> '{snippet,title}' as title
        from raw_youtube.videos
        where partition_on between %(day)s - %(days)s and %(day)s and payload #>> '{snippet,channelId}' = %(channel)s
        order by row_key, fetched_at desc, partition_on desc
    )

    select own.title, embeddings.embedding::text
    from own
    inner join ops.content_embeddings as embeddings on own.video_id = embeddings.content_id
    where embeddings.content_kind = 'video' and embeddings.encoder = %(encoder)s
    order by own.video_id
"""


def _gaps(others: Sequence[tuple[Any, ...]], own: Sequence[tuple[Any, ...]], clusters: int, threshold: float) -> Iterator[Gap]:
    import numpy as np
    from sklearn.cluster import KMeans

    vectors = np.stack([from_text(row[-1]) for row in others])
    count = min(clusters, len(np.unique(vectors, axis=0)))
    fitted = KMeans(n_clusters=count, n_init=4, random_state=SEED).fit(vectors)
    centres = fitted.cluster_centers_ / np.linalg.norm(fitted.cluster_centers_, axis=1, keepdims=True)
    nearness = centres @ np.stack([from_text(vector) for _, vector in own]).T if own else np.zeros((count, 1))
    titles = [title for title, _ in own] or [""]
    found = []
    for cluster in range(count):
        nearest = int(nearness[cluster].argmax())
        if nearness[cluster, nearest] >= threshold:
            continue
        members = [Example(*row[:4]) for row, label in zip(others, fitted.labels_, strict=True) if label == cluster]
        members.sort(key=lambda one: (_least_last(one.views), one.video_id))
        shown = [one.views for one in members if one.views is not None]
        views = sum(shown) if shown else None
        similarity = round(float(nearness[cluster, nearest]), 4)
        found.append(Gap(len(members), views, titles[nearest], similarity, tuple(members[:EXAMPLES])))
    yield from sorted(found, key=lambda gap: (_least_last(gap.views), gap.examples[0].video_id))


def _least_last(views: int | None) -> tuple[bool, int]:
    """Sorts by views, most first, those that are unknown at the end."""
    return (True, 0) if views is None else (False, -views)


_TITLE = f"""
    with landed as ({_VIDEOS})

    select payload #>> '{{snippet,title}}', coalesce(payload #>> '{{snippet,channelTitle}}', '')
    from landed
    where partition_on = %s and video_id = %s
    order by is_other
    limit 1
"""  # noqa: S608 - made of constants


def _titles(connection: Connection[Any], kind: str, content_id: str, day: date) -> tuple[str, str]:
    """Title and channel of a content, by the partition that it was embedded from."""
    if kind == "draft":
        row = connection.execute(
            """
            select videos.title, channels.title
            from ops.videos as videos
            inner join ops.channels as channels using (channel_id)
            where slot_id = %s
            """,
            (content_id,),
        ).fetchone()
    else:
        row = connection.execute(_TITLE, (day, content_id)).fetchone()
    return (row[0] or "", row[1]) if row else ("", "")


def _raw(connection: Any) -> Connection[Any]:
    """The driver's connection beneath SQLAlchemy's."""
    driver: Connection[Any] = connection.connection.driver_connection
    return driver
