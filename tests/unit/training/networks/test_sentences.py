"""The sentence encoder in two parts: together the published one, and only the upper part learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from connectors.embeddings.minilm import MiniLmEncoder, published
from training.networks.sentences import Build, Dropout, Ranker, Trunk

SMALL = Build(width=24, heads=3, inner=48, layers=4, pieces=50, longest=16)
TEXTS = ["A man walks into a bar, and 12 things happen next.", "You won't believe this", "Hi"]


def _pieces(lengths: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(lengths)
    ids = torch.randint(1, SMALL.pieces, (len(lengths), longest), generator=torch.Generator().manual_seed(1))
    mask = torch.arange(longest) < torch.tensor(lengths)[:, None]
    return ids * mask, mask


def _small(seed: int = 0, dropout: float = 0.1) -> tuple[Trunk, Ranker]:
    torch.manual_seed(seed)
    trunk, ranker = Trunk(2, SMALL), Ranker(2, dropout, SMALL)
    torch.nn.init.normal_(ranker.head.weight)
    return trunk, ranker.draw_from(seed)


@pytest.mark.parametrize("taught", [1, 3, 6])
def test_wherever_it_is_cut_the_vectors_are_the_published_ones(taught: int) -> None:
    tokenizer, weights = published()
    ids = [encoding.ids for encoding in tokenizer.encode_batch(TEXTS)]
    mask = torch.arange(max(map(len, ids))) < torch.tensor([len(one) for one in ids])[:, None]
    pieces = torch.tensor([one + [0] * (mask.shape[1] - len(one)) for one in ids])
    trunk, ranker = Trunk(6 - taught).take(weights), Ranker(taught).take(weights).eval()
    with torch.inference_mode():
        vectors = torch.nn.functional.normalize(ranker.vectors(trunk(pieces, mask), mask), dim=1).numpy()
    assert np.abs(vectors - MiniLmEncoder().encode(TEXTS)).max() < 1e-5


def test_padding_changes_nothing() -> None:
    trunk, ranker = _small()
    ranker.eval()
    ids, mask = _pieces([9, 4])
    both = ranker(trunk(ids, mask), mask)
    alone = ranker(trunk(ids[1:, :4], mask[1:, :4]), mask[1:, :4])
    assert torch.allclose(both[1:], alone, atol=1e-6)


def test_an_untaught_head_tells_nothing_apart() -> None:
    ids, mask = _pieces([5, 3])
    assert Ranker(2, build=SMALL)(Trunk(2, SMALL)(ids, mask), mask).tolist() == [0.0, 0.0]


def test_the_lower_part_does_not_learn() -> None:
    trunk, ranker = _small()
    ids, mask = _pieces([5, 3])
    ranker(trunk(ids, mask), mask).sum().backward()
    assert all(parameter.grad is None for parameter in trunk.parameters())
    assert all(parameter.grad is not None for parameter in ranker.parameters())


def test_dropout_draws_from_its_own_generator() -> None:
    ids, mask = _pieces([9, 4])
    trunk, ranker = _small(seed=3)
    states = trunk(ids, mask)
    first = ranker.train()(states, mask)
    torch.manual_seed(99)
    assert torch.equal(ranker.draw_from(3)(states, mask), first)
    assert not torch.equal(ranker.draw_from(4)(states, mask), first)


def test_dropout_keeps_the_mean() -> None:
    kept = Dropout(0.25).train()(torch.ones(100_000))
    assert kept.mean().item() == pytest.approx(1, abs=0.02)
    assert (kept == 0).float().mean().item() == pytest.approx(0.25, abs=0.02)
