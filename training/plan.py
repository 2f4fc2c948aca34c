"""On what a network is fitted, and how: decided from what the machine has and how large the network is, by a function that can be
tested without either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_WORTH_A_GPU = 200_000
"""Weights from which on a network is fitted on a GPU: smaller ones are done before their batches have got there."""
_AT_ONCE = 4
"""Pieces that a batch is cut into on a GPU; their gradients are added up before a step."""
_FEWEST_ROWS = 64
"""Rows below which a batch is not cut: a GPU would wait for work."""


@dataclass(frozen=True)
class Devices:
    """What a machine can fit on."""

    gpus: int = 0
    has_bfloat16: bool = False


@dataclass(frozen=True)
class TrainerPlan:
    """How a fit uses its machine. The rows of a step are the same in every plan; on several processes they are shared out."""

    accelerator: str = "cpu"
    devices: int = 1
    strategy: str = "auto"
    precision: str = "32-true"
    accumulate: int = 1
    """Pieces of a batch whose gradients are added up before a step."""


def found_devices() -> Devices:
    """What this machine has. Imports torch."""
    import torch

    if not torch.cuda.is_available():
        return Devices()
    return Devices(torch.cuda.device_count(), torch.cuda.is_bf16_supported(including_emulation=False))


def precision_for(devices: Devices) -> str:
    """Lightning's name of the precision to compute in: bfloat16 needs no scaling of the loss and is preferred to float16."""
    if devices.gpus == 0:
        return "32-true"
    return "bf16-mixed" if devices.has_bfloat16 else "16-mixed"


def plan_for(devices: Devices, weights: int, batch_rows: int) -> TrainerPlan:
    """Choose how to fit a network of so many weights on batches of so many rows.

    Several GPUs share the rows of each batch (DDP): processes are spawned for the fit alone, and the caller's goes on after it.
    """
    if devices.gpus == 0 or weights < _WORTH_A_GPU:
        return TrainerPlan()
    used = max(1, min(devices.gpus, batch_rows // _FEWEST_ROWS))
    pieces = max(1, min(_AT_ONCE, batch_rows // (used * _FEWEST_ROWS)))
    return TrainerPlan("gpu", used, "ddp_spawn" if used > 1 else "auto", precision_for(devices), pieces)


def weights_of(network: Any) -> int:
    """Number of a network's learnt weights."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
