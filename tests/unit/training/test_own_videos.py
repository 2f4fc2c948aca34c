"""Studio exports as tasks read them: whatever their headings, notations and gaps."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pytest

from core.errors import NotReady
from training.sources import OWN_VIDEOS, ArchiveFolder

SPANISH_KITCHEN = """\
Content,Video title,Video pub\u00adlish time,Dur\u00adation,Views,Impressions,Im\u00adpres\u00adsions click-through rate (%)
Total,,,,61,900,4.5
aaaaaaaaaaa,Gazpacho,"Jun 6, 2024",189,40,500,5.5
bbbbbbbbbbb,Paella,2024-06-01,0:03:09,21,400,
"""
DAYS = "Date,Views\n2024-06-01,12\n"
COURSE = """\
Video,Video title,Video publish time,Likes,Average percentage viewed (%),Average view duration,Views
ccccccccccc,Told,"May 8, 2020",4,50,0:01:00,9
ddddddddddd,Reckoned,"May 9, 2020",5,25,0:01:00,9
"""
LENGTHS = """\
video_title,video_id,video_length,country_name,country_id,is_subscribed,views
Told,ccccccccccc,121,Chile,CL,True,3
Told,ccccccccccc,121,Peru,PE,False,2
"""


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()))


def test_exports_of_all_notations_come_alike(tmp_path: Path) -> None:
    put(tmp_path / "studio_exports/kitchen.csv.gz", SPANISH_KITCHEN)
    put(tmp_path / "studio_exports/kitchen_daily.csv.gz", DAYS)
    videos = ArchiveFolder(tmp_path).own_videos()
    assert dict(videos.schema) == OWN_VIDEOS
    assert videos.rows() == [
        ("kitchen", "Paella", date(2024, 6, 1), 189.0, 21, None, 400, None, None),
        ("kitchen", "Gazpacho", date(2024, 6, 6), 189.0, 40, None, 500, 5.5, None),
    ]


def test_lengths_come_from_beside_or_from_what_was_watched(tmp_path: Path) -> None:
    put(tmp_path / "channel_kenjee/Aggregated_Metrics_By_Video.csv.gz", COURSE)
    put(tmp_path / "channel_kenjee/video_stats_by_country_subscribed.csv.gz", LENGTHS)
    videos = ArchiveFolder(tmp_path).own_videos()
    assert videos["channel"].to_list() == ["kenjee", "kenjee"]
    assert videos["duration_s"].to_list() == [121.0, 240.0]


def test_a_folder_without_exports_is_not_ready(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="no Studio table"):
        ArchiveFolder(tmp_path).own_videos()
