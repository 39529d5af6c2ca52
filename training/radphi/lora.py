"""Low-rank adaptation of linear layers: y = W x + (alpha / rank) · B A x, with W frozen; merged into W on export."""
import math

import torch
import torch.nn.functional as F
from torch import nn


class LowRank(nn.Module):
    def __init__(self, linear, rank, alpha, dropout):
        super().__init__()
        self.linear = linear
        for parameter in linear.parameters():
            parameter.requires_grad_(False)
        self.scale = alpha / rank
        self.dropout = dropout
        kind = torch.float32                                   # the small matrices are trained in full precision
        self.down = nn.Parameter(torch.empty(rank, linear.in_features, dtype=kind, device=linear.weight.device))
        self.up = nn.Parameter(torch.zeros(linear.out_features, rank, dtype=kind, device=linear.weight.device))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, x):
        low = F.dropout(x, self.dropout, self.training) if self.dropout else x
        low = F.linear(F.linear(low.to(self.down.dtype), self.down), self.up) * self.scale
        return self.linear(x) + low.to(x.dtype)

    def merged(self):
        with torch.no_grad():
            self.linear.weight += (self.up @ self.down * self.scale).to(self.linear.weight.dtype)
        return self.linear


TARGETS = ("q_proj", "k_proj", "v_proj", "dense", "fc1", "fc2")


def adapt(model, rank, alpha, dropout=0.0, targets=TARGETS):
    """Puts a `LowRank` in place of every linear layer whose name ends in one of `targets`; everything else is frozen."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    count = 0
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if name in targets and isinstance(child, nn.Linear):
                setattr(module, name, LowRank(child, rank, alpha, dropout))
                count += 1
    if count == 0:
        raise ValueError(f"no linear layer named {', '.join(targets)}: not a Phi model?")
    return [p for p in model.parameters() if p.requires_grad]


def merge(model):
    """Back to plain linear layers, with what was learned added to their weights."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, LowRank):
                merged = child.merged()
                for parameter in merged.parameters():
                    parameter.requires_grad_(True)
                setattr(module, name, merged)
    return model
