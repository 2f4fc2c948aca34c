"""Every refusal that says what to do is followed here to the letter, and then the file lands."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from orchestration.cli import main

pytestmark = pytest.mark.postgres

ID = "4OZip0cgOho"
STUDIO = f"Content,Video title,Views\n{ID},Größe,5\nbbbbbbbbbbb,Plain,6\n"
DAILY = "Datum,Aufrufe\n2026-06-01,5\n2026-06-02,5\n"
DIRTY = (
    "video_id,title,channel_title,category_id,tags,views,likes,dislikes,comment_total,thumbnail_link,date\n"
    f"{ID},t,c,1,[none],1,1,1,1,http://x,13.09\n"
)
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `ytempire import … --json`; gives its report, with the exit code."""
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("YTEMPIRE_HOME", str(tmp_path / "home"))

    def run_(*arguments: str | Path) -> dict[str, Any]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(["import", *map(str, arguments), "--json"])
        printed = capsys.readouterr()
        return {
            "code": int(end.value.code or 0),
            "err": printed.err,
            **(json.loads(printed.out) if printed.out else {"files": []}),
        }

    return run_


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "hint", "rejected_before"),
    [
        ("rows.csv", STUDIO.encode("cp1252"), ("--encoding", "cp1252"), 1),
        (
            "head.csv",
            DAILY.replace("Datum", "Größe,Datum").replace("2026", "x,2026").encode("cp1252"),
            ("--encoding", "cp1252"),
            None,
        ),
        ("USvideos.csv", DIRTY.encode(), ("--year", "2017"), 1),
    ],
)
def test_what_a_refusal_says_to_add_makes_it_land(
    run: Run, tmp_path: Path, name: str, content: bytes, hint: tuple[str, str], rejected_before: int | None
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    first = run("auto", path)
    (file,) = first["files"]
    said = file.get("remedy", "") + file.get("error", "") + str(file.get("reasons"))
    assert hint[0] in said
    assert (first["code"], file.get("rejected")) == (int(rejected_before is None), rejected_before)
    again = run("auto", path, *hint)
    assert (again["code"], again["rejected"]) == (0, 0)
    assert again["landed"] >= 1
    repeated = run("auto", path, *hint)
    assert (repeated["landed"], repeated["rejected"]) == (again["landed"], 0)
    assert run("auto", path)["files"][0]["outcome"] == "known"


def test_the_kind_that_a_refusal_names_takes_the_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(STUDIO)
    (refused,) = run("charts", path)["files"]
    command = refused["remedy"].removeprefix("Import it with: ytempire import ").split()
    assert run(command[0], path)["landed"] == 2
    kinds = run("films", path)["err"].partition("The kinds are ")[2].strip().rstrip(".").split(", ")
    assert "studio-export" in kinds
    assert run("auto", path)["files"][0]["outcome"] == "known"


@pytest.mark.parametrize("encoding", ["klingon", "hex", "rot13"])
def test_an_encoding_that_is_none_is_told_with_those_that_are(run: Run, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(STUDIO, encoding="cp1252")
    (refused,) = run("auto", path, "--encoding", encoding)["files"]
    named = refused["remedy"].removeprefix("Common ones are ").rstrip(".").replace(" and ", ", ").split(", ")
    assert set(named) == {"utf-8", "cp1252", "utf-16"}
    for each in named:
        path.write_text(STUDIO + f"{each:_<11},x,1\n", encoding=each)
        assert run("auto", path, "--encoding", each)["landed"] == 3


def test_another_encoding_than_the_file_has_is_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("Größe,x\n".encode("cp1252") + b"\xd8\x00" * 41)
    for wrong in ("utf-16-be", "utf-32", "undefined"):
        (refused,) = run("auto", path, "--encoding", wrong)["files"]
        assert refused["outcome"] == "refused"


def test_an_archive_that_is_refused_can_be_unpacked_and_imported_as_a_folder(run: Run, tmp_path: Path) -> None:
    table = STUDIO.encode()
    given = tmp_path / "given"
    given.mkdir()
    packed = given / "outer.zip"
    packed.write_bytes(zipped(inner__zip=zipped(a__csv=table), b__csv=DAILY.encode()))
    (refused,) = run("auto", packed)["files"]
    assert "import the folder" in refused["remedy"]
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(given / "unpacked")
    report = run("auto", given / "unpacked")
    assert (report["code"], report["landed"]) == (0, 4)


def test_a_file_that_swells_can_be_unpacked(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    table = DAILY.encode() + b"2026-06-03,5\n" * 6_000_000
    path.write_bytes(gzip.compress(table, 9))
    (refused,) = run("auto", path)["files"]
    assert refused["remedy"].startswith("Unpack it yourself")
    plain = tmp_path / "plain.csv"
    plain.write_bytes(gzip.decompress(path.read_bytes())[:2_000])
    assert run("auto", plain)["code"] == 0


def test_what_is_no_table_is_told_which_names_are(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "a.txt").write_text(STUDIO)
    assert "Tables end in csv, tsv or parquet, also with gz, or lie in a zip." in run("auto", folder)["err"]
    (folder / "a.csv").write_text(STUDIO)
    (folder / "b.tsv.gz").write_bytes(gzip.compress(DAILY.replace(",", "\t").encode()))
    (folder / "c.zip").write_bytes(zipped(**{"Tabellendaten__csv": b"Videos,Aufrufe\nGesamt,0\n"}))
    report = run("auto", folder)
    assert (report["code"], report["landed"], report["totals"]) == (0, 4, 1)


def test_a_period_without_views_is_no_failure(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "Content 2026.zip"
    path.write_bytes(
        zipped(
            **{
                "Chart data__csv": b"Date,Content,Video title,Video publish time,Views\n",
                "Table data__csv": b"Content,Views,Watch time (hours)\nTotal,0,0\n",
                "Totals__csv": b"",
            }
        )
    )
    report = run("studio-export", path)
    assert (report["code"], report["landed"], report["totals"], report["rejected"]) == (0, 0, 1, 0)


def test_what_was_voided_and_what_nobody_knows_is_reported(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"Content,Video title,Views,Likes,Moons\n{ID},x,5,many,7\n")
    report = run("auto", path)
    assert report["voided"] == 1
    assert report["files"][0]["voids"] == [{"reason": "Likes: not a whole number", "values": 1}]
    assert report["files"][0]["unknown_columns"] == ["Moons"]
