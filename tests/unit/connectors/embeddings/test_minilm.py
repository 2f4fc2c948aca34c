"""The local encoder: published weights only, near meanings near, and nothing loaded before it is asked."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from connectors.embeddings import minilm
from connectors.embeddings.minilm import MiniLmEncoder
from core.errors import Damaged, Environment


@pytest.fixture(scope="module")
def encoder() -> MiniLmEncoder:
    return MiniLmEncoder()


def test_rows_are_unit_vectors_in_the_order_of_the_texts(encoder: MiniLmEncoder) -> None:
    texts = ["a short one", "a much longer text about boats " * 40, "", "a short one"]
    vectors = encoder.encode(texts)
    assert vectors.shape == (4, encoder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors[0], vectors[3], atol=1e-6)


def test_a_text_does_not_depend_on_its_neighbours(encoder: MiniLmEncoder) -> None:
    alone = encoder.encode(["hollow harbor"])[0]
    among = encoder.encode(["something " * 100, "hollow harbor", *["x"] * 70])[1]
    assert np.allclose(alone, among, atol=1e-6)


def test_near_meanings_are_near(encoder: MiniLmEncoder) -> None:
    question, answer, other = encoder.encode(
        ["How do I bake bread?", "A recipe for sourdough loaves", "The stock market fell today"]
    )
    assert question @ answer > question @ other + 0.3


def test_only_the_first_256_word_pieces_are_read(encoder: MiniLmEncoder) -> None:
    begin = "word " * 254
    assert np.allclose(*encoder.encode([begin + "apples", begin + "pears"]), atol=1e-6)


def test_no_texts_load_nothing() -> None:
    assert MiniLmEncoder(Path("nowhere")).encode([]).shape == (0, 384)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    shutil.copytree(minilm._wheel_folder(), tmp_path / "model")
    weights = tmp_path / "model" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(Damaged, match="not the published ones"):
        MiniLmEncoder(tmp_path / "model").encode(["x"])


def test_missing_files_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Damaged, match="cannot be read"):
        MiniLmEncoder(tmp_path).encode(["x"])
    monkeypatch.setattr(minilm, "WHEEL", "a_wheel_that_nobody_has")
    with pytest.raises(Environment, match="not installed"):
        MiniLmEncoder().encode(["x"])
