"""Modules without what others wrapped around them."""

import torch
from torch import nn


def plain(module: nn.Module) -> nn.Module:
    """The user's own module inside `DistributedDataParallel`, `DataParallel`, `AveragedModel` or `torch.compile`.

    >>> network = nn.Linear(2, 2)
    >>> plain(nn.DataParallel(network)) is network
    True
    """
    wrappers = (nn.parallel.DistributedDataParallel, nn.DataParallel, torch.optim.swa_utils.AveragedModel)
    while True:
        if isinstance(module, wrappers):
            module = module.module
        elif isinstance(module.__dict__.get("_modules", {}).get("_orig_mod"), nn.Module):
            module = module.__dict__["_modules"]["_orig_mod"]
        else:
            return module
