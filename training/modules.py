"""How a network learns, whatever network it is: the loss it is given, its optimiser, and what is watched."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from training.networks.losses import Batch, Loss


class ScoreModule(pl.LightningModule):
    """Trains an injected network by an injected loss."""

    def __init__(
        self, network: nn.Module, loss: Loss, learning_rate: float, weight_decay: float, is_annealed: bool = False
    ) -> None:
        """`is_annealed`: the learning rate rises for a tenth of all steps, and then falls along a cosine to zero."""
        super().__init__()
        self.network = network
        self._loss = loss
        self._learning_rate = learning_rate
        self._weight_decay = weight_decay
        self._is_annealed = is_annealed

    def forward(self, raw: Tensor) -> Tensor:
        return self.network(raw)

    def training_step(self, batch: Batch, _: int) -> Tensor:
        return self._loss(self.network, batch)

    def validation_step(self, batch: Batch, _: int) -> None:
        # Every process validates on all rows, so that there is nothing to bring together.
        self.log("valid_loss", self._loss(self.network, batch), batch_size=len(batch[1]))

    def configure_optimizers(self) -> Any:
        learnt = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        optimiser = torch.optim.AdamW(learnt, lr=self._learning_rate, weight_decay=self._weight_decay)
        if not self._is_annealed:
            return optimiser
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, self._learning_rate, total_steps=max(steps, 2), pct_start=0.1, cycle_momentum=False
        )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
