from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_np.core import registry
from autograd_np.viz.formulas import latex, meanings, text
from autograd_np.viz.printing import LATEX
from autograd_np.viz.simplify import simplified
from autograd_np.viz.symbols import Applied, Name, Number, Short, Symbol, Words, evaluate, expanded_size, parts, settled

A, B, X, Y = Name("A", (4, 3)), Name("B", (3, 2)), Name("x", (3,)), Name("y", (3,))
VALUES: dict[str, Any] = {
    "A": np.arange(12.0).reshape(4, 3) - 4.5,
    "B": np.arange(6.0).reshape(3, 2) + 0.5,
    "x": np.array([0.5, -1.5, 2.0]),
    "y": np.array([1.5, 0.25, -3.0]),
}


# --- rows on symbols ----------------------------------------------------------------------------------------------


def test_every_kind_of_row_answers_with_the_symbol_of_its_call() -> None:
    calls = {
        "exp": registry["exp"](X),
        "mul": registry["mul"](X, 2.0),
        "gt": registry["gt"](X, 0),
        "where": registry["where"](X, Y, 0.0),
        "transpose": registry["transpose"](A, a=0, b=1),
        "linear": registry["linear"](A, B, None),
        "cat": registry["cat"](X, Y, axis=0, starts=(0, 3, 6)),
        "place": registry["place"](X, shape=(5,), index=(slice(0, 3),)),
        "sum": registry["sum"](A, axes=(0,), keepdims=False),
    }
    for name, symbol in calls.items():
        assert isinstance(symbol, Applied)
        assert symbol.row is registry[name]
    assert calls["linear"].operands == (A, B, None)
    assert calls["sum"].static == {"axes": (0,), "keepdims": False}
    values, indices = registry["sort"](X, axis=0, descending=False)
    assert (values.output, indices.output) == (0, 1)


def test_an_array_beside_a_symbol_leaves_the_answer_to_it() -> None:
    eye = np.eye(3)
    for symbol in (eye * X, X * eye, eye + X, registry["matmul"](eye, B), registry["mul"](eye, X)):
        assert isinstance(symbol, Applied)
    assert isinstance(np.float64(2.0) * X, Applied)
    with pytest.raises(TypeError, match="unsupported operand"):
        X + "text"


def test_arrays_and_tensors_do_not_notice() -> None:
    row = registry["mul"]
    assert type(row(np.ones(2), np.ones(2))) is np.ndarray
    assert type(row.on_arrays(2.0, 3.0)) is np.ndarray
    values, places = registry["sort"].on_arrays(np.array([2.0, 1.0]), axis=0, descending=False)
    np.testing.assert_array_equal(values, [1.0, 2.0])
    np.testing.assert_array_equal(places, [1, 0])


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        (X + 1 - Y, VALUES["x"] + 1 - VALUES["y"]),
        (2 - X * Y / 4, 2 - VALUES["x"] * VALUES["y"] / 4),
        (-(X**2) + 3 % abs(Y), -(VALUES["x"] ** 2) + 3 % abs(VALUES["y"])),
        (1 / (2**X) + X // 2, 1 / 2 ** VALUES["x"] + VALUES["x"] // 2),
        (A @ B, VALUES["A"] @ VALUES["B"]),
        (np.ones((2, 4)) @ A, np.ones((2, 4)) @ VALUES["A"]),
        (A.T, VALUES["A"].T),
        (A.reshape((2, 6)), VALUES["A"].reshape(2, 6)),
        (A.reshape(2, -1), VALUES["A"].reshape(2, 6)),
        (A.sum(0) + A.mean(), VALUES["A"].sum(0) + VALUES["A"].mean()),
        (A.sum((0, 1), keepdims=True), VALUES["A"].sum((0, 1), keepdims=True)),
        (A[1:, 0], VALUES["A"][1:, 0]),
        ((X > 0) * Y + ~(X <= Y), (VALUES["x"] > 0) * VALUES["y"] + ~(VALUES["x"] <= VALUES["y"])),
        (+X.to(np.float32).copy(), VALUES["x"]),
        (registry["sort"](X, axis=0, descending=False)[1], [1, 0, 2]),
        (Short("s", X + 1) * 2, (VALUES["x"] + 1) * 2),
    ],
    ids=str,
)
def test_expressions_compute_what_they_say(symbol: Symbol, expected: Any) -> None:
    found = evaluate(symbol, VALUES)
    np.testing.assert_allclose(found, expected, rtol=1e-15)
    assert np.shape(found) == np.shape(expected)
    if not isinstance(symbol, Short):
        assert tuple(symbol.shape) == np.shape(expected)


def test_words_do_not_compute() -> None:
    with pytest.raises(TypeError, match="x reversed is said in words alone"):
        evaluate(Words("{0} reversed", (X,)), VALUES)
    with pytest.raises(KeyError):
        evaluate(Name("unheard"), VALUES)


def test_rules_count_with_known_numbers_and_compare_them() -> None:
    n, m = Name("n", (), value=4), Name("m", (), value=6)
    assert (n + m).known == 10
    assert max(n - 5, 1) == 1
    assert n < m
    assert not n >= m
    assert (1, 2) * n == (1, 2) * 4
    assert list(range(n)) == [0, 1, 2, 3]
    assert np.zeros((n, 2)).shape == (4, 2)
    assert float(n / m) == pytest.approx(2 / 3)
    assert settled({"shape": (n, 2 * m), "name": "x"}) == {"shape": (4, 12), "name": "x"}
    assert Name("z", (n, m)).size == n * m
    assert "n" in text(Name("g") / (n - 1))


def test_what_is_not_known_has_no_truth_value() -> None:
    condition = X > 0
    for use in (bool, int, float, lambda c: [] if c else [1], list, range):
        with pytest.raises(TypeError):
            use(condition)
    with pytest.raises(TypeError, match="the shape of unheard is not known"):
        _ = Name("unheard").shape
    with pytest.raises(TypeError, match="the shape of exp\\(unheard\\) is not known"):
        _ = registry["exp"](Name("unheard")).shape


def test_equal_expressions_are_equal() -> None:
    assert X * 2 + Y == X * 2 + Y
    assert hash(X * 2) == hash(X * 2)
    assert X * 2 != X * 3
    assert A.sum(0) != A.sum(1)
    assert registry["gather"](X, index=(np.array([1, 2]),)) == registry["gather"](X, index=(np.array([1, 2]),))
    assert registry["gather"](X, index=(np.array([1, 2]),)) != registry["gather"](X, index=(np.array([2, 1]),))
    assert Short("s", X) != Short("t", X)
    assert Words("a {0}", (X,)) == Words("a {0}", (X,))
    assert {Number(2): 1}[Number(2)] == 1
    assert np.eye(2) * X == np.eye(2) * X


def test_sizes_of_expressions_count_what_is_shared_as_often_as_it_stands_there() -> None:
    y: Any = X
    for _ in range(70):
        y = y * y
    assert expanded_size(y) == 2**71 - 1
    assert len(list(parts(X * 2 + 1))) == 5


# --- simplification -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        (Number(1) * X * 1, "x"),
        (X / 1 + 0, "x"),
        (0 - X, "-x"),
        (registry["neg"](-X), "x"),
        (-X * -Y, "x·y"),
        (-X / Y, "-x/y"),
        (X - (-Y), "x + y"),
        (-X + Y, "y - x"),
        (X + (-2), "x - 2"),
        (-(X - Y), "y - x"),
        (X * 0, "0"),
        (X * X * X, "x³"),
        (-X * Y * Y, "-x·y²"),
        (X * (2 * Y), "2·x·y"),
        (X * Y / (-2 * Y), "-x·y/(2·y)"),
        (X * 2 / 4, "x/2"),
        (X * 3 / 0.5, "6·x"),
        (X / 3, "x/3"),
        (X * (1 / Y), "x/y"),
        (X / Y / Y, "x/y²"),
        ((X * Y) / Y, "x·y/y"),
        (Number(2) + 3 - Number(1), "4"),
        (registry["sqrt"](X) * registry["sqrt"](X), "x"),
        (registry["square"](registry["sqrt"](X)), "x"),
        (Y * registry["rsqrt"](X), "y/√x"),
        (registry["reciprocal"](X) * Y, "y/x"),
        (registry["pow"](X, exponent=1), "x"),
        (registry["pow"](X, exponent=0), "1"),
        (registry["pow"](X, exponent=Name("p", (), value=3) - 1), "x^(p - 1)"),
        (registry["pow_tensor"](X, 2), "x²"),
        (registry["where"](X > 0, Y, 0.0), "1[x>0]·y"),
        (registry["where"](X > 0, 0.0, Y), "1[x≤0]·y"),
        (registry["logical_not"](~(X > 0)), "1[x>0]"),
        (registry["ge"](-X, -Y), "1[x≤y]"),
        (Y * (X > 0), "1[x>0]·y"),
        (A.T.T, "A"),
        ((-A).sum(0), "-Σ₀ A"),
        (A.sum(0) * X, "x·Σ₀ A"),
        (X / Number(0), "x/0"),
        (np.ones(3) * X, "x"),
        (registry["zeros_like"](X) + Y, "y"),
        (X * np.log(2), "x·ln 2"),
        (X * -(2 / np.sqrt(np.pi)), "-2/√π·x"),
        (X / Number(-2), "-x/2"),
        (Number(-2) * 3 * Number(1), "-6"),
        (Number(-1) * Number(1), "-1"),
        (registry["neg"](Number(np.log(2))), "-ln 2"),
        (registry["where"](X > 0, X, Y), "x where x>0 else y"),
        (registry["masked_fill"](X, Y > 0, 2.0), "masked_fill(x, 1[y>0], 2)"),
        (registry["masked_fill"](X, Y > 0, 0.0), "1[y≤0]·x"),
        (registry["xlogy_gap"](X, Y) * X, "0"),
        (registry["transpose"](A.T, a=0, b=2), "swapaxes(Aᵀ, 0, 2)"),
        (registry["sqrt"](X) * Y * registry["sqrt"](X), "y·x"),
        (X ** Number(0.5), "x^0.5"),
    ],
    ids=str,
)
def test_simplification_does_what_a_reader_would(symbol: Symbol, expected: str) -> None:
    assert text(simplified(symbol)) == expected


def test_simplification_does_not_change_the_value() -> None:
    for symbol in (-X * Y / (-2 * Y) + (0 - X), (X * Y * X - (-Y)) / (2 * X) * 6, -(X - Y) * (X > Y) / 0.3):
        expected = evaluate(symbol, VALUES)
        np.testing.assert_allclose(evaluate(simplified(symbol), VALUES), expected, rtol=1e-14)


# --- printing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "plain", "tex"),
    [
        (X + Y - (X - Y), "x + y - (x - y)", r"x + y - \left(x - y\right)"),
        ((X + Y) * 2, "(x + y)·2", r"\left(x + y\right) \cdot 2"),
        (X / (Y * 2), "x/(y·2)", r"\frac{x}{y \cdot 2}"),
        (X / Y * 2, "x/y·2", r"\frac{x}{y} \cdot 2"),
        ((X + 1) / Y, "(x + 1)/y", r"\frac{x + 1}{y}"),
        (registry["square"](-X), "(-x)²", r"{\left(-x\right)}^{2}"),
        (-registry["square"](X), "-x²", "-x^{2}"),
        (registry["square"](X * Y), "(x·y)²", r"{\left(x \cdot y\right)}^{2}"),
        (X ** (Y + 1), "x^(y + 1)", "x^{y + 1}"),
        (registry["pow"](X, exponent=-2), "x⁻²", "x^{-2}"),
        (registry["pow"](X, exponent=0.5), "x^0.5", "x^{0.5}"),
        (registry["sqrt"](X), "√x", r"\sqrt{x}"),
        (registry["sqrt"](X * Y), "√(x·y)", r"\sqrt{x \cdot y}"),
        (abs(X - Y), "|x - y|", r"\lvert x - y \rvert"),
        (A.T @ B, "Aᵀ·B", r"A^{\top} \, B"),
        ((A + 1) @ B, "(A + 1)·B", r"\left(A + 1\right) \, B"),
        ((A @ B).T, "(A·B)ᵀ", r"{\left(A \, B\right)}^{\top}"),
        ((A @ B) * (A @ B), "(A·B) ⊙ (A·B)", r"\left(A \, B\right) \odot \left(A \, B\right)"),
        (2 * (A @ B), "2·A·B", r"2 \cdot A \, B"),
        (registry["inv"](A) @ B, "A⁻¹·B", r"A^{-1} \, B"),
        (registry["solve"](A.T, B), "A⁻ᵀ·B", r"A^{-\top} \, B"),
        ((X * Y).sum(), "Σ x·y", r"\sum x \cdot y"),
        (A.sum((0, 1)) + 1, "Σ₀₁ A + 1", r"\sum_{0,1} A + 1"),
        (A.sum(0) * X, "(Σ₀ A)·x", r"\left(\sum_{0} A\right) \cdot x"),
        ((X + Y).sum(), "Σ (x + y)", r"\sum \left(x + y\right)"),
        ((X >= 0) * (X < 2) * Y, "1[x≥0]·1[x<2]·y", None),
        ((X > 0) * Y, "1[x>0]·y", r"\mathbf{1}\left[x > 0\right] \cdot y"),
        (~(X > 0) * Y, "1[not x>0]·y", r"\mathbf{1}\left[\text{not }x > 0\right] \cdot y"),
        (Name("m", dtype=np.bool_) * Y, "1[m]·y", r"\mathbf{1}\left[m\right] \cdot y"),
        (registry["exp"](-X), "exp(-x)", r"\exp\left(-x\right)"),
        (registry["log"](X), "ln(x)", r"\ln\left(x\right)"),
        (registry["sigmoid"](X), "σ(x)", r"\sigma\left(x\right)"),
        (registry["atanh"](X), "atanh(x)", r"\operatorname{atanh}\left(x\right)"),
        (X * Number(-3), "x·(-3)", r"x \cdot \left(-3\right)"),
        (X * Name("-3"), "x·(-3)", r"x \cdot \left(-3\right)"),
        (X * 1.5e-7, "x·1.5e-7", r"x \cdot 1.5 \cdot 10^{-7}"),
        (np.eye(3) @ A.T, "I·Aᵀ", r"I \, A^{\top}"),
        (np.ones((2, 3)) + X, "1 + x", "1 + x"),
        (np.array([True, False, True]) * X, "1[mask]·x", r"\mathbf{1}\left[\text{mask}\right] \cdot x"),
        (np.arange(3) * X, "c·x", r"c \cdot x"),
        (A[::2, :-1], "A[::2, :-1]", r"A\left[::2, :-1\right]"),
        (registry["gather"](A, index=(np.array([1]),)), "A[…]", None),
        (registry["clamp"](X, min=None, max=1.0) > 0, "1[clamp(x, –, 1)>0]", None),
        (registry["clamp_mask"](X, min=None, max=1.0), "1[x≤1]", None),
        (registry["clamp_mask"](X, min=-1.0, max=None), "1[-1≤x]", None),
        (registry["logical_and"](X > 0, Y > 0), "1[x>0 and y>0]", None),
        (A[0, 1:3], "A[0, 1:3]", r"A\left[0, 1:3\right]"),
        (A[..., None], "A[…, None]", r"A\left[…, None\right]"),
        (Words("{0} at each maximum", (X,)), "x at each maximum", r"x\text{ at each maximum}"),
        (Words("{0} at each maximum", (X + Y,)), "(x + y) at each maximum", None),
        (Words("upper {0}", (X,), latex=r"\uparrow {0}"), "upper x", r"\uparrow x"),
        (Short("Φ", X, (X,)) + Short("x\u0302", Y), "Φ(x) + x\u0302", r"\Phi\left(x\right) + \hat{x}"),
    ],
    ids=lambda value: str(value) if isinstance(value, Symbol) else "",
)
def test_texts_have_the_brackets_they_need(symbol: Symbol, plain: str, tex: str | None) -> None:
    assert text(symbol) == plain
    if tex is not None:
        assert latex(symbol) == tex


@pytest.mark.parametrize(
    ("name", "tex"),
    [
        ("x", "x"),
        ("v12", "v_{12}"),
        ("y\u0304", r"\bar{y}"),
        ("v\u03041[0]", r"\bar{v}_{1,0}"),
        ("x⁽²⁾", "x^{(2)}"),
        ("σ²", r"\sigma^{2}"),
        ("∇weight", r"\nabla \mathrm{weight}"),
        ("fc.weight_0", r"\mathrm{fc.weight\_0}"),
        ("a name", r"\text{a name}"),
        ("50%&{$}", r"\mathrm{50\%\&\{\$\}}"),
        ("δ′ₜ", r"\delta'_{t}"),
        ("-3", "-3"),
    ],
)
def test_names_in_latex(name: str, tex: str) -> None:
    assert latex(Name(name)) == tex


def test_operations_are_written_as_they_are_typed() -> None:
    def forward(symbol: Any) -> str:
        return text(symbol, forward=True)

    assert forward(A @ B) == "A @ B"
    assert forward((A @ B) * (A @ B)) == "(A @ B)·(A @ B)"
    assert forward((A * 2) @ B @ B + 1) == "(A·2) @ B @ B + 1"
    assert forward(A.sum(0)) == "Σ A"
    assert forward(A.mean()) == "mean(A)"
    assert forward(A.reshape(2, 6)) == "reshape(A)"
    assert forward(X > Y) == "x>y"
    assert forward(registry["where"](Name("m", dtype=np.bool_), X, Y)) == "x where m else y"
    assert forward(registry["linear"](A, B, None)) == "linear(A, B)"
    assert forward(registry["clamp"](X, min=None, max=1.0)) == "clamp(x, –, 1)"


def test_names_of_parts_are_explained() -> None:
    inner = Short("t", X + 1)
    symbol = Y * Short("s", inner * inner)
    assert meanings(symbol) == [("s", "t·t"), ("t", "x + 1")]
    assert meanings(symbol, LATEX) == [("s", r"t \cdot t"), ("t", "x + 1")]
    assert meanings(Words("{0} δ", (X,), where=("δ", "a step"))) == [("δ", "a step")]
