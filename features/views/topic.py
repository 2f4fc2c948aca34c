"""Features of a topic: its spread over the charts, and the attention it gets elsewhere."""

from __future__ import annotations

from datetime import timedelta

from feast import FeatureView, Field
from feast.types import Float64, Int32, Int64

from features.entities import TOPIC
from features.sources import TOPIC_DAILY

_DAILY_TTL = timedelta(days=3)

topic_spread = FeatureView(
    name="topic_spread",
    entities=[TOPIC],
    ttl=_DAILY_TTL,
    source=TOPIC_DAILY,
    schema=[
        Field(name="channels_count", dtype=Int32),
        Field(name="new_channels_count", dtype=Int32),
        Field(name="videos_count", dtype=Int32),
        Field(name="countries_count", dtype=Int32),
        Field(name="views_gained", dtype=Int64),
        Field(name="momentum", dtype=Float64),
    ],
    description="Channels, videos, countries and views that a topic has on the charts of a day.",
    owner="team:ml",
)

topic_attention = FeatureView(
    name="topic_attention",
    entities=[TOPIC],
    ttl=_DAILY_TTL,
    source=TOPIC_DAILY,
    schema=[Field(name="hackernews_points", dtype=Int64), Field(name="wikipedia_views", dtype=Int64)],
    description="Attention a topic gets on Hacker News and Wikipedia on a day.",
    owner="team:ml",
)

VIEWS = (topic_spread, topic_attention)
