"""What the feature services promise: enough inputs, each under one name, and all that a model asks for."""

from __future__ import annotations

import pytest

from training.specs import MODELS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


def names_of(service: str) -> list[str]:
    from features.retrieval import feature_names
    from features.services import SERVICES

    return feature_names({each.name: each for each in SERVICES}[service])


def test_there_are_enough_inputs() -> None:
    from features.on_demand import VIEWS as ON_DEMAND
    from features.repository import VIEWS

    every = {field.name for view in (*VIEWS, *ON_DEMAND) for field in view.features}
    assert len(names_of("trend_v2")) >= 150
    assert len(every) >= 200


@pytest.mark.parametrize("service", ["trend_v1", "quality_v1", "ctr_v1", "trend_v2", "quality_v2", "ctr_v2"])
def test_names_are_unique_within_a_service(service: str) -> None:
    names = names_of(service)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("spec", MODELS.values(), ids=lambda spec: spec.name)
def test_a_service_holds_what_its_model_reads(spec: object) -> None:
    inputs = [column.name for column in spec.inputs]  # type: ignore[attr-defined]
    assert set(inputs) <= set(names_of(spec.feature_service))  # type: ignore[attr-defined]
    assert len(set(inputs)) == len(inputs)
    assert set(spec.baseline_inputs) | {name for _, name, _ in spec.rules} <= set(inputs)  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", ["quality", "ctr"])
def test_drafts_are_told_by_their_script_and_by_what_they_mean(model: str) -> None:
    from features.meanings import MEANING_COLUMNS
    from features.scripts import SCRIPT_COLUMNS

    told = {*SCRIPT_COLUMNS, *MEANING_COLUMNS}
    assert told <= set(names_of(f"{model}_v2"))
    assert not told & set(names_of(f"{model}_v1"))
    read = told & {column.name for column in MODELS[model].inputs}
    assert read == ({*SCRIPT_COLUMNS, "script_title_similarity"} if model == "quality" else set())


def test_first_versions_stay_as_they_were_promised() -> None:
    assert len(names_of("trend_v1")) == 20
    assert {"views", "best_rank", "growth_previous_48h", "published_dow"} <= set(names_of("trend_v1"))
    assert {"title_latin_share", "draft_seconds", "ctr_20"} <= set(names_of("quality_v1"))
