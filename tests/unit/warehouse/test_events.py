"""The parts of orchestration.warehouse that need no database: manifest freshness, quiet streams, what a failure says."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from core.errors import Damaged


@pytest.fixture(scope="module")
def warehouse() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dagster-dbt's own imports
        from orchestration import warehouse

        return warehouse


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "target").mkdir()
    for name in ("dbt_project.yml", "profiles.yml", "models/one.sql"):
        (tmp_path / name).write_text("select 1")
        os.utime(tmp_path / name, (1000, 1000))
    for folder in (tmp_path / "models", tmp_path / "seeds", tmp_path / "macros", tmp_path / "data-tests"):
        folder.mkdir(exist_ok=True)
        os.utime(folder, (1000, 1000))
    return tmp_path


def test_a_fresh_manifest_is_kept(warehouse: ModuleType, project: Path) -> None:
    manifest = project / "target" / "manifest.json"
    manifest.write_text("{}")
    assert warehouse.prepare_manifest(project) == manifest
    assert manifest.read_text() == "{}"


def test_a_changed_project_is_parsed_again_and_says_what_is_wrong(
    warehouse: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse, "DBT", "/bin/ls")  # refuses the argument `parse`
    manifest = project / "target" / "manifest.json"
    manifest.write_text("{}")
    os.utime(manifest, (500, 500))
    with pytest.raises(Damaged, match="does not parse"):
        warehouse.prepare_manifest(project)


def test_events_pass_through_quietly(warehouse: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    def chatty() -> Iterator[int]:
        for number in range(3):
            print("dbt talks")  # noqa: T201
            yield number

    for number in warehouse.quietly(chatty()):
        print(number)  # noqa: T201
    assert capsys.readouterr().out == "0\n1\n2\n"


@pytest.mark.parametrize(
    ("results", "said"),
    [
        (
            [
                {"unique_id": "model.ytempire.dim_video", "status": "success", "message": "INSERT 0 3"},
                {
                    "unique_id": "test.ytempire.every_video_has_channel.1a",
                    "status": "fail",
                    "message": "Got 2 results,\n  configured to fail",
                },
            ],
            "every_video_has_channel failed, Got 2 results, configured to fail",
        ),
        ([{"unique_id": "model.ytempire.dim_video", "status": "error", "message": None}], "dim_video failed, without a word"),
        ([], "dbt stopped before the first model"),
    ],
)
def test_a_failed_build_names_the_first_failure(
    warehouse: ModuleType, tmp_path: Path, results: list[dict[str, Any]], said: str
) -> None:
    (tmp_path / "run_results.json").write_text(json.dumps({"results": results}))
    with pytest.raises(Damaged, match=said) as caught, warehouse.clear_dbt_failures(tmp_path):
        raise warehouse.DagsterDbtCliRuntimeError(description="dbt failed")
    assert str(tmp_path / "dbt.log") in caught.value.remedy
