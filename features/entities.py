"""What features are about: channels, videos and topics."""

from __future__ import annotations

from feast import Entity
from feast.value_type import ValueType

CHANNEL = Entity(
    name="channel",
    join_keys=["channel_id"],
    value_type=ValueType.STRING,
    description="A YouTube channel, one's own or one seen on the charts.",
)
VIDEO = Entity(
    name="video",
    join_keys=["video_id"],
    value_type=ValueType.STRING,
    description="A YouTube video, one's own or one seen on the charts.",
)
TOPIC = Entity(
    name="topic",
    join_keys=["topic_id"],
    value_type=ValueType.STRING,
    description="A normalised word or pair of words of chart titles.",
)

ENTITIES = (CHANNEL, VIDEO, TOPIC)
