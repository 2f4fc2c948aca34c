"""A small seeded market whose raw rows have the shapes of the real landings: 3 regions × 8 places, 2 own channels, 12 days."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Engine

from connectors.landing import RawRow, land
from core.clock import noon
from core.pictures import MEASURES

FIRST_DAY = date(2026, 6, 1)
REGIONS = ("US", "GB", "IN")
OWN_CHANNELS = {"UCown0": 20, "UCown1": 10}
WORDS = ("Minecraft", "Roblox", "Beyoncé", "Zelda", "Karaoke", "क्रिकेट", "Speedrun", "Trailer", "Official", "Remix", "GTA", "6")


@dataclass(frozen=True)
class Video:
    video_id: str
    channel_id: str
    title: str
    category_id: int
    published_at: datetime
    pace: float

    def resource(self, moment: datetime) -> dict[str, Any]:
        """The videos resource at a moment; views grow and slow down. Every third hides its likes, every fifth stands still."""
        number = int(self.video_id[-2:])
        hours = max((moment - self.published_at).total_seconds() / 3600, 0)
        if number % 5 == 0:
            hours = min(hours, 60)
        views = int(self.pace * hours / (1 + hours / 60))
        statistics = {"viewCount": str(views), "commentCount": str(views // 90)}
        if number % 3:
            statistics["likeCount"] = str(views // 20)
        return {
            "id": self.video_id,
            "snippet": {
                "channelId": self.channel_id,
                "channelTitle": f"Channel {self.channel_id}",
                "title": self.title,
                "categoryId": str(self.category_id),
                "publishedAt": self.published_at.isoformat().replace("+00:00", "Z"),
            },
            "contentDetails": {"duration": f"PT{1 + int(self.pace) % 9}M{int(self.pace) % 60}S"},
            "statistics": statistics,
        }


class Market:
    """The rows that each source gives for a day when it is fetched at a moment."""

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        rng = random.Random(seed)
        start = datetime.combine(FIRST_DAY, time(), UTC)
        self._charting = [
            Video(
                f"vid{number:02d}",
                f"UC{number % 13:02d}",
                " ".join(rng.sample(WORDS, 4)),
                rng.choice([10, 20]),
                start + timedelta(hours=rng.randrange(-120, 240)),
                rng.uniform(500, 9000),
            )
            for number in range(40)
        ]
        self._own = [
            Video(
                f"own{channel[-1]}{day + 30:02d}",
                channel,
                f"Why {rng.choice(WORDS)} rises",
                category,
                start + timedelta(days=day, hours=18),
                40 + day,
            )
            for channel, category in OWN_CHANNELS.items()
            for day in range(-30, 12)
        ]

    def _rng(self, *key: object) -> random.Random:
        return random.Random(repr((self._seed, *key)))

    def charts(self, day: date, moment: datetime) -> list[RawRow]:
        alive = [video for video in self._charting if timedelta() < moment - video.published_at < timedelta(days=9)]
        rows = []
        for region in REGIONS:
            picked = self._rng("chart", day, region).sample(alive, min(8, len(alive)))
            for rank, video in enumerate(picked, 1):
                payload = {"region": region, "chart_category": "0", "rank": rank, "item": video.resource(moment)}
                rows.append(RawRow(f"{region}:0:{rank:03d}", payload, "test"))
        return rows

    def video_statistics(self, day: date, moment: datetime) -> list[RawRow]:
        def charting(on: date) -> set[str]:
            return {row.payload["item"]["id"] for row in self.charts(on, noon(on))}

        wanted = set().union(*(charting(day - timedelta(days=back)) for back in (1, 2, 3))) - charting(day)
        return [RawRow(video.video_id, video.resource(moment), "test") for video in self._charting if video.video_id in wanted]

    def channels(self, day: date, _moment: datetime) -> list[RawRow]:
        return [
            RawRow(
                channel,
                {
                    "id": channel,
                    "snippet": {
                        "title": f"Channel {channel}",
                        "customUrl": f"@{channel.lower()}",
                        "publishedAt": "2020-01-01T00:00:00Z",
                    },
                    "statistics": {"subscriberCount": str(1000 + day.day), "viewCount": "90000", "videoCount": "99"},
                },
                "test",
            )
            for channel in OWN_CHANNELS
        ]

    def videos(self, _day: date, moment: datetime) -> list[RawRow]:
        return [RawRow(video.video_id, video.resource(moment), "test") for video in self._own if video.published_at <= moment]

    def thumbnails(self, day: date, moment: datetime) -> list[RawRow]:
        before = moment - timedelta(days=1) if day > FIRST_DAY else moment - timedelta(days=99)
        return [
            RawRow(
                video.video_id,
                {"video_id": video.video_id, "url": f"https://i.ytimg.com/vi/{video.video_id}/mqdefault.jpg"}
                | {"sha256": "0" * 64, "width": 320, "height": 180}
                | dict.fromkeys(MEASURES, round(self._rng("picture", video.video_id).uniform(0.1, 0.4), 3)),
                "test",
            )
            for video in self._own
            if before < video.published_at <= moment
        ]

    def _own_days(self, day: date, lags: range) -> list[tuple[date, Video, random.Random]]:
        return [
            (on, video, self._rng(day, on, video.video_id))
            for on in (day - timedelta(days=lag) for lag in lags)
            for video in self._own
            if video.published_at.astimezone(ZoneInfo("America/Los_Angeles")).date() <= on
        ]

    def analytics_daily(self, day: date, _moment: datetime) -> list[RawRow]:
        return [
            RawRow(
                f"{on}:{video.video_id}",
                {"channel_id": video.channel_id, "day": str(on), "video": video.video_id, "averageViewDuration": 90}
                | {"views": (views := rng.randrange(0, 60)), "engagedViews": views // 2, "estimatedMinutesWatched": views * 1.5}
                | {"averageViewPercentage": round(rng.uniform(25, 70), 2), "likes": views // 9, "comments": views // 30}
                | {"shares": 0, "subscribersGained": 1, "subscribersLost": 0},
                "test",
            )
            for on, video, rng in self._own_days(day, range(2, 6))
        ]

    def reach_daily(self, day: date, moment: datetime) -> list[RawRow]:
        return [
            RawRow(
                f"{on}:{video.video_id}",
                {"date": f"{on:%Y%m%d}", "channel_id": video.channel_id, "video_id": video.video_id}
                | {"video_thumbnail_impressions": str(rng.randrange(40, 900)), "report_created_at": moment.isoformat()}
                | {"video_thumbnail_impressions_ctr": f"{rng.uniform(0.01, 0.12):.4f}"},
                "test",
            )
            for on, video, rng in self._own_days(day, range(3, 5))
        ]

    def stories(self, day: date, moment: datetime) -> list[RawRow]:
        rng = self._rng("stories", day)
        return [
            RawRow(
                str(day.day * 100 + rank),
                {"id": day.day * 100 + rank, "title": f"Show HN: {rng.choice(WORDS)} in Rust", "score": rng.randrange(500)}
                | {"descendants": 3, "time": int(moment.timestamp()) - 9000, "rank": rank},
                "test",
            )
            for rank in range(1, 6)
        ]

    def pageviews(self, day: date, _moment: datetime) -> list[RawRow]:
        return [
            RawRow(
                f"en.wikipedia:{word}_(topic)",
                {"project": "en.wikipedia", "article": f"{word}_(topic)", "rank": rank, "views": 9000 - rank}
                | {"day": str(day - timedelta(days=1))},
                "test",
            )
            for rank, word in enumerate(self._rng("pages", day).sample(WORDS, 6), 1)
        ]

    def land(
        self,
        engine: Engine,
        table: str,
        day: date,
        fetched_at: datetime | None = None,
        keep: Callable[[RawRow], bool] = lambda _: True,
    ) -> None:
        """Land one partition as of `fetched_at` (default noon of the day), with the rows that `keep` lets through."""
        moment = fetched_at or noon(day)
        rows = getattr(self, table.split(".")[1])(day, moment)
        land(engine, table, day, [row for row in rows if keep(row)], moment)
