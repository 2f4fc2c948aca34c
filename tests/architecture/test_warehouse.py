"""The law about dbt's models, by the manifest: each says its grain, has an enforced contract, and a test of the grain."""

from __future__ import annotations

import copy
import json
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

GRAIN = re.compile(r"One row per [^.]+\.$")
KINDS = ("model", "test")
Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    """Models and their tests, as far as the law speaks of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dagster's own notices
        from orchestration.warehouse import prepare_manifest
    nodes = json.loads(prepare_manifest().read_bytes())["nodes"]
    kept = ("unique_id", "resource_type", "schema", "name", "description", "columns", "config", "test_metadata", "attached_node")
    return {
        "nodes": {
            name: {field: node.get(field) for field in kept} for name, node in nodes.items() if node["resource_type"] in KINDS
        }
    }


def offences(manifest: Manifest) -> Iterator[str]:
    """What breaks the law, each with the model's name."""
    tests: dict[str, list[Manifest]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and node["test_metadata"] and node["config"]["enabled"]:
            tests.setdefault(node["attached_node"], []).append(node)
    for name, node in sorted(manifest["nodes"].items()):
        if node["resource_type"] == "model":
            about = f"{node['schema']}.{node['name']}"
            for offence in _of_model(node, tests.get(name, [])):
                yield f"{about}: {offence}"


def _of_model(model: Manifest, tests: list[Manifest]) -> Iterator[str]:
    columns = model["columns"]
    if not GRAIN.search(model["description"]):
        yield "its description does not end with its grain"
    if not model["config"]["contract"]["enforced"]:
        yield "its contract is not enforced"
    if untyped := [name for name, column in columns.items() if not column["data_type"]]:
        yield f"columns without a data type: {', '.join(untyped)}"
    grains = list(_grains(tests))
    if not grains:
        yield "no test says that the columns of its grain are known and unique"
    if strange := sorted({name for grain in grains for name in grain} - columns.keys()):
        yield f"its grain has columns that it has not: {', '.join(strange)}"


def _grains(tests: list[Manifest]) -> Iterator[list[str]]:
    """Sets of columns that tests hold to be known in every row and to tell rows apart; a test that only warns does not count."""
    held = [(test["test_metadata"]["name"], test) for test in tests if test["config"]["severity"].lower() == "error"]
    known = {test["test_metadata"]["kwargs"]["column_name"] for name, test in held if name == "not_null"}
    for name, test in held:
        if name == "unique_combination":  # it refuses nulls, too
            yield test["test_metadata"]["kwargs"]["columns"]
        elif name == "unique" and (column := test["test_metadata"]["kwargs"]["column_name"]) in known:
            yield [column]


def test_every_model_says_its_grain_keeps_its_contract_and_is_tested_for_both(manifest: Manifest) -> None:
    assert list(offences(manifest)) == []


def _broken(manifest: Manifest, how: str) -> Manifest:
    """A manifest in which one model breaks the law in one way."""
    broken = copy.deepcopy(manifest)
    model = broken["nodes"]["model.ytempire.fct_video_daily"]
    grain = next(
        node
        for node in broken["nodes"].values()
        if node["attached_node"] == model["unique_id"] and node["test_metadata"]["name"] == "unique_combination"
    )
    match how:
        case "grain":
            model["description"] = "Daily figures of own videos."
        case "contract":
            model["config"]["contract"]["enforced"] = False
        case "type":
            model["columns"]["views"]["data_type"] = None
        case "untested":
            del broken["nodes"][grain["unique_id"]]
        case "warned":
            grain["config"]["severity"] = "warn"
        case "column":
            grain["test_metadata"]["kwargs"]["columns"] = ["video_id", "day"]
    return broken


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("grain", "its description does not end with its grain"),
        ("contract", "its contract is not enforced"),
        ("type", "columns without a data type: views"),
        ("untested", "no test says that the columns of its grain are known and unique"),
        ("warned", "no test says that the columns of its grain are known and unique"),
        ("column", "its grain has columns that it has not: day"),
    ],
)
def test_a_model_that_breaks_the_law_is_named(manifest: Manifest, how: str, said: str) -> None:
    new = set(offences(_broken(manifest, how))) - set(offences(manifest))
    assert f"marts.fct_video_daily: {said}" in new
    assert all(offence.startswith("marts.fct_video_daily: ") for offence in new)
