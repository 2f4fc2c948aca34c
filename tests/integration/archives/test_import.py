"""Imports into a real Postgres, and the command: whole files or nothing, once, with what was refused beside them."""

from __future__ import annotations

import gzip
import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connectors.archives import importing
from connectors.archives.files import Source
from connectors.archives.formats import FORMATS, Kind
from connectors.archives.importing import Imported, Options, import_file
from core.errors import Damaged
from orchestration.cli import main

pytestmark = pytest.mark.postgres

NOW = datetime(2026, 7, 8, 12, tzinfo=UTC)
ID = "4OZip0cgOho"
READINGS = "video_id,fetched_at,views,title,colour\n"
GOOD = f'{ID},2026-06-08T12:00:00Z,5,a\\b\t""\'; drop table x; --,=1+1\n'


def write(path: Path, content: str) -> Source:
    path.write_text(content, encoding="utf-8")
    return Source(path.name, path)


def land(engine: Engine, source: Source, **options: Any) -> Imported:
    return import_file(engine, source, Kind.AUTO, NOW, Options(**options))


def query(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def test_every_format_has_its_table(database: Engine) -> None:
    tables = {
        f"raw_archive.{name}"
        for (name,) in query(database, "select table_name from information_schema.tables where table_schema = 'raw_archive'")
    }
    assert {format_.table for format_ in FORMATS} == tables


def test_rows_land_with_their_lines_and_the_rest_in_quarantine(database: Engine, tmp_path: Path) -> None:
    done = land(database, write(tmp_path / "a.csv", READINGS + GOOD + "broken\n" + GOOD + f"{ID},2026-06-09T12:00:00Z,6,é🙂,\n"))
    assert (done.read, done.landed, done.rejected, done.duplicates) == (4, 2, 1, 1)
    rows = query(database, "select line_number, row_key, payload from raw_archive.video_readings order by line_number")
    assert rows[0] == (
        2,
        f"{ID}:2026-06-08T12:00:00Z",
        {
            "video_id": ID,
            "read_at": "2026-06-08T12:00:00Z",
            "views": 5,
            "title": 'a\\b\t""\'; drop table x; --',
            "other": {"colour": "=1+1"},
        },
    )
    assert (rows[1][0], rows[1][2]["title"]) == (5, "é🙂")
    assert query(database, "select asset_key, place, reason, payload, landing_id, rejected_at from ops.rejected_rows") == [
        ("raw_archive/video_readings", "line 3", "1 field where the header has 5", "broken", None, NOW)
    ]
    assert query(
        database, "select name, kind, format, rows_read, rows_landed, rows_rejected, imported_at from ops.imported_files"
    ) == [("a.csv", "video-readings", "video_readings", 4, 2, 1, NOW)]


def test_the_same_content_lands_once_whatever_it_is_called(database: Engine, tmp_path: Path) -> None:
    land(database, write(tmp_path / "a.csv", READINGS + GOOD))
    packed = tmp_path / "b.csv.gz"
    packed.write_bytes(gzip.compress((READINGS + GOOD).encode()))
    again = land(database, Source("b.csv.gz", packed))
    assert (again.known_as, again.read) == ("a.csv", 0)
    assert query(database, "select count(*) from raw_archive.video_readings") == [(1,)]


def test_again_replaces_what_the_file_landed(database: Engine, tmp_path: Path) -> None:
    header = "video_id,title,channel_title,category_id,tags,views,likes,dislikes,comment_total,thumbnail_link,date\n"
    source = write(tmp_path / "USvideos.csv", f"{header}{ID},t,c,1,x,1,1,1,1,http://x,13.09\n")
    assert land(database, source).rejected == 1
    assert land(database, source).known_as == "USvideos.csv"
    assert land(database, source, year=2018).landed == 1
    assert land(database, source, year=2017).landed == 1
    assert land(database, source, again=True).rejected == 1
    assert land(database, source, year=2017, again=True).landed == 1
    assert query(database, "select payload ->> 'charted_on' from raw_archive.chart_entries") == [("2017-09-13",)]
    assert query(database, "select count(*) from ops.rejected_rows") == [(0,)]
    assert query(database, "select count(*) from ops.imported_files") == [(1,)]


def test_nothing_of_a_file_lands_that_cannot_be_read_to_its_end(database: Engine, tmp_path: Path) -> None:
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress((READINGS + GOOD * 5000).encode())[:-20])
    with pytest.raises(Damaged):
        land(database, Source("a.csv.gz", packed))
    assert query(database, "select count(*) from ops.imported_files") == [(0,)]


def test_a_failure_in_the_middle_leaves_nothing(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "a.csv", READINGS + "".join(GOOD.replace("T12", f"T{hour:02d}") for hour in range(20)))

    def fails(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_file(database, source, Kind.AUTO, NOW, Options(), fails)
    assert query(database, "select count(*) from ops.imported_files") == [(0,)]
    assert land(database, source).landed == 20


def test_a_file_that_is_read_again_for_its_dates_lands_once(database: Engine, tmp_path: Path) -> None:
    days = "".join(f"{day}/1/24,1\n" for day in range(1, 29))
    done = land(database, write(tmp_path / "Totals.csv", f"Date,Views\n{days}"))
    assert (done.read, done.landed) == (28, 28)
    assert query(database, "select min(row_key), max(row_key), count(*) from raw_archive.studio_daily") == [
        ("2024-01-01", "2024-01-28", 28)
    ]


def test_two_imports_of_one_file_at_once_land_it_once(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "a.csv", READINGS + GOOD)
    together = threading.Barrier(2, timeout=30)
    known_as = importing._known_as

    def both_look_first(engine: Engine, sha256: str) -> str | None:
        found = known_as(engine, sha256)
        together.wait()
        return found

    monkeypatch.setattr(importing, "_known_as", both_look_first)
    done: list[Imported] = []
    threads = [threading.Thread(target=lambda: done.append(land(database, source))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.landed for one in done) == [0, 1]
    assert query(database, "select count(*) from raw_archive.video_readings") == [(1,)]


@pytest.fixture
def command(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs `ytempire import`; gives its exit code and what it printed."""
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("YTEMPIRE_HOME", str(tmp_path / "home"))

    def run(*arguments: str | Path) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main(["import", *map(str, arguments)])
        return int(end.value.code or 0), capsys.readouterr().out

    return run


def test_the_command_lands_what_it_can_and_says_what_it_could_not(command: Any, database: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    write(folder / "a.csv", READINGS + GOOD + "broken\n")
    write(folder / "b.csv", "Colour,Shape\nred,round\n")
    write(folder / "[red]c\x1b[31m.csv", "")
    code, out = command("auto", folder)
    assert code == 1
    assert "1 rejected: 1 field where the header has 5" in out
    assert "of no format that is known; its columns are colour, shape" in out
    assert "[red]c?[31m.csv is empty" in out
    assert "\x1b[31m." not in out
    assert query(database, "select count(*) from raw_archive.video_readings") == [(1,)]
    code, out = command("auto", folder / "a.csv")
    assert (code, "already there" in out) == (0, True)


def test_the_command_reports_to_programs(command: Any, database: Engine, tmp_path: Path) -> None:
    source = write(tmp_path / "a.csv", READINGS + GOOD + "broken\n")
    code, out = command("video-readings", source.path, "--json", "--dry-run")
    report = json.loads(out)
    assert (code, report["read"], report["landed"], report["rejected"]) == (0, 2, 1, 1)
    assert report["files"][0]["outcome"] == "read"
    assert report["files"][0]["reasons"] == [{"reason": "1 field where the header has 5", "rows": 1}]
    assert query(database, "select count(*) from ops.imported_files") == [(0,)]
    assert json.loads(command("video-readings", source.path, "--json")[1])["files"][0]["outcome"] == "landed"
    code, out = command("charts", source.path, tmp_path / "nothing.csv", "--json", "--again")
    assert code == 1
    assert [file["outcome"] for file in json.loads(out)["files"]] == ["refused", "refused"]


def test_the_command_refuses_what_it_does_not_know(command: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, sentence in (
        (("films", tmp_path), "There is no kind of files 'films'."),
        (("auto", tmp_path), "There is no table in what you gave."),
    ):
        with pytest.raises(SystemExit) as end:
            main(["import", *map(str, arguments)])
        assert (end.value.code, sentence in capsys.readouterr().err) == (1, True)
