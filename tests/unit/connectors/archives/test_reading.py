"""Whole files, read and not landed: what each format makes of what exporters really write."""

from __future__ import annotations

import gzip
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.archives import importing
from connectors.archives.formats import FORMATS, Kind
from connectors.archives.headings import fold
from connectors.landing import TABLES
from core.errors import Damaged, InvalidInput, UnknownName
from tests.unit.connectors.archives.conftest import NOW, Read

ID = "4OZip0cgOho"
STUDIO = "Content,Video title,Video publish time,"


def test_a_studio_export_keeps_every_column(read: Read) -> None:
    content = (
        "\ufeffVideo,Video title,Video pub\u00adlish time,Views,Watch time (hours),Sub\u00adscribers,"
        "Your es\u00adtim\u00adated rev\u00aden\u00adue (USD),Av\u00ader\u00adage view dur\u00ada\u00adtion,"
        "Im\u00adpres\u00adsions click-through rate (%),Sparkles per nap,Moons (%)\n"
        f'{ID},"A, ""title""","May 8, 2020",1253559,65850.7042,-3,7959.533,0:03:09,3.14,some,7\n'
    )
    reading = read(content)
    assert (reading.report.format, reading.report.table) == ("studio_videos", "raw_archive.studio_videos")
    assert reading.row == {
        "video_id": ID,
        "title": 'A, "title"',
        "published_on": "2020-05-08",
        "views": 1253559,
        "watch_time_hours": 65850.7042,
        "subscribers": -3,
        "estimated_revenue_usd_micros": 7_959_533_000,
        "average_view_duration_seconds": 189,
        "impressions_click_through_rate_pct": 3.14,
        "other": {"Sparkles per nap": "some", "Moons (%)": "7"},
    }
    assert reading.keys == {2: ID}


def test_a_localised_export_is_read_by_its_own_marks(read: Read) -> None:
    content = (
        STUDIO.replace(",", ";")
        + "Views;Watch time (hours);Average percentage viewed (%)\n"
        + f"{ID};x;8.5.2020;1.253;65,5;4,5 %\n"
    )
    row = read(content).row
    assert (row["views"], row["watch_time_hours"], row["average_percentage_viewed_pct"]) == (1253, 65.5, 4.5)
    assert row["published_on"] == "2020-05-08"


def test_two_columns_that_mean_the_same_are_both_kept(read: Read) -> None:
    row = read(f"{STUDIO}Views,Likes,likes,likes\n{ID},x,,1,2,3,4\n").row
    assert (row["likes"], row["other"]) == (2, {"likes": "3", "likes (7)": "4"})


def test_the_total_row_is_a_check_and_no_video(read: Read) -> None:
    header = f"{STUDIO}Views,Likes,Unique viewers,Watch time (hours)\nTotal,,,100,7,3,1.5\n"
    content = f"{header}{ID},x,,60,7,3,0.5\n{ID[::-1]},y,,30,,3,1.0001\n"
    report = read(content).report
    assert (report.read, report.landed, report.totals) == (3, 2, 1)
    assert report.notes == [
        "the total row says 100 views, its rows add up to 90",
        "its rows add up to what the total row says of 2 columns",
    ]


def test_a_capped_export_says_so(read: Read) -> None:
    rows = "".join(f"{number:011d},x,,1\n" for number in range(500))
    assert "at most 500" in read(f"{STUDIO}Views\nTotal,,,9000\n{rows}").report.notes[-1]
    assert "at most 500" not in "".join(read(f"{STUDIO}Views\n{rows[:-20]}").report.notes)


def test_the_archive_that_studio_gives(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.connectors.archives.conftest import Reading

    with zipfile.ZipFile(tmp_path / "Content 2026.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Table data.csv", f'{STUDIO}Views\nTotal,,,5\n{ID},x,"May 8, 2020",5\n')
        archive.writestr("Chart data.csv", f'Date,{STUDIO}Views\n2026-06-01,{ID},x,"May 8, 2020",5\n')
        archive.writestr("Totals.csv", "Date,Views\n2026-06-01,5\n")
        archive.writestr("Geography.csv", "Date,Geography,Views\n2026-06-01,DE,5\n")
    readings = [
        Reading(source, Kind.STUDIO_EXPORT, importing.Options(), monkeypatch)  # type: ignore[arg-type]
        for source in importing_sources(tmp_path)
    ]
    assert {Path(one.report.name).name: (one.report.format, one.report.landed) for one in readings} == {
        "Table data.csv": ("studio_videos", 1),
        "Chart data.csv": ("studio_daily_videos", 1),
        "Totals.csv": ("studio_daily", 1),
        "Geography.csv": ("studio_daily_breakdown", 1),
    }
    assert [key for one in readings for key in one.keys.values()] == [f"2026-06-01:{ID}", "2026-06-01:DE", ID, "2026-06-01"]


def importing_sources(path: Path) -> list[object]:
    from connectors.archives.files import find

    return list(find([path]))


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (["9/19/24", "9/8/24"], ["2024-09-19", "2024-09-08"]),
        (["9/8/24", "19/9/24"], ["2024-08-09", "2024-09-19"]),
    ],
)
def test_all_dates_of_a_file_are_read_in_one_way(read: Read, dates: list[str], days: list[str]) -> None:
    reading = read("Date,Views\n" + "".join(f"{day},1\n" for day in dates))
    assert [row["on_date"] for row in reading.rows.values()] == days


def test_dates_of_both_ways_in_one_file_are_not_guessed(read: Read) -> None:
    reading = read("Date,Views\n19/9/24,1\n9/19/24,2\n")
    assert reading.report.landed == 1
    assert reading.reasons == {"line 3": "Date: no such day"}


DIRTY = "video_id,title,channel_title,category_id,tags,views,likes,dislikes,comment_total,thumbnail_link,date\n"


def dirty(video_id: str, day: str) -> str:
    return f"{video_id},t,c,1,[none],1,1,1,1,https://i.ytimg.com/vi/{ID}/default.jpg,{day}\n"


def test_a_chart_without_years(read: Read) -> None:
    content = DIRTY + dirty(ID, "13.09") + dirty("#NAME?", "1.1") + dirty(ID, "100") + dirty(ID, "26.0903jeum") + "x,y\n"
    reading = read(content, "trending_2017/USvideos.csv")
    assert [(row["video_id"], row["charted_on"], row["region"]) for row in reading.rows.values()] == [
        (ID, "2017-09-13", "US"),
        (ID, "2017-10-01", "US"),
    ]
    assert reading.reasons == {
        "line 4": "date: not a day",
        "line 5": "date: not a day",
        "line 6": "2 fields where the header has 11",
    }
    assert reading.rejected["line 6"][1] == "x,y"
    assert any("2017" in note for note in reading.report.notes)


def test_a_year_that_nobody_says_is_not_invented(read: Read) -> None:
    content = DIRTY + dirty(ID, "13.09")
    assert read(content, "plain/USvideos.csv").reasons == {"line 2": "date: a day without its year (give it with --year)"}
    assert read(content, "plain/USvideos.csv", year=2018).row["charted_on"] == "2018-09-13"


def test_the_most_copied_chart_archive(read: Read) -> None:
    content = (
        "video_id,trending_date,title,channel_title,category_id,publish_time,tags,views,likes,dislikes,comment_count,thumbnail_link,"
        f'comments_disabled,ratings_disabled,video_error_or_removed,description\n{ID},17.14.11,t,c,22,2017-11-13T17:13:01.000Z,"a|""b""",'
        '748374,57527,2966,15954,https://i.ytimg.com/vi/x/default.jpg,False,False,False,"two\nlines"\n'
    )
    reading = read(content, "DEvideos.csv", Kind.CHARTS)
    row = reading.row
    assert (row["charted_on"], row["region"], row["tags"], row["description"]) == ("2017-11-14", "DE", ["a", "b"], "two\nlines")
    assert reading.keys == {2: f"DE:2017-11-14:{ID}"}


def test_topics_keep_their_text_and_volumes_their_thousands(read: Read) -> None:
    content = "Date,Rank,Topic,Peak_Volume\n2019-01-01,1,Army,518.784\n2019-01-01,2,None,10.200.000\n2019-01-01,3,=1+1,-\n"
    rows = list(read(content, kind=Kind.TREND_ARCHIVE).rows.values())
    assert [(row["topic"], row["peak_volume"]) for row in rows] == [("Army", 518_784), ("None", 10_200_000), ("=1+1", None)]
    assert rows[0]["service"] == "twitter"


def test_formulas_are_text(read: Read) -> None:
    cell = '=HYPERLINK("http://x","y")'
    quoted = cell.replace('"', '""')
    assert read(f'{STUDIO}Views\n{ID},"{quoted}",,1\n').row["title"] == cell


def test_who_wrote_a_comment_is_not_kept(read: Read) -> None:
    content = (
        "COMMENT_ID,AUTHOR,DATE,CONTENT,CLASS,User Name\n"
        "c1,Jane Doe,2013-11-07T06:20:48,hi @jane.doe or jane@doe.org,1,jd\nbroken by Jane Doe\nc2,Jane Doe,,same,7,jd\n"
    )
    reading = read(content)
    assert reading.row == {
        "task": "spam",
        "comment_id": "c1",
        "posted_at": "2013-11-07T06:20:48Z",
        "text": "hi @user or [e-mail]",
        "label": "spam",
    }
    assert reading.report.notes == ["columns dropped because they name people: AUTHOR, User Name"]
    assert reading.reasons == {"line 3": "1 field where the header has 6", "line 4": "CLASS: an unknown label"}
    assert "Jane" not in str(reading.rejected)


def test_numbered_columns_become_a_list(read: Read) -> None:
    row = read("video_id," + ",".join(f"d{day}" for day in range(1, 11)) + "\nXMTM2MTM0ODEzMg==," + ",".join("7" * 10) + "\n").row
    assert row == {"video_id": "XMTM2MTM0ODEzMg==", "daily_views": [7] * 10}


READINGS = "video_id,fetched_at,views,title\n"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"{ID},2026-06-08T12:00:00Z,-5,x", "views: below zero"),
        (f"{ID},2026-06-08T12:00:00Z,many,x", "views: not a whole number"),
        (f"{ID},2999-06-08T12:00:00Z,5,x", "fetched_at: in the future"),
        ("'; drop table x; --,2026-06-08T12:00:00Z,5,x", "video_id: not a video id"),
        (f"{ID},2026-06-08T12:00:00Z,,x", "views is missing"),
        (f"{ID},2026-06-08T12:00:00Z,5,a\0b", "holds NUL bytes"),
    ],
)
def test_bad_rows_are_put_aside_with_line_and_reason_and_the_rest_is_read(read: Read, line: str, reason: str) -> None:
    good = f"{ID},2026-06-08 12:00:00+00:00,5,x\n"
    reading = read(f"{READINGS}{line}\n{good}")
    assert reading.reasons == {"line 2": reason}
    assert list(reading.rows) == [3]
    assert all(cell not in reason for cell in line.split(",") if len(cell) > 1)


def test_equal_rows_count_once(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"{ID},2026-06-08T12:00:00Z,{views},x\n" for views in range(10)]
    report = read(READINGS + "".join(rows + rows)).report
    assert (report.read, report.landed, report.duplicates) == (20, 10, 10)
    monkeypatch.setattr(importing, "DUPLICATE_WINDOW", 4)
    assert read(READINGS + "".join(rows + rows[:1] + rows[-1:])).report.duplicates == 1


def parquet(path: Path, **columns: pa.Array) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_typed_files_are_checked_like_text(read: Read, tmp_path: Path) -> None:
    moment = datetime(2026, 6, 8, 12, tzinfo=UTC)
    path = parquet(
        tmp_path / "a.parquet",
        video_id=pa.array([ID, ID, ID, ID, None, ID], pa.dictionary(pa.int32(), pa.string())),
        fetched_at=pa.array([moment, moment + timedelta(days=9999), moment, moment, moment, moment], pa.timestamp("ns", "UTC")),
        views=pa.array([5, 5, -5, None, 5, 7]),
        title=pa.array(["x", "x", "x", "x", "x", "a\0b"]),
        seen_by=pa.array([[1], [1], [1], [1], [1], [1]]),
    )
    reading = read(path)
    assert reading.row["read_at"] == "2026-06-08T12:00:00Z"
    assert reading.row["other"] == {"seen_by": "[1]"}
    assert reading.reasons == {
        "row 2": "fetched_at: in the future",
        "row 3": "views: below zero",
        "row 4": "views is missing",
        "row 5": "video id is missing",
        "row 6": "holds NUL characters",
    }


def test_typed_files_within_archives(read: Read, tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", video_id=pa.array([ID]), transcript=pa.array(["x" * 10]))
    packed = tmp_path / "b.parquet.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read(packed).report.format == "transcripts"


def test_damaged_typed_files(read: Read, tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", video_id=pa.array([ID] * 1000), transcript=pa.array([str(n) for n in range(1000)]))
    content = path.read_bytes()
    for spoiled in (content[:-100], content[:200] + b"\xff" * 400 + content[600:], b"PAR1"):
        with pytest.raises(Damaged):
            read(spoiled, "b.parquet")


def test_unknown_and_other_files_are_told_apart(read: Read) -> None:
    with pytest.raises(UnknownName, match="its columns are colour, shape"):
        read("Colour,Shape\nred,round\n")
    with pytest.raises(InvalidInput, match="no file of charts, but of studio-export"):
        read("Date,Views\n2026-06-01,5\n", kind=Kind.CHARTS)
    with pytest.raises(InvalidInput, match="empty"):
        read("")


def test_a_header_alone_is_a_file_without_rows(read: Read) -> None:
    assert read("Date,Views\n").report.read == 0


def test_formats_name_what_is_there() -> None:
    assert len({format_.name for format_ in FORMATS}) == len(FORMATS)
    assert {format_.kind for format_ in FORMATS} == set(Kind) - {Kind.AUTO}
    for format_ in FORMATS:
        assert format_.table.startswith("raw_archive.")
        assert format_.table not in TABLES
        for part in format_.signature:
            for heading in part.split("|"):
                assert fold(heading).name == heading


CELLS = st.sampled_from([ID, "2026-06-08T12:00:00Z", "5", "-5", "", "Total", "x", '"', '"a\nb"', "\0", "é", "9" * 30, "@me"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([READINGS, f"{STUDIO}Views\n", "Date,Views\n", "Comments,VidId,Date,Reply_Count\n", DIRTY]),
    st.lists(st.lists(CELLS, min_size=1, max_size=5).map(",".join), max_size=12),
)
def test_every_row_becomes_exactly_one_thing(read: Read, header: str, rows: list[str]) -> None:
    content = "\n".join(rows)
    reading = read(header + content)  # that the counts add up is checked with every reading
    assert reading.report.read <= content.count("\n") + 1
    assert len(reading.rejected) == reading.report.rejected


def test_a_doubtful_value_costs_its_field_and_is_counted(read: Read) -> None:
    header = f"{STUDIO}Views,Likes,Unique viewers,Average percentage viewed (%)\n"
    reading = read(f'{header}{ID},x,"May 8, 2020",-100,many,-3,1450.5\n{ID[::-1]},y,soon,7,3,2,50\n')
    first, second = reading.rows.values()
    assert (first["views"], first["likes"], first["unique_viewers"], first["average_percentage_viewed_pct"]) == (
        -100,
        None,
        None,
        1450.5,
    )
    assert (second["published_on"], second["views"]) == (None, 7)
    assert reading.report.voided == {
        "Likes: not a whole number": 1,
        "Unique viewers: below zero": 1,
        "Video publish time: not a day": 1,
    }
    assert (reading.report.landed, reading.report.rejected) == (2, 0)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{ID},x,,many,lots", "Views: not a whole number"),
        (f"{ID},x,soon,many,3", "Video publish time: not a day"),
        ("not an id,x,,1,2", "Content: not a video id"),
    ],
)
def test_a_row_of_which_too_little_can_be_read_is_put_aside(read: Read, row: str, reason: str) -> None:
    reading = read(f"{STUDIO}Views,Likes\n{row}\n")
    assert (reading.reasons, reading.report.voided) == ({"line 2": reason}, {})


def test_a_day_of_a_series_that_cannot_be_read_is_not_known(read: Read) -> None:
    reading = read("video_id,d1,d2,d7\nXMTM2MTM0ODEzMg==,1,?,-5\n")
    assert reading.row["daily_views"] == [1, None, None]
    assert reading.report.voided.total() == 2


def test_a_correction_is_a_value_and_counts_in_the_sum(read: Read) -> None:
    report = read("Date,Views,Watch time (hours)\nTotal,-40,1.5\n2026-06-01,60,2\n2026-06-02,-100,-0.5\n").report
    assert report.notes == ["its rows add up to what the total row says of 2 columns"]


def test_a_total_that_does_not_say_is_not_compared(read: Read) -> None:
    report = read(f"{STUDIO}Views,Likes\nTotal,,,,3\n{ID},x,,60,\n").report
    assert report.notes == []


@pytest.mark.parametrize(
    ("heading", "cell", "ours", "value"),
    [
        ("Duration (minutes)", "2.5", "duration_seconds", 150),
        ("Duration (minutes)", "2:30", "duration_seconds", 150),
        ("Duration (hours)", "0.5", "duration_seconds", 1800),
        ("Duration (sec)", "212.091", "duration_seconds", 212.091),
        ("Average view duration (ms)", "1500", "average_view_duration_seconds", 1.5),
        ("Average view duration (hh:mm:ss)", "0:03:09", "average_view_duration_seconds", 189),
        ("Estimated revenue (¤)", "5", "other", {"Estimated revenue (¤)": "5"}),
        ("Estimated revenue (€)", "0.42", "estimated_revenue_eur_micros", 420_000),
        ("Estimated revenue", "0.42", "other", {"Estimated revenue": "0.42"}),
        ("Estimated revenue (%)", "12.5", "estimated_revenue_share_pct", 12.5),
        ("Views (hours)", "5", "other", {"Views (hours)": "5"}),
        ("Subscribers (%)", "5", "subscribers_share_pct", 5),
        ("RPM (%)", "5", "other", {"RPM (%)": "5"}),
        ("Unique viewers (%)", "5", "unique_viewers_share_pct", 5),
        ("watch_time_minutes", "90", "watch_time_minutes", 90),
    ],
)
def test_the_unit_of_a_heading_decides(read: Read, heading: str, cell: str, ours: str, value: object) -> None:
    reading = read(f"{STUDIO}Views,{heading}\n{ID},x,,1,{cell}\n")
    assert reading.row[ours] == value
    assert reading.report.unknown == ([heading] if ours == "other" else [])


def test_units_decide_in_every_format(read: Read) -> None:
    row = read(f"video_id,fetched_at,views,Likes (%),duration_minutes\n{ID},2026-06-08T12:00:00Z,5,40,2.5\n").row
    assert (row["views"], row["likes_share_pct"], row["duration_seconds"]) == (5, 40, 150)
    assert read(f"video_id,fetched_at,Views (%),title\n{ID},2026-06-08T12:00:00Z,5,x\n").reasons == {"line 2": "views is missing"}


def test_videos_by_a_dimension_are_no_videos(read: Read) -> None:
    reading = read(f"Content,Device type,Views\n{ID},TV,1\n{ID},Computer,2\n")
    assert (reading.report.format, list(reading.keys.values())) == ("studio_breakdown", [f"{ID}:TV", f"{ID}:Computer"])


@pytest.mark.parametrize("cell", [" -bbbbbbbbbb", "'-bbbbbbbbbb", "-bbbbbbbbbb"])
def test_an_id_that_is_kept_from_being_a_formula(read: Read, cell: str) -> None:
    assert read(f"{STUDIO}Views\n{cell},x,,1\n").row["video_id"] == "-bbbbbbbbbb"


def test_an_empty_chart_beside_its_table_is_no_fault(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "Content 2026.zip", "w") as archive:
        archive.writestr("Chart data.csv", "")
        archive.writestr("Table data.csv", "Content,Views\nTotal,0\n")
    reports = [importing.import_file(None, source, Kind.AUTO, NOW) for source in importing_sources(tmp_path)]  # type: ignore[arg-type]
    assert [(report.read, report.landed, report.totals) for report in reports] == [(0, 0, 0), (1, 0, 1)]
    assert reports[0].notes == ["it is empty"]
