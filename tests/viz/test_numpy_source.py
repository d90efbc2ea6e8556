from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np import viz
from autograd_np.core import Op, Tensor, UnaryOp, registry
from autograd_np.errors import GraphError, MutationError, ShapeError, UnsupportedError
from autograd_np.kernels import reductions, special
from autograd_np.viz.sources import Copier
from tests.ops.calls import CALLS, Call, cotangents
from tests.viz.graphs import leaf


def body(source: viz.NumpySource) -> list[str]:
    """Return the lines that compute, without comments."""
    inside = source.text.partition('by name."""\n')[2].partition("\n    return")[0]
    return [line.partition("#")[0].strip() for line in inside.splitlines() if line.partition("#")[0].strip()]


def check(loss: Tensor, leaves: Mapping[str, Tensor], *, exact: bool = True) -> viz.NumpySource:
    """Compare a program with the engine: bit for bit, or where a kernel does a formula's work to rounding."""
    source = viz.to_numpy_source(loss, names=leaves)
    output, gradients = source.run()
    loss.backward()
    assert np.array_equal(output, loss.detach().numpy())
    assert gradients.keys() == {name for name, x in leaves.items() if x.grad is not None}
    for name, found in gradients.items():
        grad = leaves[name].grad
        assert grad is not None
        assert found.dtype == grad.dtype
        assert found.shape == grad.shape
        if exact:
            np.testing.assert_array_equal(found, grad.numpy(), err_msg=name)
        else:
            scale = 1e-12 * max(np.abs(grad.numpy()).max(), 1e-3)
            np.testing.assert_allclose(found, grad.numpy(), rtol=1e-12, atol=scale, err_msg=name)
    return source


# --- every operation ------------------------------------------------------------------------------------------------


def _one_call_per_row() -> list[Call]:
    """Return the first call of each record, and of the others those with an option that no call before it had."""
    chosen, seen = [], set()
    for call in CALLS:
        new = {(call.record.name, key) for key in call.case.options} | {(call.record.name, "")}
        if call.record.order and not new <= seen:
            seen |= new
            chosen.append(call)
    return chosen


@pytest.mark.parametrize("call", _one_call_per_row(), ids=str)
def test_every_operation_is_written_forward_and_backward(call: Call) -> None:
    with np.errstate(all="ignore"):
        with ag.record():
            leaves = call.leaves(call.arrays())
            outputs = [y for y in call(leaves) if y.requires_grad]
            weights = cotangents([y.shape for y in outputs], 0.2)
            loss = sum(
                ((y * ag.tensor(w.astype(y.dtype))).sum() for y, w in zip(outputs, weights, strict=True)), ag.zeros(())
            )
        if not outputs:
            return
        check(loss, {f"p{i}": x for i, x in enumerate(leaves) if x.requires_grad}, exact=False)


# --- programs -------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _double() -> Any:
    ag.set_default_dtype(ag.float64)
    yield
    ag.set_default_dtype(ag.float32)


class ConvNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3)
        self.fc = nn.Linear(3 * 4 * 4, 5)

    def forward(self, x: Tensor) -> Tensor:
        h = F.max_pool2d(F.relu(self.norm(self.conv(x))), 2)
        return self.fc(F.dropout(h.flatten(1), 0.5))


def mlp() -> tuple[Tensor, nn.Module]:
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    return F.cross_entropy(net(ag.randn(5, 4)), ag.arange(5) % 3), net


def conv_net() -> tuple[Tensor, nn.Module]:
    net = ConvNet()
    return F.cross_entropy(net(ag.rand(4, 1, 8, 8)), ag.arange(4)), net


def lstm() -> tuple[Tensor, nn.Module]:
    net = nn.LSTM(3, 4, 2, bidirectional=True)
    return (net(ag.randn(5, 2, 3))[0] ** 2).mean(), net


def lstm_steps() -> tuple[Tensor, nn.Module]:
    cell = nn.LSTMCell(3, 4)
    state = (ag.zeros(2, 4), ag.zeros(2, 4))
    for _ in range(3):
        state = cell(ag.randn(2, 3), state)
    return state[0].sum(), cell


def transformer() -> tuple[Tensor, nn.Module]:
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1)
    return (layer(ag.randn(5, 2, 8)) ** 3).mean(), layer


def embedding() -> tuple[Tensor, nn.Module]:
    table = nn.Embedding(10, 4)
    return F.layer_norm(table(ag.tensor([[1, 2, 3], [3, 4, 3]])), (4,)).exp().sum(), table


@pytest.mark.parametrize("program", [mlp, conv_net, lstm, lstm_steps, transformer, embedding])
def test_programs_compute_what_the_engine_computed(program: Callable[[], tuple[Tensor, nn.Module]]) -> None:
    with ag.record():
        loss, module = program()
    # Normalisations are kernels in the engine and formulas in the program.
    check(loss, dict(module.named_parameters()), exact=program not in {conv_net, transformer, embedding})


def test_broadcasting_is_summed_back_and_uses_add_up() -> None:
    x, b, s = leaf(np.arange(6.0).reshape(2, 3), "x"), leaf([0.5, 1.0, 2.0], "b"), leaf(3.0, "s")
    with ag.record():
        u = x * b
        loss = (u * s + u).sum()
    lines = body(check(loss, {"x": x, "b": b, "s": s}))
    assert "v1 = x * b" in lines
    assert "d_b = (d_v1 * x).sum((0,)).reshape((3,))" in lines
    assert sum(line.startswith("d_v1 = ") for line in lines) == 2


def test_lines_read_as_one_would_write_them() -> None:
    x, y = leaf(2.0, "x"), leaf(3.0, "y")
    with ag.record():
        u = x * y
        v = u + x
        loss = v**2
    source = check(loss, {"x": x, "y": y})
    source = viz.to_numpy_source(loss, names={"x": x, "y": y, "u": u, "v": v, "L": loss})
    assert body(source) == [
        "u = x * y",
        "v = u + x",
        "L = np.square(v)",
        "d_L = np.ones((), np.float64)",
        "d_v = d_L * (2 * v)",
        "d_u = d_v",
        "d_x = d_v",
        "d_y = d_u * x",
        "d_x = d_x + d_u * y",
    ]
    assert "    return L, {'x': d_x, 'y': d_y}" in source.text
    assert "# test_numpy_source.py:" in source.text
    assert "'x': np.array(2.0, np.float64)," in source.text


def test_shapes_and_modules_stand_in_comments() -> None:
    with ag.record():
        loss, net = mlp()
    text = viz.to_numpy_source(loss, names=net).text
    assert "# (5, 8)  Sequential.0  test_numpy_source.py:" in text
    assert "# (8, 4)" in text


def test_writes_and_views_are_lines_too() -> None:
    x = leaf(np.arange(12.0).reshape(3, 4) / 7, "x")
    with ag.record():
        y = x * 2.0
        y[0] = y[1] * 3.0
        part = y[:, 1:3]
        part.mul_(x[:, :2])
        y.add_(1.0)
        loss = (y * y).sum() + part.exp().sum()
    source = check(loss, {"x": x})
    lines = body(source)
    assert [line for line in lines if "[" in line.partition("=")[0]] == [
        "v4[0] = v3",
        "v8[:, 1:3][...] = v7",
        "d_v9[:, 1:3] += d_v12",
        "d_v4[:, 1:3][...] = 0",
        "d_x[:, :2] += d_v6",
        "t2[:, 1:3] += d_v5",
        "d_v1[0] = 0",
        "t3[1] += d_v2",
    ]


def test_numpys_front_door_and_its_promotion() -> None:
    x = ag.tensor([1.0, 2.0], dtype=ag.float32, requires_grad=True)
    with ag.record():
        loss = np.sum(np.exp(x) * np.array([0.5, 0.25])) + np.arctan2(x, 2.0).mean()
    check(loss, {"x": x})


def test_several_outputs_ports_and_integers() -> None:
    x = leaf(np.array([[3.0, 1.0, 2.0], [0.5, 4.0, 1.5]]), "x")
    with ag.record():
        values, places = x.sort(-1)
        loss = (values * ag.arange(3)).sum() + x.max() + x.gather(1, places[:, :1]).sum()
    check(loss, {"x": x})


def test_backward_may_have_run_and_parameters_may_have_moved() -> None:
    with ag.record():
        loss, net = mlp()
    loss.backward()
    parameters = dict(net.named_parameters())
    expected = {name: p.grad.numpy().copy() for name, p in parameters.items() if p.grad is not None}
    optimizer = nn.optim.SGD(net.parameters(), lr=0.1)
    optimizer.step()
    output, gradients = viz.to_numpy_source(loss, names=net).run()
    assert output == loss.item()
    for name, gradient in gradients.items():
        np.testing.assert_array_equal(gradient, expected[name])


def test_a_cotangent_starts_the_backward() -> None:
    x = leaf([1.0, 2.0], "x")
    with ag.record():
        y = x * x
    output, gradients = viz.to_numpy_source(y, gradient=[1.0, 10.0], names={"x": x, "y": y}).run()
    np.testing.assert_array_equal(output, [1.0, 4.0])
    np.testing.assert_array_equal(gradients["x"], [2.0, 40.0])


def test_other_inputs_can_be_given() -> None:
    x = leaf([1.0, 2.0], "x")
    with ag.record():
        loss = (x * x * x).sum()
    source = viz.to_numpy_source(loss, names={"x": x})
    output, gradients = source.run(x=np.array([3.0, 4.0]))
    assert output == 27 + 64
    np.testing.assert_array_equal(gradients["x"], [27.0, 48.0])


def test_names_that_python_or_the_program_needs_are_changed() -> None:
    tensors = {
        name: leaf(float(i + 2), name)
        for i, name in enumerate(["np", "run", "lambda", "a.b", "2x", "d_x", "x", 'q"""'])
    }
    with ag.record():
        loss = ag.zeros(())
        for tensor in tensors.values():
            loss = loss + tensor * tensor
    source = check(loss, tensors)
    assert {"np_2", "run_2", "lambda_", "a_b", "_2x"} <= source.inputs.keys()


def test_a_leaf_alone_is_a_program() -> None:
    x = leaf(2.0, "x")
    output, gradients = viz.to_numpy_source(x).run()
    assert (output, gradients) == (2.0, {"x": 1.0})


# --- files ----------------------------------------------------------------------------------------------------------


def test_the_file_runs_alone(tmp_path: Path) -> None:
    with ag.record():
        loss, net = conv_net()
    path = viz.render(loss, tmp_path / "net.py", names=net)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["net.npz", "net.py"]
    assert "autograd_np." not in Path(path).read_text("utf-8")
    checker = "import sys; sys.path[:] = [p for p in sys.path if 'site-packages' in p or 'lib' in p]\n"
    checker += f"import runpy; found = runpy.run_path({path!r}, run_name='__main__'); import numpy as np\n"
    checker += "np.save(sys.argv[1], found['gradients']['fc.weight'])\n"
    checker += "print('autograd_np' in sys.modules, 'nn' in sys.modules)"
    stored = tmp_path / "gradient.npy"
    text = subprocess.check_output(  # noqa: S603 (our own program)
        [sys.executable, "-c", checker, str(stored)], text=True, cwd=tmp_path
    )
    loss.backward()
    assert net.fc.weight.grad is not None
    np.testing.assert_allclose(np.load(stored), net.fc.weight.grad.numpy(), rtol=1e-12)
    assert text.splitlines()[-1] == "False False"
    assert text.startswith("v8 = ")
    assert "gradient of fc.weight:" in text


def test_small_programs_are_one_file(tmp_path: Path) -> None:
    with ag.record():
        loss, net = mlp()
    source = viz.to_numpy_source(loss, names=net)
    source.save(tmp_path / "mlp.py")
    assert [file.name for file in tmp_path.iterdir()] == ["mlp.py"]
    assert str(source) == source.text
    assert repr(source).startswith("<NumPy source of ")


def test_every_kernel_can_be_copied() -> None:
    copier = Copier()
    for name, row in registry.items():
        # Other tests make rows of their own; a kernel without a module is a NumPy function.
        if (getattr(row.kernel, "__module__", None) or "numpy").startswith(("autograd_np", "numpy")):
            copier.function(row.kernel, name)
    place: dict[str, Any] = {}
    text = "\n".join([*copier.imports, "import numpy as np", *copier.texts.values()])
    exec(compile(text, "kernels", "exec"), place)  # noqa: S102 (our own program)
    assert "autograd_np" not in text
    assert "Example:" not in text
    assert place["reciprocal_sqrt"](4.0) == special.reciprocal_sqrt(np.float64(4.0))


def test_copies_lose_annotations_and_remarks_but_not_comments() -> None:
    copier = Copier()
    copier.function(registry["batch_norm"].kernel)
    copier.function(reductions.tie_shares)
    copier.function(registry["conv2d"].kernel)
    text = "\n".join(copier.texts.values())
    assert "noqa" not in text
    assert " -> " not in "".join(line for line in text.splitlines() if line.lstrip().startswith("def "))
    assert "# of the column matrix" in text
    assert "class ConvGeometry(NamedTuple):" in text or "ConvGeometry" not in text


# --- users' rows, and what cannot be written ------------------------------------------------------------------------

_HALF = 0.5


def _halved(x: Any) -> Any:
    """Return half of x."""
    total = np.zeros_like(x)
    for part in (_HALF / 4,) * 4:
        total += x * part
    return total


def test_a_users_row_is_copied_from_its_file() -> None:
    row = UnaryOp("test_halved", _halved, lambda g, _y, _x: g * _HALF)
    try:
        x = leaf([1.0, 2.0], "x")
        with ag.record():
            loss = (row(x) * x).sum()
        source = check(loss, {"x": x})
    finally:
        del registry["test_halved"]
    assert "def _halved(x):" in source.text
    assert "_HALF = 0.5" in source.text


def test_a_kernels_branch_on_values_stays_a_branch() -> None:
    row = UnaryOp("test_branch", lambda x: x * 2 if x.sum() > 0 else x * 3, lambda g, _y, _x: g)
    try:
        x = leaf([1.0, 2.0], "x")
        with ag.record():
            y = row(x)
        source = viz.to_numpy_source(y, gradient=[1.0, 1.0], names={"x": x})
    finally:
        del registry["test_branch"]
    np.testing.assert_array_equal(source.run()[0], [2.0, 4.0])
    np.testing.assert_array_equal(source.run(x=-x.detach().numpy())[0], [-3.0, -6.0])


def test_a_program_that_would_compute_something_else_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "_HALF", 0.75)
    row = UnaryOp("test_changed", _halved, lambda g, _y, _x: g)
    try:
        x = leaf([1.0, 2.0], "x")
        with ag.record():
            loss = row(x).sum()
        # The source says 0.5, and the program would too.
        with pytest.raises(UnsupportedError, match="the program as written gives another output"):
            viz.to_numpy_source(loss)
    finally:
        del registry["test_changed"]


def test_what_cannot_be_written_says_why() -> None:
    x = leaf([1.0, 2.0], "x")
    loss = (x * x).sum()
    with pytest.raises(GraphError, match=r"'mul' was not recorded in full\n  fix: compute the output inside `with"):
        viz.to_numpy_source(loss)
    with pytest.raises(GraphError, match="no part of a recorded computation"):
        viz.to_numpy_source(ag.tensor(1.0))
    with pytest.raises(TypeError, match="expected a Tensor, got int"):
        viz.to_numpy_source(3)  # type: ignore[arg-type]  # that is the point
    with ag.record():
        several = x * 2.0
    with pytest.raises(GraphError, match="pass gradient= of that shape"):
        viz.to_numpy_source(several)
    with pytest.raises(ShapeError, match="the gradient's shape must be the output's"):
        viz.to_numpy_source(several, gradient=[1.0])
    with pytest.raises(ValueError, match=r"pass the tensor itself for \.py"):
        viz.render(viz.trace(loss), "a.py")


def test_a_users_function_cannot_be_written() -> None:
    class Cube(ag.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            (x,) = ctx.saved_tensors
            return g * 3 * x**2

    x = leaf(2.0, "x")
    with ag.record():
        loss = Cube.apply(x) * 2.0
    with pytest.raises(UnsupportedError, match="Cube is a Function, whose forward and backward work on Tensors"):
        viz.to_numpy_source(loss)


def test_a_value_that_was_written_over_unrecorded_is_noticed() -> None:
    x = leaf([1.0, 2.0], "x")
    with ag.record():
        y = x * 2.0
        z = y + 1.0
        y.detach().numpy()[0] = 100.0
        loss = (y * ag.tensor([1.0, 3.0]) + z).sum()
    with pytest.raises(MutationError, match="was changed by something that was not recorded before 'mul' used it"):
        viz.to_numpy_source(loss)


def test_a_kernel_that_is_no_function_of_its_operands_is_noticed() -> None:
    state = [1.0]

    def counting(x: Any) -> Any:
        state[0] += 1
        return x * state[0]

    row = Op("test_counting", counting, lambda g, _y, _x: g)
    try:
        x = leaf([1.0, 2.0], "x")
        with ag.record():
            loss = row(x).sum()
        with pytest.raises(GraphError, match="gives another value than it gave when it was recorded"):
            viz.to_numpy_source(loss)
    finally:
        del registry["test_counting"]


def test_a_rule_that_leaves_numpy_is_named() -> None:
    row = UnaryOp("test_leaving", np.exp, lambda g, y, _x: np.asarray(memoryview(g)) * y)
    try:
        x = leaf([1.0, 2.0], "x")
        with ag.record():
            loss = row(x).sum()
        with pytest.raises(UnsupportedError, match="the rule of 'test_leaving' does what cannot be written as NumPy"):
            viz.to_numpy_source(loss)
    finally:
        del registry["test_leaving"]
