"""Films that have been public for long enough: YouTube has them, and their words, sounds and pictures can make them again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, text

from generation.artifacts import ArtifactStore
from generation.values import Artifact

FILMS_KEPT = timedelta(days=30)

_OLD = text("""
    select artifacts -> 'film' as film from ops.publications
    where video_id is not null and state in ('uploaded', 'published') and publish_at < :before
        and artifacts -> 'film' ->> 'digest' not in (
            select artifacts -> 'film' ->> 'digest' from ops.publications
            where video_id is null and artifacts ? 'film'
        )
""")


def discard_old_films(engine: Engine, store: ArtifactStore, now: datetime) -> int:
    """Delete the films of videos that were published more than FILMS_KEPT ago; returns the bytes that this freed.

    A film that a publication still waits for is kept, whatever else it was used for."""
    with engine.connect() as connection:
        films = [Artifact.model_validate(row.film) for row in connection.execute(_OLD, {"before": now - FILMS_KEPT})]
    return sum(store.discard(film) for film in films)
