"""What is compared with PyTorch, written so that it runs on either library; the values stand in torch_values.json.

`python -m tests.nn.torch_cases` writes that file anew where PyTorch is installed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

VALUES = Path(__file__).with_name("torch_values.json")

#: Layer, and the shapes of its inputs; integers draw classes below that number instead: ("classes", shape, K).
LAYERS: dict[str, tuple[Any, ...]] = {
    "Linear(4, 3)": ((2, 4),),
    "Linear(4, 3, bias=False)": ((2, 2, 4),),
    "Conv1d(2, 3, 3)": ((2, 2, 7),),
    "Conv1d(2, 4, 3, stride=2, padding=1, dilation=2, groups=2, bias=False)": ((1, 2, 8),),
    "Conv1d(2, 2, 4, padding='same')": ((1, 2, 6),),
    "Conv2d(2, 3, 3)": ((2, 2, 5, 5),),
    "Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2)": ((1, 2, 6, 5),),
    "Conv2d(1, 2, 4, padding='same', bias=False)": ((1, 1, 5, 5),),
    "Conv2d(1, 2, 3, padding='valid')": ((1, 1, 4, 4),),
    "Conv2d(1, 2, 3, padding=1, padding_mode='reflect')": ((1, 1, 4, 4),),
    "Conv2d(1, 2, 3, padding=(1, 2), padding_mode='circular')": ((1, 1, 4, 4),),
    "Conv2d(1, 2, 3, padding=2, padding_mode='replicate')": ((1, 1, 4, 4),),
    "ConvTranspose2d(2, 3, 3)": ((2, 2, 3, 3),),
    "ConvTranspose2d(2, 4, 3, stride=2, padding=1, output_padding=1, groups=2)": ((1, 2, 3, 3),),
    "ConvTranspose2d(1, 2, (2, 3), dilation=(2, 1), bias=False)": ((1, 1, 3, 3),),
    "MaxPool1d(2)": ((1, 2, 7),),
    "MaxPool1d(3, stride=2, padding=1)": ((1, 2, 7),),
    "MaxPool2d(2)": ((1, 2, 5, 5),),
    "MaxPool2d(3, stride=2, padding=1, ceil_mode=True)": ((1, 2, 6, 6),),
    "MaxPool2d(2, stride=1, dilation=2)": ((1, 2, 5, 5),),
    "AvgPool2d(2)": ((1, 2, 5, 5),),
    "AvgPool2d(3, stride=2, padding=1, ceil_mode=True)": ((1, 2, 6, 6),),
    "AvgPool2d(3, stride=2, padding=1, count_include_pad=False)": ((1, 2, 6, 6),),
    "AvgPool2d((2, 1), divisor_override=3)": ((1, 1, 4, 4),),
    "AdaptiveAvgPool2d(1)": ((1, 2, 5, 4),),
    "AdaptiveAvgPool2d((3, 2))": ((1, 2, 5, 5),),
    "AdaptiveAvgPool2d((None, 2))": ((1, 2, 3, 5),),
    "BatchNorm1d(3)": ((4, 3),),
    "BatchNorm1d(3, eps=0.01, momentum=0.3)": ((4, 3, 2),),
    "BatchNorm2d(2)": ((3, 2, 2, 2),),
    "BatchNorm2d(2, momentum=None)": ((3, 2, 2, 2),),
    "BatchNorm2d(2, affine=False)": ((3, 2, 2, 2),),
    "BatchNorm2d(2, track_running_stats=False)": ((3, 2, 2, 2),),
    "LayerNorm(4)": ((2, 3, 4),),
    "LayerNorm((3, 4), eps=0.1)": ((2, 3, 4),),
    "LayerNorm(4, elementwise_affine=False)": ((2, 4),),
    "LayerNorm(4, bias=False)": ((2, 4),),
    "ReLU()": ((2, 4),),
    "ReLU(inplace=True)": ((2, 4),),
    "ReLU6()": ((2, 4),),
    "LeakyReLU()": ((2, 4),),
    "LeakyReLU(0.2, inplace=True)": ((2, 4),),
    "ELU()": ((2, 4),),
    "ELU(0.5)": ((2, 4),),
    "GELU()": ((2, 4),),
    "GELU(approximate='tanh')": ((2, 4),),
    "SiLU()": ((2, 4),),
    "Softplus()": ((2, 4),),
    "Softplus(2, threshold=1)": ((2, 4),),
    "Sigmoid()": ((2, 4),),
    "Tanh()": ((2, 4),),
    "Softmax(dim=1)": ((2, 4),),
    "LogSoftmax(dim=0)": ((2, 4),),
    "Flatten()": ((2, 2, 3),),
    "Flatten(0, 1)": ((2, 2, 3),),
    "Unflatten(1, (2, 3))": ((2, 6),),
    "Identity()": ((2, 2),),
    "Dropout(0.0)": ((2, 2),),
    "Dropout2d(0.0)": ((1, 2, 2, 2),),
    "CrossEntropyLoss()": ((4, 3), ("classes", (4,), 3)),
    "CrossEntropyLoss(reduction='none', label_smoothing=0.1)": ((4, 3), ("classes", (4,), 3)),
    "CrossEntropyLoss(ignore_index=1, reduction='sum')": ((2, 3, 4), ("classes", (2, 4), 3)),
    "CrossEntropyLoss(label_smoothing=0.2)": ((4, 3), ("probabilities", (4, 3))),
    "NLLLoss()": ((4, 3), ("classes", (4,), 3)),
    "NLLLoss(ignore_index=2, reduction='none')": ((2, 3, 4), ("classes", (2, 4), 3)),
    "MSELoss()": ((2, 4), (2, 4)),
    "MSELoss(reduction='sum')": ((2, 4), (2, 4)),
    "L1Loss()": ((2, 4), (2, 4)),
    "L1Loss(size_average=False)": ((2, 4), (2, 4)),
    "SmoothL1Loss(beta=0.5)": ((2, 4), (2, 4)),
    "SmoothL1Loss(beta=0)": ((2, 4), (2, 4)),
    "HuberLoss(delta=0.5, reduction='none')": ((2, 4), (2, 4)),
    "BCELoss()": (("probabilities", (2, 3)), ("probabilities", (2, 3))),
    "BCEWithLogitsLoss()": ((2, 3), ("probabilities", (2, 3))),
    "KLDivLoss(reduction='batchmean')": ((2, 3), ("probabilities", (2, 3))),
    "KLDivLoss(log_target=True)": ((2, 3), (2, 3)),
}

OPTIMIZERS = [
    "SGD(groups, lr=0.1)",
    "SGD(groups, lr=0.1, momentum=0.9)",
    "SGD(groups, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01)",
    "SGD(groups, lr=0.05, momentum=0.8, dampening=0.3, weight_decay=0.1)",
    "SGD(groups, lr=0.02, maximize=True, weight_decay=0.1)",
    "Adam(groups, lr=0.1)",
    "Adam(groups, lr=0.1, betas=(0.8, 0.9), eps=0.001, weight_decay=0.1)",
    "Adam(groups, lr=0.1, amsgrad=True)",
    "Adam(groups, lr=0.05, maximize=True, amsgrad=True, weight_decay=0.05)",
    "AdamW(groups, lr=0.1)",
    "AdamW(groups, lr=0.1, weight_decay=0.2, amsgrad=True)",
    "AdamW(groups, lr=0.05, maximize=True)",
    "Adagrad(groups, lr=0.1)",
    "Adagrad(groups, lr=0.1, lr_decay=0.05, weight_decay=0.1, initial_accumulator_value=0.2, eps=0.001)",
    "RMSprop(groups, lr=0.01)",
    "RMSprop(groups, lr=0.01, alpha=0.9, eps=0.001, weight_decay=0.1, momentum=0.8, centered=True)",
    "RMSprop(groups, lr=0.01, maximize=True, momentum=0.5)",
]

SCHEDULES = [
    "StepLR(optimizer, 3)",
    "StepLR(optimizer, 2, gamma=0.5)",
    "LambdaLR(optimizer, lambda epoch: 0.9 ** epoch)",
    "LambdaLR(optimizer, [lambda epoch: 1 / (1 + epoch), lambda epoch: 2.0])",
    "CosineAnnealingLR(optimizer, 5)",
    "CosineAnnealingLR(optimizer, 4, eta_min=0.01)",
]


def numbers(shape: Any, start: float = 0.0) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return irregular numbers within ±2 that every machine computes alike."""
    count = int(np.prod(shape))
    return (2 * np.sin(1.7 * np.arange(count) + start)).reshape(shape)


def given(spec: Any, start: float) -> np.ndarray[Any, Any]:
    """Return the input that a specification means."""
    if spec[0] == "classes":
        return (np.arange(int(np.prod(spec[1]))) * 7 % 5 % spec[2]).reshape(spec[1])
    if spec[0] == "probabilities":
        values = np.abs(numbers(spec[1], start)) + 0.1
        return values / values.sum(-1, keepdims=True)
    return numbers(spec, start)


def _made(expression: str, **names: Any) -> Any:
    return eval(expression, names)  # noqa: S307 (the expressions stand above)


def run_layer(name: str, nn: Any, tensor: Any) -> dict[str, Any]:
    """Return what a layer in double precision gives: values, gradients, buffers, names and its printed form."""
    layer = _made(f"nn.{name}", nn=nn).double()
    text = repr(layer)
    for i, parameter in enumerate(layer.parameters()):
        parameter.data = tensor(numbers(tuple(parameter.shape), 0.5 + i) / 2)
    arrays = [given(spec, 0.1 + i) for i, spec in enumerate(LAYERS[name])]
    inputs = [tensor(array) for array in arrays]
    inputs[0].requires_grad_()
    # A layer that writes in place must not be handed a leaf.
    first = inputs[0] * 1 if "inplace=True" in name else inputs[0]
    # Twice, so that running statistics depend on their previous values.
    for _ in range(2 if any(True for _ in layer.buffers()) else 1):
        output = layer(first, *inputs[1:])
    probe = tensor(numbers(tuple(output.shape), 0.3))
    (output * probe).sum().backward()
    found: dict[str, Any] = {
        "repr": text,
        "state": {key: list(value.shape) for key, value in layer.state_dict().items()},
        "output": output.detach().numpy().tolist(),
        "input.grad": inputs[0].grad.numpy().tolist(),
        "buffers": {key: value.detach().numpy().tolist() for key, value in layer.named_buffers()},
    }
    found.update({f"{key}.grad": p.grad.numpy().tolist() for key, p in layer.named_parameters()})
    layer.eval()
    found["evaluated"] = layer(inputs[0].detach(), *inputs[1:]).detach().numpy().tolist()
    return found


def run_optimizer(name: str, optim: Any, tensor: Any, dtype: Any = np.float64) -> list[Any]:
    """Return the parameters after 20 steps with a gradient that depends on them."""
    params = [tensor(numbers(shape, i).astype(dtype)).requires_grad_() for i, shape in enumerate([(2, 3), (4,), ()])]
    groups = [{"params": params[:2]}, {"params": params[2:], "lr": 0.03}]
    optimizer = _made(f"optim.{name}", optim=optim, groups=groups)
    for step in range(20):
        for i, p in enumerate(params):
            values = p.detach().numpy()
            # One parameter has no gradient at times, as in a model with branches.
            if i == 1 and step in (0, 7):
                p.grad = None
            else:
                p.grad = tensor(np.asarray(values - 0.5 + 0.3 * np.sin(3 * values + step), dtype))
        optimizer.step()
    return [p.detach().numpy().tolist() for p in params]


def run_schedule(name: str, optim: Any, tensor: Any) -> list[Any]:
    """Return the step sizes of two groups over 12 epochs."""
    params = [tensor(np.ones(2)).requires_grad_() for _ in range(2)]
    optimizer = optim.SGD([{"params": params[:1]}, {"params": params[1:], "lr": 0.5}], lr=0.1)
    schedule = _made(f"optim.lr_scheduler.{name}", optim=optim, optimizer=optimizer)
    found = []
    for _ in range(12):
        found.append(list(schedule.get_last_lr()))
        optimizer.step()
        schedule.step()
    return found


def main() -> None:
    """Write the values of the installed PyTorch, a line per case."""
    import warnings

    import torch

    warnings.simplefilter("ignore")
    found = {
        "layers": {name: run_layer(name, torch.nn, torch.tensor) for name in LAYERS},
        "optimizers": {name: run_optimizer(name, torch.optim, torch.tensor) for name in OPTIMIZERS},
        "schedules": {name: run_schedule(name, torch.optim, torch.tensor) for name in SCHEDULES},
    }
    parts = []
    for part, cases in found.items():
        lines = [f"{json.dumps(name)}:{_short(values)}" for name, values in cases.items()]
        parts.append(f"{json.dumps(part)}:{{\n" + ",\n".join(lines) + "\n}")
    VALUES.write_text("{\n" + ",\n".join(parts) + "\n}\n", "utf-8")


def _short(values: Any) -> str:
    return json.dumps(_rounded(json.loads(json.dumps(values, default=float))), separators=(",", ":"))


def _rounded(value: Any) -> Any:
    """Return nested values with 12 significant digits: enough for 1e-10, and a file a third shorter."""
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return {key: _rounded(item) for key, item in value.items()} if isinstance(value, dict) else value


if __name__ == "__main__":
    main()
