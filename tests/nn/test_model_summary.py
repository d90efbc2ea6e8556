"""nn.summary: parameters, multiply-adds and memory, each where it arises, and a model that is as it was before."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np.errors import ArgumentError


def lenet() -> nn.Sequential:
    """Return LeNet-5 with full connections: 61,706 parameters and 416,520 multiply-adds for an image of 32 by 32."""
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)),
    )


def own(found: nn.Summary, name: str) -> nn.LayerSummary:
    return next(layer for layer in found.layers if layer.name == name)


def test_lenet() -> None:
    found = nn.summary(lenet(), (1, 1, 32, 32))
    assert (found.parameters, found.trainable, found.frozen) == (61_706, 61_706, 0)
    assert found.multiply_adds == 416_520
    assert [layer.multiply_adds for layer in found.layers if layer.multiply_adds] == [
        *(117_600, 240_000),
        *(48_000, 10_080, 840),
    ]
    results = 2 * 6 * 28 * 28 + 6 * 14 * 14 + 2 * 16 * 10 * 10 + 16 * 5 * 5 + 2 * 120 + 2 * 84 + 10
    assert found.activation_bytes == 4 * results
    assert found.parameter_bytes == 4 * 61_706
    assert [layer.outputs for layer in found.layers[:3]] == [((1, 10),), ((1, 6, 28, 28),), ((1, 6, 28, 28),)]
    assert nn.summary(lenet(), (7, 1, 32, 32)).multiply_adds == 7 * 416_520


def test_the_table() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.ReLU(), nn.BatchNorm1d(4)))
    net[0].weight.requires_grad_(False)
    found = nn.summary(net, (1000, 3))
    assert (
        str(found)
        == repr(found)
        == (
            "Layer    Type         Output     Parameters  Multiply-adds  Activations\n"
            "-----------------------------------------------------------------------\n"
            "(model)  Sequential   (1000, 4)           0              0          0 B\n"
            "  0      Linear       (1000, 4)          16         12,000        16 kB\n"
            "  1      Sequential   (1000, 4)           0              0          0 B\n"
            "    0    ReLU         (1000, 4)           0              0        16 kB\n"
            "    1    BatchNorm1d  (1000, 4)           8              0        16 kB\n"
            "-----------------------------------------------------------------------\n"
            "Parameters     24 (12 trainable, 12 frozen)\n"
            "Multiply-adds  12,000\n"
            "Memory         96 B parameters, 40 B buffers, 48 kB activations"
        )
    )
    assert (
        found.markdown()
        == found._repr_markdown_()
        == (
            "| Layer | Type | Output | Parameters | Multiply-adds | Activations |\n"
            "|---|---|---|--:|--:|--:|\n"
            "| (model) | Sequential | (1000, 4) | 0 | 0 | 0 B |\n"
            "| 0 | Linear | (1000, 4) | 16 | 12,000 | 16 kB |\n"
            "| 1 | Sequential | (1000, 4) | 0 | 0 | 0 B |\n"
            "| 1.0 | ReLU | (1000, 4) | 0 | 0 | 16 kB |\n"
            "| 1.1 | BatchNorm1d | (1000, 4) | 8 | 0 | 16 kB |\n"
            "\n"
            "Parameters: 24 (12 trainable, 12 frozen)\n"
            "Multiply-adds: 12,000\n"
            "Memory: 96 B parameters, 40 B buffers, 48 kB activations"
        )
    )


# --- where costs arise ------------------------------------------------------------------------------------------------


class Block(nn.Module):
    """A module that computes before, between and after its parts."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4)

    def forward(self, x: Any) -> Any:
        h = self.first(x @ ag.ones(4, 4))  # 3·4·4 of its own
        h = self.second(h @ h.T @ h)  # twice 3·3·4
        return {"y": (h, h @ ag.ones(4, 5))}  # 3·4·5


def test_costs_belong_to_the_module_that_computes() -> None:
    found = nn.summary(Block(), (3, 4))
    assert own(found, "").multiply_adds == 48 + 36 + 36 + 60
    assert own(found, "first").multiply_adds == own(found, "second").multiply_adds == 48
    assert own(found, "").outputs == ((3, 4), (3, 5))
    assert own(found, "").activation_bytes == 4 * (12 + 9 + 12 + 15)
    assert found.multiply_adds == 48 + 36 + 36 + 60 + 96


def test_shared_modules_and_parameters_are_counted_once_and_all_their_calls() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(5, 4)
            self.mix = nn.Linear(4, 4, bias=False)
            self.again = self.mix
            self.score = nn.Linear(4, 5, bias=False)
            self.score.weight = self.embed.weight

        def forward(self, x: Any) -> Any:
            return self.score(self.again(self.mix(self.embed(x))))

    found = nn.summary(Twice(), ag.tensor([[1, 2, 3]]))
    assert [(layer.name, layer.calls, layer.parameters) for layer in found.layers] == [
        ("", 1, 0),
        ("embed", 1, 20),
        ("mix", 2, 16),
        ("score", 1, 0),
    ]
    assert found.multiply_adds == 2 * 3 * 16 + 3 * 20
    assert "Linear × 2" in str(found)


def test_parts_that_are_not_called_are_listed() -> None:
    net = nn.Sequential(nn.Linear(2, 2))
    net[0].unused = nn.Linear(3, 3)
    found = nn.summary(net, (1, 2))
    assert own(found, "0.unused").calls == 0
    assert own(found, "0.unused").parameters == 12
    assert "unused  Linear      -" in str(found)


def test_results_that_other_code_made_are_not_counted() -> None:
    class Constant(nn.Module):
        def forward(self, x: Any) -> Any:
            with ag.no_grad():
                x @ x.T
            return x + 1

    found = nn.summary(Constant(), (3, 4))
    assert (found.multiply_adds, found.activation_bytes) == (0, 48)


def test_everything_frozen_and_no_floating_input_still_counts() -> None:
    net = nn.Sequential(nn.Embedding(5, 4), nn.ReLU(inplace=True), nn.Linear(4, 3)).requires_grad_(False)
    found = nn.summary(net, ag.tensor([0, 1]))
    assert (found.trainable, found.frozen) == (0, 35)
    assert found.multiply_adds == 24
    assert not any(p.requires_grad for p in net.parameters())


# --- products ---------------------------------------------------------------------------------------------------------


class Call(nn.Module):
    """A module that is one expression of its inputs."""

    def __init__(self, expression: str) -> None:
        super().__init__()
        self.expression = expression

    def forward(self, a: Any, b: Any = None, c: Any = None) -> Any:
        return eval(self.expression, {"F": F, "ag": ag}, {"a": a, "b": b, "c": c})  # noqa: S307 (it stands below)


@pytest.mark.parametrize(
    ("expression", "shapes", "count"),
    [
        ("a @ b", [(2, 3), (3, 4)], 24),
        ("a @ b", [(5, 1, 2, 3), (6, 3, 4)], 5 * 6 * 24),
        ("a @ b", [(7, 2, 3), (3, 4)], 7 * 24),
        ("a @ b", [(7, 3), (3,)], 21),
        ("a @ b", [(3,), (3,)], 3),
        ("ag.dot(a, b)", [(3,), (3,)], 3),
        ("ag.bmm(a, b)", [(5, 2, 3), (5, 3, 4)], 5 * 24),
        ("ag.addmm(a, b, c)", [(2, 4), (2, 3), (3, 4)], 24),
        ("F.linear(a, b, c)", [(5, 2, 3), (4, 3), (4,)], 5 * 24),
        ("ag.einsum('ij,jk->ik', a, b)", [(2, 3), (3, 4)], 24),
        ("ag.einsum('bij,bjk->bik', a, b)", [(5, 2, 3), (5, 3, 4)], 5 * 24),
        ("ag.einsum('ij,jk,kl->il', a, b, c)", [(2, 3), (3, 4), (4, 5)], 2 * 2 * 3 * 4 * 5),
        ("F.conv1d(a, b)", [(2, 3, 8), (5, 3, 3)], 2 * 5 * 6 * 9),
        ("F.conv2d(a, b, c, stride=2)", [(2, 3, 7, 9), (5, 3, 3, 3), (5,)], 2 * 5 * 3 * 4 * 27),
        ("F.conv2d(a, b, groups=4, dilation=2)", [(2, 4, 7, 7), (8, 1, 3, 3)], 2 * 8 * 3 * 3 * 9),
        ("F.conv3d(a, b)", [(1, 2, 4, 4, 4), (3, 2, 2, 2, 2)], 3 * 27 * 16),
        ("F.conv_transpose1d(a, b)", [(2, 3, 4), (3, 5, 3)], 2 * 3 * 4 * 15),
        ("F.conv_transpose2d(a, b, stride=2, groups=3)", [(2, 3, 4, 4), (3, 5, 2, 2)], 2 * 3 * 16 * 20),
        ("F.conv_transpose3d(a, b)", [(1, 2, 2, 2, 2), (2, 3, 2, 2, 2)], 2 * 8 * 24),
        ("a * b + a.sum()", [(2, 3), (3,)], 0),
    ],
)
def test_products(expression: str, shapes: list[tuple[int, ...]], count: int) -> None:
    assert nn.summary(Call(expression), *shapes).multiply_adds == count
    if count and len(shapes) == 2:
        # With ones for operands every product adds one to the sum of the results.
        assert Call(expression)(*(ag.ones(*shape) for shape in shapes)).sum().item() == count


@pytest.mark.parametrize(
    ("layer", "count"),
    [
        ("RNN(3, 4)", 7 * 5 * (12 + 16)),
        ("GRU(3, 4, bias=False)", 7 * 5 * 3 * (12 + 16)),
        ("LSTM(3, 4)", 7 * 5 * 4 * (12 + 16)),
        ("LSTM(3, 4, 2, bidirectional=True)", 7 * 5 * 2 * 4 * ((12 + 16) + (32 + 16))),
        ("LSTM(3, 4, proj_size=2)", 7 * 5 * (4 * (12 + 8) + 8)),
    ],
)
def test_recurrent_layers(layer: str, count: int) -> None:
    model = eval(f"nn.{layer}", {"nn": nn})  # noqa: S307 (the expressions stand above)
    assert nn.summary(model, (7, 5, 3)).multiply_adds == count


def test_attention() -> None:
    found = nn.summary(Call("F.scaled_dot_product_attention(a, b, c)"), (2, 3, 5, 4), (2, 3, 6, 4), (2, 3, 6, 7))
    assert found.multiply_adds == 6 * 5 * 6 * (4 + 7)


# --- how the model is called ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "keywords"),
    [
        (((2, 3),), {}),
        ((ag.zeros(2, 3),), {}),
        ((), {"input_size": (2, 3)}),
        ((), {"input_size": [(2, 3)]}),
    ],
)
def test_inputs_are_tensors_or_sizes(inputs: Any, keywords: Any) -> None:
    assert nn.summary(nn.Linear(3, 4), *inputs, **keywords).layers[0].outputs == ((2, 4),)


def test_sizes_become_random_numbers_of_the_models_type_that_are_the_same_each_time() -> None:
    seen: list[Any] = []
    net = nn.Linear(3, 4).double()
    net.register_forward_pre_hook(lambda _, args: seen.append(args[0].detach().numpy().copy()))
    for _ in range(2):
        nn.summary(net, (2, 3))
    assert seen[0].dtype == np.float64
    assert seen[0].tolist() == seen[1].tolist()
    assert 0 <= seen[0].min() < seen[0].max() < 1


def test_keywords_are_passed_on() -> None:
    class Scaled(nn.Module):
        def forward(self, x: Any, *, times: int, other: Any) -> Any:
            return x.repeat(times, 1) + other

    assert nn.summary(Scaled(), (2, 3), times=4, other=ag.ones(3)).layers[0].outputs == ((8, 3),)


@pytest.mark.parametrize(("inputs", "keywords"), [((), {}), ((2, 3), {}), (((2, 3),), {"mask": 1})], ids=repr)
def test_arguments_that_the_model_does_not_take(inputs: Any, keywords: Any) -> None:
    with pytest.raises(
        ArgumentError, match=r"summary: Linear cannot be called like this, summary\(model.*\):[\s\S]*fix"
    ):
        nn.summary(nn.Linear(3, 4), *inputs, **keywords)


def test_a_given_input_is_not_written_by_layers_that_work_in_place() -> None:
    x = ag.tensor([[-1.0, 2.0]])
    nn.summary(nn.Sequential(nn.ReLU(inplace=True), nn.ReLU(inplace=True)), x)
    assert x.tolist() == [[-1, 2]]
    assert not x.requires_grad


def test_the_model_is_as_it_was_before() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))
    net[1].eval()
    net[3].bias.requires_grad_(False)
    net[0].register_forward_hook(lambda *_: None)
    state = {key: value.tolist() for key, value in net.state_dict().items()}
    random = ag.get_rng_state().tolist()

    def as_before() -> bool:
        return (
            [m.training for m in net] == [True, False, True, True]
            and {key: value.tolist() for key, value in net.state_dict().items()} == state
            and ag.get_rng_state().tolist() == random
            and [p.requires_grad for p in net.parameters()] == [True] * 5 + [False]
            and all(p.grad is None for p in net.parameters())
            and [len(m._hooks) for m in net.modules()] == [0, 1, 0, 0, 0]
        )

    with ag.no_grad():
        assert nn.summary(net, (5, 3)).multiply_adds == 5 * (12 + 8)
    assert as_before()
    with pytest.raises(ValueError, match="linear"):
        nn.summary(net, (5, 4))
    assert as_before()


def test_lazy_layers_get_their_sizes() -> None:
    net = nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d())
    found = nn.summary(net, (5, 3))
    assert [layer.type for layer in found.layers] == ["Sequential", "Linear", "BatchNorm1d"]
    assert found.parameters == 16 + 8
    assert net[1].num_batches_tracked.item() == 0


def test_no_more_memory_is_taken_than_by_a_call_in_training() -> None:
    net = nn.Sequential(*(nn.Linear(100, 100) for _ in range(5)))
    x = ag.ones(2000, 100)
    peaks = []
    for call in (net, lambda x: nn.summary(net, x)):
        tracemalloc.start()
        call(x)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Beyond it there is the copy of the input.
    assert peaks[1] < peaks[0] + 1.2 * x.nbytes
