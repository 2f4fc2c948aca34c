"""Feeds a dataset's parts to Lightning, in whole batches of tensors."""

from __future__ import annotations

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, SequentialSampler, TensorDataset

from training.dataset import Dataset, Part
from training.specs import ModelSpec

_VALIDATION_ROWS = 8192


class PartsModule(pl.LightningDataModule):
    """Batches (raw (rows, inputs), target (rows,), weight (rows,)) of the training and the validation part.

    There is no loader of the test part: a network cannot meet it before `training.promotion` judges it.
    """

    def __init__(self, dataset: Dataset, spec: ModelSpec, seed: int) -> None:
        super().__init__()
        self._train = _tensors(dataset.part("train", spec))
        self._valid = _tensors(dataset.part("valid", spec))
        self._batch_rows = spec.batch_rows
        self._seed = seed

    def train_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        generator = torch.Generator().manual_seed(self._seed)
        order = RandomSampler(self._train, generator=generator)
        # Indexing tensors by a whole batch is some twenty times faster than collating single rows.
        return DataLoader(self._train, sampler=BatchSampler(order, self._batch_rows, drop_last=False), batch_size=None)

    def val_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        order = SequentialSampler(self._valid)
        return DataLoader(self._valid, sampler=BatchSampler(order, _VALIDATION_ROWS, drop_last=False), batch_size=None)


def _tensors(part: Part) -> TensorDataset:
    return TensorDataset(
        torch.from_numpy(part.raw),
        torch.from_numpy(part.target).float(),
        torch.from_numpy(part.cluster_weights()).float(),
    )
