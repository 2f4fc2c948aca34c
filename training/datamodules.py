"""Feeds a dataset's parts to Lightning, in whole batches of tensors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Sampler, TensorDataset

from training.dataset import Part

_VALIDATION_ROWS = 8192


class PartsModule(pl.LightningDataModule):
    """Batches (raw (rows, inputs), target, weight (rows,), within (rows,)) of the training and the validation part.

    There is no loader of the test part: a network cannot meet it before `training.promotion` judges it. With several processes
    each is given its share of every training batch, and all of the validation part.
    """

    def __init__(self, train: TensorDataset, valid: TensorDataset | None, batch_rows: int, seed: int) -> None:
        super().__init__()
        self._train, self._valid = train, valid
        self._batch_rows = batch_rows
        self._seed = seed

    def train_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        rank, processes = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        batches = Batches(len(self._train), self._batch_rows, self._seed, rank, processes)
        # Indexing tensors by a whole batch is some twenty times faster than collating single rows.
        return DataLoader(self._train, sampler=batches, batch_size=None)

    def val_dataloader(self) -> DataLoader[tuple[Tensor, ...]] | list[Any]:
        if self._valid is None:
            return []
        return DataLoader(self._valid, sampler=Batches(len(self._valid), _VALIDATION_ROWS), batch_size=None)


class Batches(Sampler[list[int]]):
    """Positions of whole batches: in order, or shuffled anew in each epoch by seed and epoch alone, so that a fit that was cut
    off meets the batches it would have met."""

    def __init__(self, rows: int, batch_rows: int, seed: int | None = None, rank: int = 0, processes: int = 1) -> None:
        self._rows, self._batch_rows, self._seed = rows, batch_rows, seed
        self._rank, self._processes = rank, processes
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning as an epoch begins."""
        self._epoch = epoch

    def __len__(self) -> int:
        return math.ceil(self._rows / self._batch_rows)

    def __iter__(self) -> Iterator[list[int]]:
        order = np.arange(self._rows)
        if self._seed is not None:
            order = np.random.default_rng((self._seed, self._epoch)).permutation(self._rows)
        for start in range(0, self._rows, self._batch_rows):
            batch = order[start : start + self._batch_rows]
            # Each process needs a row, or the others would wait for it for ever.
            share = batch[self._rank :: self._processes]
            yield (share if len(share) else batch[:1]).tolist()


def tensors_of(part: Part) -> TensorDataset:
    """A part as tensors."""
    return tensors(part.raw, part.target, part.cluster_weights(), np.unique(part.within, return_inverse=True)[1])


def tensors(
    raw: np.ndarray, target: np.ndarray, weight: np.ndarray | None = None, within: np.ndarray | None = None
) -> TensorDataset:
    """Rows as tensors; all of one weight and one group where these are not given."""
    rows = len(raw)
    return TensorDataset(
        torch.from_numpy(np.ascontiguousarray(raw, dtype=np.float32)),
        torch.from_numpy(np.ascontiguousarray(target)).float(),
        torch.ones(rows) if weight is None else torch.from_numpy(np.asarray(weight)).float(),
        torch.zeros(rows, dtype=torch.long) if within is None else torch.from_numpy(np.asarray(within)).long(),
    )
