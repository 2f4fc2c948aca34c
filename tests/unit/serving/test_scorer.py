"""The scorer gives what the exported program gives, and refuses what it cannot vouch for."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Damaged, InvalidInput
from serving.scorer import Scorer
from tests.unit.serving.tiny_models import write_model
from training.specs import OUTPUT

INPUTS = ("views", "likes", "age_hours")
values = st.none() | st.floats(allow_nan=True, allow_infinity=False, width=32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("model")
    write_model(root, inputs=INPUTS)
    return root


@given(rows=st.lists(st.dictionaries(st.sampled_from((*INPUTS, "unrelated")), values), min_size=1, max_size=20))
def test_same_as_the_program(folder: Path, rows: list[dict[str, Any]]) -> None:
    raw = np.array([[row.get(name) for name in INPUTS] for row in rows], dtype=np.float32).reshape(-1, len(INPUTS))
    program = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    (expected,) = program.run(None, {"x": raw})
    scores = [score[OUTPUT] for score in Scorer.load(folder, "1").score(rows)]
    assert scores == expected.astype(np.float64).tolist()


def test_no_rows_no_scores(folder: Path) -> None:
    assert Scorer.load(folder, "1").score([]) == []


def test_order_of_names_does_not_matter(folder: Path) -> None:
    scorer = Scorer.load(folder, "1")
    row = {"views": 3.0, "likes": -1.0, "age_hours": None}
    assert scorer.score([row]) == scorer.score([dict(reversed(row.items()))])


def test_unknown_is_nan(folder: Path) -> None:
    matrix = Scorer.load(folder, "1").matrix([{"views": None, "likes": True}])
    assert math.isnan(matrix[0, 0])
    assert matrix[0, 1] == 1
    assert math.isnan(matrix[0, 2])


def test_refuses_text(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="not a number"):
        Scorer.load(folder, "1").score([{"views": "many"}])


def test_refuses_scores_that_are_no_numbers(tmp_path: Path) -> None:
    write_model(tmp_path, inputs=INPUTS, weight=math.nan)
    with pytest.raises(Damaged, match="not a number"):
        Scorer.load(tmp_path, "1").score([{"views": 1}])


def test_refuses_a_changed_program(tmp_path: Path) -> None:
    digest = write_model(tmp_path, inputs=INPUTS)
    Scorer.load(tmp_path, "1", digest)
    write_model(tmp_path, inputs=INPUTS, weight=0.2)
    with pytest.raises(Damaged, match="has changed"):
        Scorer.load(tmp_path, "1", digest)


@pytest.mark.parametrize(
    ("field", "value"), [("inputs", ["views"]), ("outputs", ["other"]), ("outputs", []), ("metrics", None), ("inputs", 3)]
)
def test_refuses_a_signature_that_does_not_fit(tmp_path: Path, field: str, value: Any) -> None:
    write_model(tmp_path, inputs=INPUTS)
    path = tmp_path / "signature.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    with pytest.raises(Damaged):
        Scorer.load(tmp_path, "1")


@pytest.mark.parametrize("content", [b"", b"not a program", b"\x80\x04\x95pickle"])
def test_refuses_what_is_no_program(tmp_path: Path, content: bytes) -> None:
    write_model(tmp_path, inputs=INPUTS)
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(Damaged, match=r"model\.onnx"):
        Scorer.load(tmp_path, "1")
