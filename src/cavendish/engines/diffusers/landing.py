"""Pictures on their way from the device to main memory: the device's thread starts the copy and does not wait for it."""

from collections import deque
from dataclasses import dataclass

import torch

_AHEAD = 1  # steps that the thread may be ahead of the device: enough to keep it busy, so few that others join soon


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """A tensor in main memory that is whole once `wait` returns. `copied` is None where nothing had to be copied."""

    tensor: torch.Tensor
    copied: torch.Event | None = None

    def wait(self) -> torch.Tensor:
        """Return the tensor when the device has written it. On any thread."""
        if self.copied is not None:
            self.copied.synchronize()
        return self.tensor


def land(tensor: torch.Tensor) -> Landing:
    """Start copying a tensor to main memory, behind everything that the device was told before."""
    if tensor.device.type != "cuda":
        return Landing(tensor=tensor.cpu())
    host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    host.copy_(tensor, non_blocking=True)
    copied = torch.Event(device=tensor.device)
    copied.record()
    return Landing(tensor=host, copied=copied)


class Pace:
    """Keeps the device's thread at most a step ahead of a device that works by itself. For that thread only."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._told: deque[torch.Event] = deque()

    def stepped(self) -> None:
        """Tell that a step was handed over; wait until the one before it is done."""
        if self._device.type != "cuda":
            return
        done = torch.Event(device=self._device)
        done.record()
        self._told.append(done)
        while len(self._told) > _AHEAD:
            self._told.popleft().synchronize()
