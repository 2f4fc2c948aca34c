"""A small seeded market whose raw rows have the shapes of the real landings: 3 regions × 8 places, 2 own channels, 12 days.

A day's views of a video are split once, by `Split`; every report and query that splits them adds up to the same total."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Engine

from connectors.landing import REPORT_TYPES, RawRow, land
from connectors.youtube.report_types import MAY_BE_EMPTY, METRICS, Unit
from connectors.youtube.report_types import REPORT_TYPES as LAYOUTS
from core.clock import noon, pacific_day
from core.pictures import MEASURES

FIRST_DAY = date(2026, 6, 1)
REGIONS = ("US", "GB", "IN")
OWN_CHANNELS = {"UCown0": 20, "UCown1": 10}
WORDS = ("Minecraft", "Roblox", "Beyoncé", "Zelda", "Karaoke", "क्रिकेट", "Speedrun", "Trailer", "Official", "Remix", "GTA", "6")


def split(total: int, parts: int) -> list[int]:
    """A count in parts that add up to it, the first the largest."""
    each = total // (parts + 1)
    return [total - each * (parts - 1), *[each] * (parts - 1)]


@dataclass(frozen=True)
class Video:
    video_id: str
    channel_id: str
    title: str
    category_id: int
    published_at: datetime
    pace: float

    def resource(self, moment: datetime) -> dict[str, Any]:
        """The videos resource at a moment; views grow and slow down. Every third hides its likes, every fifth stands still, some
        hide their views, and some are live streams, which have no length yet."""
        number = int(self.video_id[-2:])
        hours = max((moment - self.published_at).total_seconds() / 3600, 0)
        if number % 5 == 0:
            hours = min(hours, 60)
        views = int(self.pace * hours / (1 + hours / 60))
        statistics = {"commentCount": str(views // 90)}
        if number % 11 != 7:
            statistics["viewCount"] = str(views)
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
            "contentDetails": {"duration": f"PT{1 + int(self.pace) % 9}M{int(self.pace) % 60}S" if number % 13 != 5 else "P0D"},
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

        self._rivals = [
            Video(f"rival{number:02d}", "UCrival", "Rival", 20, start + timedelta(hours=31 * number - 60), rng.uniform(50, 900))
            for number in range(9)
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

    def uploads(self, day: date, moment: datetime) -> list[RawRow]:
        """The whole list, every fourth day, with a video that the daily list has no more."""
        if day.toordinal() % 4:
            return []
        old = [
            Video(f"own{channel[-1]}00", channel, "From long ago", category, moment - timedelta(days=900), 3)
            for channel, category in OWN_CHANNELS.items()
        ]
        listed = [*old, *(video for video in self._own if video.published_at <= moment)]
        return [RawRow(video.video_id, video.resource(moment), "test") for video in listed]

    def thumbnails(self, day: date, moment: datetime) -> list[RawRow]:
        """A picture for each new video; every fourth video gets another one after five days."""
        before = moment - timedelta(days=1) if day > FIRST_DAY else moment - timedelta(days=99)
        rows = []
        for video in self._own:
            pictures = [(video.published_at, "0")]
            if int(video.video_id[-2:]) % 4 == 0:
                pictures.append((video.published_at + timedelta(days=5), "1"))
            if shown := [version for since, version in pictures if before < since <= moment]:
                address = f"https://i.ytimg.com/vi/{video.video_id}/mqdefault.jpg?v={shown[-1]}"
                measures = dict.fromkeys(MEASURES, round(self._rng("picture", video.video_id).uniform(0.1, 0.4), 3))
                payload = {"video_id": video.video_id, "url": address, "sha256": shown[-1] * 64, "width": 320, "height": 180}
                rows.append(RawRow(video.video_id, payload | measures, "test"))
        return rows

    def _own_days(self, day: date, lags: range) -> list[tuple[date, Video, random.Random]]:
        return [
            (on, video, self._rng(day, on, video.video_id))
            for on in (day - timedelta(days=lag) for lag in lags)
            for video in self._own
            if video.published_at.astimezone(ZoneInfo("America/Los_Angeles")).date() <= on
        ]

    def analytics_daily(self, day: date, _moment: datetime) -> list[RawRow]:
        """The last days; of the first landing some more, so that first weeks are known."""
        return [
            RawRow(
                f"{on}:{video.video_id}",
                {"channel_id": video.channel_id, "day": str(on), "video": video.video_id, "averageViewDuration": 90.0}
                | {
                    "views": (views := self._views(on, video)),
                    "engagedViews": views // 2,
                    "estimatedMinutesWatched": views * 3 // 2,
                }
                | {"averageViewPercentage": round(rng.uniform(25, 70), 2), "likes": views // 9, "comments": views // 30}
                | {"shares": 0, "subscribersGained": 1, "subscribersLost": 0},
                "test",
            )
            for on, video, rng in self._own_days(day, range(2, 6 if day > FIRST_DAY else 14))
        ]

    def analytics_revenue(self, day: date, _moment: datetime) -> list[RawRow]:
        return [
            RawRow(
                f"{on}:{video.video_id}",
                {
                    "channel_id": video.channel_id,
                    "day": str(on),
                    "video": video.video_id,
                    "estimatedRevenue": round(cents / 100, 3),
                }
                | {"estimatedAdRevenue": round(cents / 125, 3), "estimatedRedPartnerRevenue": round(cents / 1000, 3)}
                | {"grossRevenue": round(cents / 60, 3), "monetizedPlaybacks": int(cents), "playbackBasedCpm": 4.5}
                | {"adImpressions": int(cents * 1.4), "cpm": 3.2},
                "test",
            )
            for on, video, rng in self._own_days(day, range(3, 6))
            if video.channel_id == "UCown0"
            for cents in (rng.uniform(0, 30),)
        ]

    def _views(self, on: date, video: Video) -> int:
        """Views of a day; below zero where YouTube takes back more than came."""
        return self._rng("views", on, video.video_id).randrange(-3, 60)

    def _channel_days(self, day: date, lags: range) -> list[tuple[date, str, int]]:
        """Pacific days and channels with the views of all their videos."""
        views: dict[tuple[date, str], int] = {}
        for on, video, _ in self._own_days(day, lags):
            views[on, video.channel_id] = views.get((on, video.channel_id), 0) + self._views(on, video)
        return [(on, channel, total) for (on, channel), total in views.items()]

    def analytics_channel_daily(self, day: date, _moment: datetime) -> list[RawRow]:
        """The channel as a whole: some views more than those of its videos that are listed."""
        return [
            RawRow(
                f"{on}:{channel}",
                {"channel_id": channel, "day": str(on), "views": total + 20, "engagedViews": total}
                | {"estimatedMinutesWatched": total * 2}
                | {"averageViewDuration": 80.0, "averageViewPercentage": 41.5, "likes": 9, "comments": 2, "shares": 1}
                | {"subscribersGained": 50, "subscribersLost": self._rng("lost", day, on, channel).randrange(9)},
                "test",
            )
            for on, channel, total in self._channel_days(day, range(2, 6))
        ]

    def analytics_channel_revenue(self, day: date, _moment: datetime) -> list[RawRow]:
        return [
            RawRow(
                f"{on}:{channel}",
                {"channel_id": channel, "day": str(on), "estimatedRevenue": round(cents / 100, 3), "grossRevenue": 9.0}
                | {"estimatedAdRevenue": round(cents / 125, 3), "estimatedRedPartnerRevenue": round(cents / 1000, 3)}
                | {"monetizedPlaybacks": int(cents), "playbackBasedCpm": 4.5, "adImpressions": int(cents * 1.4), "cpm": 3.2},
                "test",
            )
            for on, channel, _ in self._channel_days(day, range(3, 6))
            if channel == "UCown0"
            for cents in (self._rng("channel revenue", day, on).uniform(900, 1200),)
        ]

    def _split_query(self, day: date, dimensions: tuple[str, ...], values: list[tuple[str, ...]]) -> list[RawRow]:
        """Channel days split over the values of dimensions."""
        return [
            RawRow(
                ":".join((str(on), channel, *value)),
                {"channel_id": channel, "day": str(on), **dict(zip(dimensions, value, strict=True))}
                | {"views": views, "estimatedMinutesWatched": views * 2},
                "test",
            )
            for on, channel, total in self._channel_days(day, range(2, 6))
            for value, views in zip(values, split(total, len(values)), strict=True)
        ]

    def analytics_traffic(self, day: date, _moment: datetime) -> list[RawRow]:
        return self._split_query(day, ("insightTrafficSourceType",), [("YT_SEARCH",), ("SUBSCRIBER",), ("A_NEW_SOURCE",)])

    def analytics_countries(self, day: date, _moment: datetime) -> list[RawRow]:
        return self._split_query(day, ("country",), [("US",), ("IN",)])

    def analytics_devices(self, day: date, _moment: datetime) -> list[RawRow]:
        return self._split_query(
            day, ("deviceType", "operatingSystem"), [("MOBILE", "ANDROID"), ("MOBILE", "IOS"), ("TV", "OTHER")]
        )

    def analytics_playback_locations(self, day: date, _moment: datetime) -> list[RawRow]:
        return self._split_query(day, ("insightPlaybackLocationType",), [("WATCH",), ("EMBEDDED",)])

    def _windows(self, day: date) -> list[tuple[str, dict[str, str]]]:
        window = {"start": str(day - timedelta(days=30)), "end": str(day - timedelta(days=2))}
        return [(channel, {"channel_id": channel, **window}) for channel in OWN_CHANNELS]

    def analytics_demographics(self, day: date, _moment: datetime) -> list[RawRow]:
        groups = [("age18-24", "female"), ("age18-24", "male"), ("age65-", "genderUserSpecified")]
        return [
            RawRow(
                f"{channel}:{window['start']}:{window['end']}:{age}:{gender}",
                {**window, "ageGroup": age, "gender": gender, "viewerPercentage": share},
                "test",
            )
            for channel, window in self._windows(day)
            for (age, gender), share in zip(groups, (50.5, 40.0, self._rng("age", day, channel).uniform(5, 9)), strict=True)
        ]

    def analytics_search_terms(self, day: date, _moment: datetime) -> list[RawRow]:
        return [
            RawRow(
                f"{channel}:{window['start']}:{window['end']}:{word.lower()}",
                {**window, "insightTrafficSourceDetail": word.lower(), "views": 9 * place, "estimatedMinutesWatched": 20},
                "test",
            )
            for channel, window in self._windows(day)
            for place, word in enumerate(self._rng("terms", day, channel).sample(WORDS, 3))
        ]

    def analytics_retention(self, day: date, _moment: datetime) -> list[RawRow]:
        """A few videos a day at the last age at which a curve is taken, with ten points instead of a hundred."""
        rng = self._rng("retention", day)
        rows = []
        for video in rng.sample(self._own[:20], 6):
            first = pacific_day(video.published_at)
            age = max(age for age in (3, 7, 28) if first + timedelta(days=age) <= day - timedelta(days=2))
            span = {"start": str(first), "end": str(first + timedelta(days=age))}
            curve = [[place / 10, round(1 - place / rng.uniform(11, 20), 4), 0.5] for place in range(1, 11)]
            payload = {"channel_id": video.channel_id, "video": video.video_id, **span, "curve": curve}
            rows.append(RawRow(video.video_id, payload, "test"))
        return rows

    def snapshots(self, day: date, moment: datetime) -> list[RawRow]:
        return [
            RawRow(
                f"{video.video_id}@{read_at:%Y-%m-%dT%H:%MZ}",
                {"video_id": video.video_id, "read_at": f"{read_at:%Y-%m-%dT%H:%MZ}"}
                | {"viewCount": str(int(self._rng("snapshot", video.video_id).uniform(5, 60) * hours)), "likeCount": "3"},
                "test",
            )
            for video in self._own
            for read_at in (datetime.combine(day, time(hour), UTC) for hour in (1, 7, 11, 19))
            for hours in ((read_at - video.published_at).total_seconds() / 3600,)
            if 0 <= hours < 8 * 24 and read_at <= moment
        ]

    def playlists(self, _day: date, _moment: datetime) -> list[RawRow]:
        return [
            RawRow(
                f"PL{channel}",
                {"id": f"PL{channel}", "snippet": {"channelId": channel, "title": "All", "publishedAt": "2024-01-01T00:00:00Z"}}
                | {"contentDetails": {"itemCount": 3}, "status": {"privacyStatus": "public"}},
                "test",
            )
            for channel in OWN_CHANNELS
        ]

    def playlist_items(self, _day: date, _moment: datetime) -> list[RawRow]:
        return [
            RawRow(
                f"PL{video.channel_id}:{video.video_id}",
                {
                    "snippet": {
                        "channelId": video.channel_id,
                        "playlistId": f"PL{video.channel_id}",
                        "position": 0,
                        "title": video.title,
                    }
                }
                | {"contentDetails": {"videoId": video.video_id}},
                "test",
            )
            for video in self._own[::20]
        ]

    def comments(self, day: date, moment: datetime) -> list[RawRow]:
        """New comments of the day, and one of the day before that has changed."""
        rows = []
        for number in range(day.toordinal() * 4 - 4, day.toordinal() * 4 + 4, 2):
            video = self._rng("comment", number).choice(self._own[:20])
            written = datetime.combine(date.fromordinal(number // 4), time(9), UTC)
            snippet = {"videoId": video.video_id, "channelId": video.channel_id, "textDisplay": f"Nice {number}"}
            snippet |= {"likeCount": self._rng("likes", day, number).randrange(9), "publishedAt": written.isoformat()}
            rows.append(
                RawRow(
                    f"comment{number}", {"id": f"comment{number}", "snippet": snippet | {"updatedAt": moment.isoformat()}}, "test"
                )
            )
        return rows

    def captions(self, _day: date, _moment: datetime) -> list[RawRow]:
        snippet = {"videoId": "own001", "language": "en", "name": "", "trackKind": "asr", "status": "serving", "isDraft": False}
        return [RawRow("caption1", {"id": "caption1", "snippet": snippet | {"lastUpdated": "2026-05-01T00:00:00Z"}}, "test")]

    def competitor_channels(self, _day: date, _moment: datetime) -> list[RawRow]:
        statistics = {"subscriberCount": "5000", "viewCount": "9000", "videoCount": "7"}
        return [RawRow("UCrival", {"id": "UCrival", "snippet": {"title": "Rival"}, "statistics": statistics}, "test")]

    def competitor_videos(self, _day: date, moment: datetime) -> list[RawRow]:
        return [RawRow(video.video_id, video.resource(moment), "test") for video in self._rivals if video.published_at <= moment]

    def report(self, report_type: str, day: date, moment: datetime) -> list[RawRow]:
        """Two Pacific days of every channel, made anew for every landing, at times that are not in the order of the landings.

        A day's views are those of the Analytics API."""
        layout = LAYOUTS[report_type]
        rows = []
        for on, video, rng in self._own_days(day, range(3, 5)):
            made_at = datetime.combine(on, time(9), UTC) + timedelta(
                days=self._rng("made", report_type, on, moment).randrange(1, 4)
            )
            origin = {
                "report_created_at": made_at.isoformat(),
                "report_id": f"{report_type}:{on}:{video.channel_id}:{made_at:%d}",
            }
            kinds = 2 if len(layout.dimensions) > 3 else 1
            for kind, views in enumerate(split(self._views(on, video), kinds)):
                line = {
                    "date": f"{on:%Y%m%d}",
                    "channel_id": video.channel_id,
                    "video_id": video.video_id,
                    "playlist_id": f"PL{video.channel_id}",
                }
                line |= {
                    "live_or_on_demand": "onDemand",
                    "subscribed_status": ("subscribed", "unsubscribed")[kind],
                    "country_code": "US",
                }
                values = line | {name: self._value(name, kind) for name in layout.dimensions if name not in line}
                metrics = {name: self._metric(name, views, rng) for name in layout.metrics}
                for whole in self._segments(values, metrics, rng) if "views_percentage" in metrics else [values | metrics]:
                    payload = {name: whole[name] for name in (*layout.dimensions, *metrics)} | origin | {"a_new_column": "1"}
                    rows.append(RawRow(":".join(whole[name] for name in layout.dimensions), payload, "test"))
        return rows

    def _segments(self, values: dict[str, str], metrics: dict[str, str], rng: random.Random) -> list[dict[str, str]]:
        """The line of an audience split in two by age and gender; the shares add up to a hundred."""
        share = round(rng.uniform(20, 80), 2)
        return [
            values
            | {name: self._value(name, segment) for name in ("age_group", "gender")}
            | metrics
            | {"views_percentage": f"{part:.2f}"}
            for segment, part in enumerate((share, 100 - share))
        ]

    @staticmethod
    def _value(dimension: str, kind: int) -> str:
        codes = {"traffic_source_type": ("5", "99"), "device_type": ("104", "102"), "operating_system": ("4", "19")}
        codes |= {
            "playback_location_type": ("0", "1"),
            "age_group": ("AGE_18_24", "AGE_65_"),
            "gender": ("FEMALE", "GENDER_OTHER"),
        }
        codes |= {"province_code": ("US-CA", "US-TX"), "card_type": ("62", "63"), "annotation_type": ("1", "3")}
        codes |= {"end_screen_element_type": ("501", "505"), "sharing_service": ("49", "0"), "subtitle_language": ("en", "")}
        return codes.get(dimension, ("", "") if dimension in MAY_BE_EMPTY else ("a", "b"))[kind]

    @staticmethod
    def _metric(name: str, views: int, rng: random.Random) -> str:
        if name == "views":
            return str(views)
        if METRICS[name] is Unit.COUNT:
            return str(rng.randrange(40, 900) if name == "video_thumbnail_impressions" else views // 3)
        if METRICS[name] is Unit.FRACTION:
            return f"{rng.uniform(0.01, 0.12):.4f}"
        return f"{rng.uniform(20, 50):.2f}"

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

    def trends(self, day: date, moment: datetime) -> list[RawRow]:
        return [
            RawRow(
                f"US:daily:{word.lower()}",
                {"title": word, "approx_traffic": "2K+", "searches": 2000, "started_at": moment.isoformat(), "geo": "US"}
                | {"cadence": "daily", "rank": rank, "news": []},
                "test",
            )
            for rank, word in enumerate(self._rng("searches", day).sample(WORDS, 4), 1)
        ]

    def posts(self, day: date, moment: datetime) -> list[RawRow]:
        return [
            RawRow(
                f"gaming:{day.day}{rank}",
                {"id": f"{day.day}{rank}", "subreddit": "gaming", "title": f"{word} again", "score": 500 - rank, "rank": rank}
                | {"created_utc": int(moment.timestamp()) - 900, "num_comments": 4, "upvote_ratio": 0.9, "over_18": False},
                "test",
            )
            for rank, word in enumerate(self._rng("posts", day).sample(WORDS, 4), 1)
        ]

    def entries(self, day: date, moment: datetime) -> list[RawRow]:
        payload = {"feed": "news", "entry_id": str(day), "title": f"News of {day}", "link": "https://example.org/", "summary": ""}
        return [RawRow(f"news:{day}", payload | {"published_at": moment.isoformat(), "rank": 1}, "test")]

    def article_views(self, day: date, _moment: datetime) -> list[RawRow]:
        on = day - timedelta(days=1)
        payload = {"project": "en.wikipedia", "article": "Minecraft", "views": 900 + day.day, "day": str(on)}
        return [RawRow(f"en.wikipedia:Minecraft:{on}", payload, "test")]

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
        name = table.split(".")[1]
        rows = self.report(name, day, moment) if name in REPORT_TYPES else getattr(self, name)(day, moment)
        land(engine, table, day, [row for row in rows if keep(row)], moment)
