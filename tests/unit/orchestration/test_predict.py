"""`ytempire predict` on files as people have them: every refusal a sentence, every answer in its row's place, no server asked."""

from __future__ import annotations

import gzip
import json
import logging
import os
import socket
import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest

from orchestration.cli import main
from orchestration.predicting import read_request
from tests.unit.training.hot_rows import INPUTS, TOY, ToyProgram, fit, make_examples
from training.packs import pack_champion
from training.tasks.task import FitOptions, Task

DAYS = tuple({"video_id": pl.String, **{f"d{day}": pl.Int64 for day in range(1, last + 1)}} for last in (1, 3))


class Doubling:
    """Answers twice the last day of each file."""

    tuned: ClassVar[dict[str, Any]] = {}
    importance: ClassVar[dict[str, float]] = {}

    def predict(self, frames: Any) -> pl.DataFrame:
        return pl.DataFrame({"video_id": frames[0]["video_id"], "y": frames[0]["d1"] * 2.0, "z": frames[1]["d3"] * 2.0})

    def save(self, folder: Path) -> None:
        (folder / "doubling.json").write_text("{}")


PAIR = replace(
    TOY, name="i30", inputs=DAYS, output={"video_id": pl.String, "y": pl.Float64, "z": pl.Float64}, load=lambda folder: Doubling()
)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home with champions of the toy tasks, no setting of the shell, and no way to any server."""
    for name in list(os.environ):
        if name.startswith(("YTEMPIRE_", "DATABASE_", "REDIS_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    monkeypatch.setattr(logging.getLogger(), "handlers", list(logging.getLogger().handlers))
    monkeypatch.setenv("YTEMPIRE_HOME", str(tmp_path / "home"))
    for task, program in ((TOY, fit(make_examples(), FitOptions())), (PAIR, Doubling())):
        register(monkeypatch, task)
        files = tmp_path / f"files of {task.name}"
        (files / "model").mkdir(parents=True)
        program.save(files / "model")
        (files / "metrics.json").write_text(json.dumps({}))
        pack_champion(tmp_path / "home", task.name, "2", "learnt", files)

    def refuse(*_: object) -> None:
        raise AssertionError("predict asked a server")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tmp_path / "home"


def register(monkeypatch: pytest.MonkeyPatch, task: Task) -> None:
    module = types.ModuleType(f"training.tasks.{task.name}")
    module.TASK = task  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)


def requests(rows: int = 5) -> pl.DataFrame:
    return make_examples(rows, seed=5).select(*INPUTS)


def predict(*arguments: str) -> None:
    main(["predict", *arguments])


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command; it must end with 1, and its words are returned."""
    with pytest.raises(SystemExit) as ended:
        predict(*arguments)
    words = capsys.readouterr().err
    assert ended.value.code == 1, words
    assert "nobody foresaw" not in words
    return words


def answers(*inputs: str, task: str = "trend48") -> pl.DataFrame:
    """The answers that the command writes for files."""
    with pytest.raises(SystemExit) as ended:
        predict(task, *(word for name in inputs for word in ("--input", name)), "--output", "out.csv")
    assert ended.value.code == 0
    return pl.read_csv("out.csv")


def test_rows_are_answered_in_order_and_alike_every_time(tmp_path: Path) -> None:
    requests(200).write_csv("in.csv")
    found = answers("in.csv")
    assert found.columns == ["row_id", "p_hot"]
    assert found["row_id"].to_list() == requests(200)["row_id"].to_list()
    first = Path("out.csv").read_bytes()
    answers("in.csv")
    assert Path("out.csv").read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_gzip_byte_order_mark_windows_lines_and_another_order_of_columns_are_read() -> None:
    plain = requests().write_csv()
    Path("plain.csv").write_text(plain)
    Path("packed.csv.gz").write_bytes(gzip.compress(plain.encode()))
    Path("windows.csv").write_bytes(b"\xef\xbb\xbf" + plain.replace("\n", "\r\n").encode())
    requests().select(*reversed(INPUTS)).write_csv("turned.csv")
    expected = answers("plain.csv")
    for name in ("packed.csv.gz", "windows.csv", "turned.csv"):
        assert answers(name).equals(expected)
    with pytest.raises(SystemExit):
        predict("trend48", "--input", "plain.csv", "--output", "out.csv.gz")
    assert gzip.decompress(Path("out.csv.gz").read_bytes()) == Path("out.csv").read_bytes()


def test_rows_do_not_depend_on_each_other() -> None:
    requests(30).write_csv("in.csv")
    together = answers("in.csv")
    for number in (0, 17, 29):
        requests(30)[number].write_csv("one.csv")
        assert answers("one.csv").equals(together[number])


def test_equal_names_are_fine_and_a_file_without_rows_is_answered_with_none() -> None:
    pl.concat([requests(), requests()]).write_csv("twice.csv")
    assert answers("twice.csv").height == 10
    requests().clear().write_csv("none.csv")
    answers("none.csv")
    assert Path("out.csv").read_text() == "row_id,p_hot\n"


def test_cells_become_what_they_mean() -> None:
    """Unknown values, whole numbers written as pandas does, other time zones, line breaks within a title."""
    header = ",".join(INPUTS)
    Path("in.csv").write_text(
        f"{header}\n"
        'a,2026-06-10 04:58:34+00:00,2026-06-10,0.5,3.0,,"two\nlines, ""quoted"""\n'
        "b,2026-06-10T06:58:34+02:00,2026-06-10,NaN,,music,NaN\n"
        "c,2026-06-10T04:58:34Z,,,null,unheard of,\n"
    )
    rows = read_request(Path("in.csv"), INPUTS, "row_id")
    assert rows.schema == pl.Schema(INPUTS)
    assert rows["fetched_at"].n_unique() == 1
    assert rows["heat"].to_list() == [0.5, None, None]
    assert rows["countries"].to_list() == [3, None, None]
    assert rows["title"].to_list() == ['two\nlines, "quoted"', "NaN", None]
    assert rows["kind"].to_list() == [None, "music", "unheard of"]
    assert answers("in.csv").height == 3


GOOD = "r,2026-06-10 04:58:34+00:00,2026-06-10,0.5,3,music,title"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (GOOD.replace("0.5", "hot"), "'hot' in line 3 of in.csv is no finite number: column heat"),
        (GOOD.replace("0.5", "inf"), "'inf' in line 3 of in.csv is no finite number"),
        (GOOD.replace("0.5", "-Infinity"), "is no finite number"),
        (GOOD.replace("0.5", "1e999"), "is no finite number"),
        (GOOD.replace("0.5", "1_0"), "'1_0' in line 3"),
        (GOOD.replace(",3,", ",3.5,"), "'3.5' in line 3 of in.csv is no whole number: column countries"),
        (GOOD.replace(",3,", ",99999999999999999999,"), "is no whole number"),
        (GOOD.replace(",3,", ",1e400,"), "is no whole number"),
        (GOOD.replace("2026-06-10 04:58:34+00:00", "yesterday"), "is no time such as 2026-06-10 04:58:34+00:00"),
        (GOOD.replace(",2026-06-10,", ",10.06.2026,"), "is no day such as 2026-06-10: column on"),
        (GOOD[1:], "Line 3 of in.csv has no row_id"),
        (GOOD + ",more", "Line 3 of in.csv has 8 cells, and its header 7"),
        ("r", "Line 3 of in.csv has 1 cells"),
        ('"' + GOOD, "no CSV"),
    ],
)
def test_a_cell_that_is_none_of_its_kind_is_named(capsys: pytest.CaptureFixture[str], row: str, says: str) -> None:
    Path("in.csv").write_text(f"{','.join(INPUTS)}\n{GOOD}\n{row}\n")
    Path("out.csv").write_text("before")
    words = refusal(capsys, "trend48", "--input", "in.csv", "--output", "out.csv")
    assert says in words
    assert Path("out.csv").read_text() == "before"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "in.csv is empty: it has no header"),
        (b"\n", "in.csv is empty"),
        (b"row_id\nx\n", "lacks the columns fetched_at, on, heat, countries, kind, title"),
        (b"\xff\xfe\x00", "Line 1 of in.csv is no UTF-8 text"),
        (b"\x1f\x8b\x08\x00broken", "in.csv is damaged"),
        (b"PK\x03\x04 zip", "lacks the columns"),
    ],
)
def test_a_file_that_is_no_table_is_refused(capsys: pytest.CaptureFixture[str], content: bytes, says: str) -> None:
    Path("in.csv").write_bytes(content)
    assert says in refusal(capsys, "trend48", "--input", "in.csv", "--output", "out.csv")
    assert not Path("out.csv").exists()


def test_missing_and_extra_columns_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    requests().drop("heat").with_columns(label_hot=pl.lit(1), other=pl.lit(2)).write_csv("in.csv")
    words = refusal(capsys, "trend48", "--input", "in.csv", "--output", "out.csv")
    assert "lacks the column heat and has the columns label_hot, other, which nobody asks for" in words
    assert "Its columns are row_id, fetched_at" in words
    Path("in.csv").write_text(f"{','.join(INPUTS)},kind\n{GOOD},x\n")
    assert "has the column kind twice" in refusal(capsys, "trend48", "--input", "in.csv", "--output", "out.csv")


def test_paths_that_lead_nowhere(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    requests().write_csv("in.csv")
    before = Path("in.csv").read_bytes()
    Path("link.csv").symlink_to("in.csv")
    for arguments, says in (
        (("nothing", "--input", "in.csv", "--output", "out.csv"), "There is no task 'nothing'"),
        (("trend48", "--input", "none.csv", "--output", "out.csv"), "There is no file none.csv"),
        (("trend48", "--input", str(tmp_path), "--output", "out.csv"), "is a folder"),
        (("trend48", "--input", "in.csv", "--output", "in.csv"), "is the input itself"),
        (("trend48", "--input", "in.csv", "--output", "link.csv"), "is the input itself"),
        (("trend48", "--input", "in.csv", "--output", "no/where.csv"), "There is no folder"),
        (("trend48", "--input", "in.csv", "--output", str(tmp_path)), "is no file"),
        (("trend48", "--input", "in.csv", "--input", "in.csv", "--output", "out.csv"), "takes one --input, and 2 were given"),
        (("i30", "--input", "in.csv", "--output", "out.csv"), "takes --input 2 times"),
    ):
        assert says in refusal(capsys, *arguments)
    assert Path("in.csv").read_bytes() == before


def test_files_of_the_same_rows_are_brought_into_one_order(capsys: pytest.CaptureFixture[str]) -> None:
    Path("one.csv").write_text("video_id,d1\na,1\nb,2\n")
    Path("three.csv").write_text("video_id,d1,d2,d3\nb,2,3,30\na,1,2,20\n")
    assert answers("one.csv", "three.csv", task="i30").rows() == [("a", 2.0, 40.0), ("b", 4.0, 60.0)]
    Path("fewer.csv").write_text("video_id,d1,d2,d3\nb,2,3,30\n")
    words = refusal(capsys, "i30", "--input", "one.csv", "--input", "fewer.csv", "--output", "out.csv")
    assert "fewer.csv does not hold the same rows as one.csv: 1 against 2, by video_id" in words
    words = refusal(capsys, "i30", "--input", "three.csv", "--input", "one.csv", "--output", "out.csv")
    assert "three.csv has the columns d2, d3" in words


def test_without_a_champion_and_with_a_damaged_one(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    requests().write_csv("in.csv")
    program = next((home / "champions" / "trend48").rglob("toy.json"))
    program.write_text(program.read_text().replace("0.", "1.", 1))
    words = refusal(capsys, "trend48", "--input", "in.csv", "--output", "out.csv")
    assert "damaged: model/toy.json" in words
    assert not Path("out.csv").exists()
    (home / "champions" / "trend48" / "champion.json").unlink()
    assert "ytempire train trend48 --data" in refusal(capsys, "trend48", "--input", "in.csv", "--output", "out.csv")


def test_answers_that_are_no_numbers_are_not_written(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    requests().write_csv("in.csv")
    register(monkeypatch, replace(TOY, load=lambda folder: ToyProgram([0.0], [float("nan"), 0.5], {})))
    assert "no finite number" in refusal(capsys, "trend48", "--input", "in.csv", "--output", "out.csv")
    assert not Path("out.csv").exists()


def test_nothing_is_started(home: Path) -> None:
    requests().write_csv("in.csv")
    answers("in.csv")
    assert [path.name for path in home.iterdir()] == ["champions"]
