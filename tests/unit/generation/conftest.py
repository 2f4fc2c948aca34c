"""Fixtures of the steps' tests: a store of artifacts, and a topic, script and verdict made of the fakes' data."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation.artifacts import ArtifactStore
from generation.steps.policy import judge_script
from generation.steps.script import write_script
from generation.steps.topic import choose_topic
from generation.values import PolicyVerdict, Script, TopicChoice
from tests.unit.generation.fakes import CLOCK, SLOT, FakeScorer, FakeWarehouse, budget


@pytest.fixture
def artifacts(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


@pytest.fixture
def choice() -> TopicChoice:
    return choose_topic(SLOT, FakeWarehouse(), FakeScorer({"video000001": 0.41}), CLOCK)


@pytest.fixture
def script(choice: TopicChoice, artifacts: ArtifactStore) -> Script:
    return write_script(choice, None, budget(artifacts))


@pytest.fixture
def verdict(script: Script, artifacts: ArtifactStore) -> PolicyVerdict:
    return judge_script(script, [], artifacts)
