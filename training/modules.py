"""How a network learns, whatever network it is: loss, optimiser, and what is watched."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.specs import Task


class ScoreModule(pl.LightningModule):
    """Trains an injected network whose forward gives logits.

    Loss: cross-entropy for a chance; for a rate the squared error of logits, so that a rate of 2 % and one of 20 % count alike.
    Both are means weighted per row.
    """

    def __init__(self, network: nn.Module, task: Task, learning_rate: float, weight_decay: float) -> None:
        super().__init__()
        self.network = network
        self._task = task
        self._learning_rate = learning_rate
        self._weight_decay = weight_decay

    def forward(self, raw: Tensor) -> Tensor:
        return self.network(raw)

    def loss(self, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        raw, target, weight = batch
        logit = self.network(raw)
        if self._task is Task.CHANCE:
            each = functional.binary_cross_entropy_with_logits(logit, target, reduction="none")
        else:
            each = (logit - torch.logit(target, eps=1e-4)) ** 2
        return (each * weight).sum() / weight.sum()

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], _: int) -> Tensor:
        return self.loss(batch)

    def validation_step(self, batch: tuple[Tensor, Tensor, Tensor], _: int) -> None:
        self.log("valid_loss", self.loss(batch), batch_size=len(batch[1]))

    def configure_optimizers(self) -> Any:
        learnt = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        return torch.optim.AdamW(learnt, lr=self._learning_rate, weight_decay=self._weight_decay)
