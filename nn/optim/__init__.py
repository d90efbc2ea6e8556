"""Optimisers: how parameters follow their gradients.

Source: torch.optim.
"""

from nn.optim import lr_scheduler, swa_utils
from nn.optim.adafactor import Adafactor
from nn.optim.adam import Adam, AdamW
from nn.optim.adam_variants import Adamax, NAdam, RAdam
from nn.optim.adaptive import Adadelta, Adagrad, RMSprop
from nn.optim.asgd import ASGD
from nn.optim.lbfgs import LBFGS
from nn.optim.lion import Lion
from nn.optim.muon import Muon
from nn.optim.optimizer import Optimizer
from nn.optim.rprop import Rprop
from nn.optim.sgd import SGD

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "lr_scheduler",
    "swa_utils",
]
