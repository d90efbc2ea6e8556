from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd_np as ag
from autograd_np import viz
from autograd_np.core import Op, UnaryOp, registry
from autograd_np.errors import ArgumentError, UnsupportedError
from autograd_np.viz import formulas, notation, wording
from autograd_np.viz.formulas import Call
from autograd_np.viz.printing import LATEX
from autograd_np.viz.symbols import Symbol
from tests.viz.graphs import leaf


def said(symbol: Symbol | None) -> str:
    """Return a formula that there must be, as text."""
    assert symbol is not None
    return composed(formulas.text(symbol))


def composed(text: str) -> str:
    """Return letters with their bars as one character where there is one: how they are typed is no difference."""
    return unicodedata.normalize("NFC", text)


# --- what rows say of themselves ----------------------------------------------------------------------------------

TABLES = {
    "mul": """
        mul: y = a·b
          ∂(a·b)/∂a = b    ā += ȳ·b
          ∂(a·b)/∂b = a    b̄ += ȳ·a""",
    "div": """
        div: y = a/b
          ∂(a/b)/∂a = 1/b     ā += ȳ/b
          ∂(a/b)/∂b = -y/b    b̄ += -ȳ·y/b""",
    "exp": """
        exp: y = exp(x)
          ∂exp(x)/∂x = y    x̄ += ȳ·y""",
    "log": """
        log: y = ln(x)
          ∂ln(x)/∂x = 1/x    x̄ += ȳ/x""",
    "tanh": """
        tanh: y = tanh(x)
          ∂tanh(x)/∂x = 1 - y²    x̄ += ȳ·(1 - y²)""",
    "sigmoid": """
        sigmoid: y = σ(x)
          ∂σ(x)/∂x = y·(1 - y)    x̄ += ȳ·y·(1 - y)""",
    "relu": """
        relu: y = relu(x)
          ∂relu(x)/∂x = 1[x>0]    x̄ += 1[x>0]·ȳ""",
    "gelu": """
        gelu: y = gelu(x)
          ∂gelu(x)/∂x = Φ(x) + x·φ(x)    x̄ += ȳ·(Φ(x) + x·φ(x))
          where Φ(x) = (1 + erf(√½·x))/2
                φ(x) = exp(-x²/2)/√(2π)""",
    "silu": """
        silu: y = x·σ(x)
          ∂(x·σ(x))/∂x = σ(x)·(1 + x·(1 - σ(x)))    x̄ += ȳ·σ(x)·(1 + x·(1 - σ(x)))""",
    "pow_tensor": """
        pow_tensor: y = a^b
          ∂(a^b)/∂a = b·a^(b - 1)    ā += ȳ·b·a^(b - 1)
          ∂(a^b)/∂b = y·ln(a)        b̄ += ȳ·y·ln(a)""",
    "atan2": """
        atan2: y = atan2(a, b)
          ∂atan2(a, b)/∂a = b/(a² + b²)     ā += ȳ·b/(a² + b²)
          ∂atan2(a, b)/∂b = -a/(a² + b²)    b̄ += -ȳ·a/(a² + b²)""",
    "clamp": """
        clamp: y = clamp(x, min, max)
          ∂y/∂x = 1[min≤x≤max]    x̄ += 1[min≤x≤max]·ȳ""",
    "where": """
        where: y = a where condition else b
          ∂y/∂a = 1[condition]        ā += 1[condition]·ȳ
          ∂y/∂b = 1[not condition]    b̄ += 1[not condition]·ȳ""",
    "xlogy": """
        xlogy: z = x·ln(y)
          ∂(x·ln(y))/∂x = ln(y)    x̄ += z̄·ln(y)
          ∂(x·ln(y))/∂y = x/y      ȳ += z̄·x/y""",
    "sum": """
        sum: y = Σ x
          x̄ += ȳ to every element""",
    "mean": """
        mean: y = mean(x)
          x̄ += ȳ/n to every element""",
    "var": """
        var: y = var(x)
          x̄ += 2·ȳ·(x - ⟨x⟩)/(n - correction)""",
    "softmax": """
        softmax: y = softmax(x)
          x̄ += y·(ȳ - Σ ȳ·y)""",
    "log_softmax": """
        log_softmax: y = log_softmax(x)
          x̄ += ȳ - exp(y)·Σ ȳ""",
    "cross_entropy": """
        cross_entropy: y = cross_entropy(x, target)
          x̄ += ȳ·(softmax(x) - onehot(target))/N""",
    "layer_norm": """
        layer_norm: y = layer_norm(x, weight, bias)
          x̄ += (ȳ·weight - ⟨ȳ·weight⟩ - x̂·⟨ȳ·weight·x̂⟩)/√(σ² + ε)
          ∇weight += Σ₀ ȳ·x̂
          ∇bias += Σ₀ ȳ
          where x̂ = (x - ⟨x⟩)/√(σ² + ε)
                σ² = ⟨(x - ⟨x⟩)²⟩""",
    "matmul": """
        matmul: y = a @ b
          ā += ȳ·bᵀ
          b̄ += aᵀ·ȳ""",
    "linear": """
        linear: y = x @ wᵀ + b
          x̄ += ȳ·w
          w̄ += ȳᵀ·x
          b̄ += Σ₀ ȳ""",
    "conv2d": """
        conv2d: y = x ⋆ w + b
          x̄ += ȳ ⋆ᵀ w
          w̄ += x ⋆ ȳ
          b̄ += Σ₀₂₃ ȳ""",
    "max_pool2d": """
        max_pool2d: y = max_pool(x)
          x̄ += ȳ at each maximum""",
    "solve": """
        solve: y = a⁻¹·b
          ā += -a⁻ᵀ·ȳ·yᵀ
          b̄ += a⁻ᵀ·ȳ""",
    "eigh": """
        eigh: y0, y1 = eigh(x)
          x̄ += y1·(Diag(ȳ0) + y1ᵀ·ȳ1/gaps(y0))·y1ᵀ""",
    "cholesky": """
        cholesky: y = cholesky(x)
          x̄ += (t + tᵀ)/2
          where t = (y⁻ᵀ·(y⁻ᵀ·(tril(s) + tril(s, -1))/2)ᵀ)ᵀ
                s = yᵀ·tril(ȳ)""",
    "attention": """
        attention: y = attention(q, k, v)
          q̄ += scale·S·k
          k̄ += scale·Sᵀ·q
          v̄ += Pᵀ·ȳ
          ∇mask += S
          ∇keep += (P ⊙ (ȳ·vᵀ))/(1 - p)
          where S = P ⊙ (ȳ·vᵀ - Σ₋₁ P ⊙ (ȳ·vᵀ))
                P = softmax(scale·q·kᵀ)""",
    "cat": """
        cat: y = cat(x0, x1)
          x̄0 += ȳ[0:N]
          x̄1 += ȳ[N:2·N]""",
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_classical_rows(name: str) -> None:
    expected = "\n".join(line.removeprefix(" " * 8) for line in TABLES[name].strip("\n").split("\n"))
    assert composed(str(viz.derivatives(name))) == composed(expected)


def test_tables_take_names_shapes_and_settings() -> None:
    assert composed(str(viz.derivatives("mul", names=("x", "y"), output="u"))) == composed(
        "mul: u = x·y\n  ∂(x·y)/∂x = y    x̄ += ū·y\n  ∂(x·y)/∂y = x    ȳ += ū·x"
    )
    assert composed(str(viz.derivatives("matmul", names=("A", "B"), output="Y"))) == composed(
        "matmul: Y = A @ B\n  Ā += Ȳ·Bᵀ\n  B̄ += Aᵀ·Ȳ"
    )
    assert composed(str(viz.derivatives("pow", exponent=3))) == composed(
        "pow: y = x³\n  ∂(x³)/∂x = 3·x²    x̄ += 3·ȳ·x²"
    )
    added = viz.derivatives("add", shapes=((4, 1, 3), (2, 1)))
    assert [said(item.received) for item in added] == [composed("Σ₁ ȳ"), composed("Σ₀₂ ȳ")]
    dense = viz.derivatives("linear", names=("x", "W", "b"), shapes=((8, 3), (2, 3), None))
    assert composed(str(dense)).startswith("linear: y = x @ Wᵀ\n")
    assert viz.derivatives(ag.exp).call.row is registry["exp"]
    assert viz.derivatives(registry["exp"])[0].operand == "x"
    assert [item.operand for item in viz.derivatives("stack", names=("p", "q", "r"))] == ["p", "q", "r"]
    assert len(viz.derivatives("eq", names=("a", "b"))) == 0


def test_tables_in_latex() -> None:
    table = viz.derivatives("layer_norm")
    assert table.latex() == (
        "\\begin{aligned}\n"
        "y &= \\operatorname{layer\\_norm}\\left(x, \\mathrm{weight}, \\mathrm{bias}\\right) \\\\\n"
        "\\bar{x} &\\mathrel{+}= \\frac{\\bar{y} \\cdot \\mathrm{weight} - \\langle \\bar{y} \\cdot \\mathrm{weight} "
        "\\rangle - \\hat{x} \\cdot \\langle \\bar{y} \\cdot \\mathrm{weight} \\cdot \\hat{x} \\rangle}"
        "{\\sqrt{\\sigma^{2} + \\varepsilon}} \\\\\n"
        "\\nabla \\mathrm{weight} &\\mathrel{+}= \\sum_{0} \\bar{y} \\cdot \\hat{x} \\\\\n"
        "\\nabla \\mathrm{bias} &\\mathrel{+}= \\sum_{0} \\bar{y} \\\\\n"
        "\\text{where } \\hat{x} &= \\frac{x - \\langle x \\rangle}{\\sqrt{\\sigma^{2} + \\varepsilon}} \\\\\n"
        "\\text{where } \\sigma^{2} &= \\langle {\\left(x - \\langle x \\rangle\\right)}^{2} \\rangle\n"
        "\\end{aligned}"
    )
    assert table._repr_latex_() == f"$$\n{table.latex()}\n$$"
    matmul = viz.derivatives("matmul", names=("A", "B"), output="Y").latex()
    assert "\\bar{A} &\\mathrel{+}= \\bar{Y} \\, B^{\\top}" in matmul


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("softmx",), "no row is called 'softmx'(.|\n)*did you mean 'softmax'"),
        ((ag.nn.functional.mse_loss,), "no row is called 'mse_loss'; functions made of several rows"),
        (("pow", {"power": 2}), "pow has no setting 'power'\n  fix: its settings are exponent"),
        (("mul", {"alpha": 2}), "mul has no setting 'alpha'\n  fix: it has none"),
        (("mul", {"names": ("x",)}), "mul has 2 operands, got 1 names\n  fix: give names for a, b"),
        (("mul", {"shapes": ((1,),) * 3}), "mul has 2 operands, got 3 shapes"),
        (("cat", {"shapes": ((1,),), "names": ("a", "b")}), "2 names for 1 shapes"),
    ],
)
def test_questions_that_have_no_answer_are_errors(arguments: Any, message: str) -> None:
    row, options = (*arguments, {})[:2]
    with pytest.raises(ArgumentError, match=message.replace("\n", "\\n")):
        viz.derivatives(row, **options)


# --- rows of users ------------------------------------------------------------------------------------------------


@pytest.fixture
def own_rows() -> Iterator[None]:
    """Leave the registry as it was."""
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


@pytest.mark.usefixtures("own_rows")
def test_rows_of_users_say_their_own_rules() -> None:
    sin, cos = registry["sin"], registry["cos"]
    damped = UnaryOp("damped", lambda x, rate: np.sin(rate * x), lambda g, _y, x, rate: g * (cos(rate * x) * rate))
    assert composed(str(viz.derivatives(damped))) == composed(
        "damped: y = damped(x)\n  ∂damped(x)/∂x = cos(rate·x)·rate    x̄ += ȳ·cos(rate·x)·rate"
    )
    # Written by hand is what is written of the package's own row.
    relu = UnaryOp("relu", np.sin, lambda g, _y, x: g * cos(x))
    assert said(formulas.local(Call.generic(relu), 0)) == "cos(x)"
    assert formulas.text(formulas.application(Call.generic(relu)), forward=True) == "relu(x)"
    linear = UnaryOp("linear", np.sin, lambda g, _y, x: g * sin(x))
    assert formulas.text(formulas.application(Call.generic(linear)), forward=True) == "linear(x)"


@pytest.mark.usefixtures("own_rows")
def test_parts_that_a_rule_uses_twice_have_a_name() -> None:
    sin, exp, nonzero = registry["sin"], registry["exp"], registry["nonzero_mask"]

    def twice(g: Any, _y: Any, x: Any) -> Any:
        s = exp(x) * sin(x) + 1
        return g * s / (s - x)

    def guarded(g: Any, _y: Any, x: Any) -> Any:
        s = exp(x) * sin(x) + 1
        return g / (s + (1 - nonzero(s)))

    formula = formulas.received(Call.generic(UnaryOp("twice", np.sin, twice)), 0)
    assert said(formula) == composed("ȳ·s/(s - x)")
    assert formula is not None
    assert formulas.meanings(formula) == [("s", "exp(x)·sin(x) + 1")]
    # A guard at a single point is left out, and then there is but one use left.
    assert said(formulas.received(Call.generic(UnaryOp("guarded", np.sin, guarded)), 0)) == composed(
        "ȳ/(exp(x)·sin(x) + 1)"
    )


@pytest.mark.usefixtures("own_rows")
def test_rules_that_cannot_be_read_have_no_formula() -> None:
    def kernel(g: Any, _y: Any, x: Any) -> Any:
        return g * np.cos(x)

    def growing(g: Any, _y: Any, x: Any) -> Any:
        for _ in range(40):
            g = g * x + g
        return g

    def deep(g: Any, _y: Any, x: Any) -> Any:
        for _ in range(5000):
            g = registry["sin"](g)
        return g

    for rule in (kernel, growing, deep):
        row = UnaryOp("own", np.sin, rule)
        call = Call.generic(row)
        assert formulas.received(call, 0) is None
        assert formulas.local(call, 0) is None
        assert composed(str(viz.derivatives(row))) == composed("own: y = own(x)\n  x̄ += ?")
        if rule is kernel:
            x = leaf([0.5, 1.0], "x")
            assert "x ← [" in viz.trace(row(x).sum()).to_text()

    def refuse(*_: Any) -> Any:
        raise UnsupportedError("refusing: nothing comes back here")

    refusing = Op("refusing", np.add, lambda g, _y, _a, _b: g, refuse)
    assert said(formulas.received(Call.generic(refusing), 1)) == "no derivative"


class RandomOp(UnaryOp):
    __slots__ = ()
    random = True


@pytest.mark.usefixtures("own_rows")
def test_random_rows_are_not_tried_out() -> None:
    noisy = RandomOp("noisy", lambda x: pytest.fail("a formula drew random numbers"), lambda g, _y, _x: g)
    assert not formulas.is_elementwise(noisy)
    assert said(formulas.received(Call.generic(noisy), 0)) == composed("ȳ")


def test_element_by_element_is_found_out_by_trying() -> None:
    yes = "add mul where exp sigmoid gelu clamp maximum lerp pow huber masked_fill clone remainder"
    no = "sum mean softmax cumsum matmul dot cat reshape flip tril sort index setitem scatter_add squared_error conv2d"
    no += " batch_norm_fixed layer_norm attention expand shift diag_embed inv pinv"
    found = {name: formulas.is_elementwise(registry[name]) for name in (yes + " " + no).split()}
    assert found == {**dict.fromkeys(yes.split(), True), **dict.fromkeys(no.split(), False)}


# --- formulas in drawings -----------------------------------------------------------------------------------------


def edge_formulas(output: Any, **names: Any) -> list[str]:
    """Return what each edge of a drawing says, without its numbers."""
    text = viz.trace(output, names=names).to_text()
    return [composed(line.split("   ")[0].strip()) for line in text.split("\n") if "←" in line]


def test_numbers_have_local_derivatives_and_arrays_pullbacks() -> None:
    x, y = leaf(2.0, "x"), leaf(3.0, "y")
    assert edge_formulas(x * y) == ["x ← ∂v1/∂x = y = 3", "y ← ∂v1/∂y = x = 2"]
    a, b = leaf(np.ones((4, 3)), "A"), leaf(np.ones((3, 2)), "B")
    product = a @ b
    assert edge_formulas(product.relu().sum(), Y=product) == [
        composed(line)
        for line in (
            "v1 ← v̄1 += v̄2 to every element",
            "Y ← Ȳ += 1[Y>0]·v̄1",
            "A ← Ā += Ȳ·Bᵀ",
            "B ← B̄ += Aᵀ·Ȳ",
        )
    ]


def test_undone_broadcasting_is_a_sum_over_axes() -> None:
    x, row, column, scale = (
        leaf(np.ones((4, 3)), "x"),
        leaf(np.ones(3), "r"),
        leaf(np.ones((4, 1)), "c"),
        leaf(2.0, "s"),
    )
    y = x * row
    assert composed("r ← r̄ += Σ₀ ȳ·x") in edge_formulas(y.sum(), y=y)
    y = x - column
    assert composed("c ← c̄ += -Σ₁ ȳ") in edge_formulas(y.sum(), y=y)
    y = x / scale
    assert composed("s ← s̄ += -Σ₀₁ ȳ·y/s") in edge_formulas(y.sum(), y=y)
    batch = leaf(np.ones((5, 4, 3)), "X")
    y = batch @ leaf(np.ones((3, 2)), "W").unsqueeze(0)
    assert any("Σ₀" in line for line in edge_formulas(y.sum(), y=y))


def test_one_value_used_twice_is_told_apart() -> None:
    x = leaf([1.0, 2.0], "x")
    y = x * x
    assert edge_formulas(y.sum(), y=y)[1:] == [composed("x ← x̄ += ȳ·x⁽²⁾"), composed("x ← x̄ += ȳ·x⁽¹⁾")]


def test_constants_are_numbers() -> None:
    x = leaf([1.0, 2.0], "x")
    y = x * -3.0
    graph = viz.trace(y.sum(), names={"y": y})
    assert "y = x·(-3)" in graph.to_text()
    assert composed("x ← x̄ += -3·ȳ") in edge_formulas(y.sum(), y=y)
    for exponent, formula in ((2, "2·ȳ·x"), (3.0, "3·ȳ·x²"), (0.5, "0.5·ȳ·x^-0.5"), (-1, "-ȳ·x⁻²"), (1, "ȳ")):
        y = x**exponent
        assert composed(f"x ← x̄ += {formula}") in edge_formulas(y.sum(), y=y)


def test_outputs_without_gradient_are_no_part_of_a_formula() -> None:
    x = leaf([[2.0, 1.0], [1.0, 3.0]], "x")
    values, vectors = ag.linalg.eigh(x)
    assert composed("x ← x̄ += λ[1]·Diag(λ̄[0])·λ[1]ᵀ") in edge_formulas(values.sum(), λ=values)
    both = edge_formulas(values.sum() + vectors.sum(), λ=values)
    assert composed("x ← x̄ += λ[1]·(Diag(λ̄[0]) + λ[1]ᵀ·λ̄[1]/gaps(λ[0]))·λ[1]ᵀ") in both


def test_operands_that_are_not_given_are_no_part_of_a_formula() -> None:
    x = leaf(np.arange(6.0).reshape(2, 3), "x")
    plain = ag.nn.functional.layer_norm(x, (3,))
    assert composed("x ← x̄ += (ȳ - ⟨ȳ⟩ - x̂·⟨ȳ·x̂⟩)/√(σ² + 1e-5)") in edge_formulas(plain.sum(), y=plain)
    weight = leaf(np.ones((2, 3)), "W")
    graph = viz.trace(ag.nn.functional.linear(x, weight).sum())
    assert "v1 = x @ Wᵀ  " in graph.to_text()


def test_names_in_formulas_are_explained_where_there_is_room() -> None:
    x = leaf(np.arange(6.0).reshape(2, 3), "x")
    y = ag.nn.functional.layer_norm(x, (3,))
    graph = viz.trace(y.sum(), names={"y": y})
    explanation = ", x̂ = (x - ⟨x⟩)/√(σ² + 1e-5), σ² = ⟨(x - ⟨x⟩)²⟩"
    assert composed(explanation) in composed(graph.to_json())
    assert composed(explanation) not in composed(graph.to_text())
    assert composed(explanation) in composed(graph.to_svg())


def test_what_edges_and_cards_say_in_latex() -> None:
    x, y = leaf(2.0, "x"), leaf(3.0, "y")
    graph = viz.trace(x / y, names={})
    latex = [wording.local_text(graph, edge, style=LATEX) for edge in graph.edges]
    assert latex == [
        r"\frac{\partial v_{1}}{\partial x} = \frac{1}{y} = 0.3333",
        r"\frac{\partial v_{1}}{\partial y} = -\frac{v_{1}}{y} = -0.2222",
    ]
    assert wording.equation(graph, graph.nodes[-1], style=LATEX) == r"v_{1} = \frac{x}{y}"
    a, b = leaf(np.ones((4, 3)), "A"), leaf(np.ones((3, 2)), "B")
    graph = viz.trace((a @ b).sum())
    assert wording.local_text(graph, graph.edges[1], style=LATEX) == r"\bar{B} \mathrel{+}= A^{\top} \, \bar{v}_{1}"


def test_axes_other_than_the_last_two_are_not_transposed_matrices() -> None:
    x = leaf(np.zeros((2, 3, 4)), "x")
    for axes, formula in (((-1, -2), "ȳᵀ"), ((1, 2), "ȳᵀ"), ((0, 1), "swapaxes(ȳ, 0, 1)")):
        y = x.transpose(*axes)
        assert composed(f"x ← x̄ += {formula}") in edge_formulas(y.sum(), y=y)


def test_expressions_have_the_brackets_they_need() -> None:
    x, y = leaf(2.0, "x"), leaf(3.0, "y")

    def whole(result: Any) -> str:
        return viz.trace(result).to_svg(engine="built-in").split("Backward pass of ")[1].split("<")[0]

    assert whole(((x + y) ** 2).sqrt()) == "v3 = √((x + y)²)"
    assert whole(x - (y - x)) == "v2 = x - (y - x)"
    assert whole((x * y) / (x / y)) == "v3 = x·y/(x/y)"
    assert whole(-(x + 1) * 2) == "v3 = (-(x + 1))·2"
    assert whole((x.exp() + y.log()).tanh()) == "v4 = tanh(exp(x) + ln(y))"


def test_braces_in_names_stay() -> None:
    x, y = leaf(2.0, "{b}"), leaf(3.0, "{0}")
    assert "v1 = {b}·{0}" in viz.trace(x * y).to_text()


def test_numbers_are_short_and_unmistakable() -> None:
    values = (True, 7, 10**12, -0.5, 1e6, 123456.5, np.inf, -np.inf, np.nan, 1e-300)
    texts = [notation.number(v) for v in values]
    assert texts == ["True", "7", "1e12", "-0.5", "1e6", "1.235e5", "inf ⚠", "-inf ⚠", "nan ⚠", "1e-300"]
    assert notation.summary_text(viz.Summary.of(np.arange(4.0).reshape(2, 2))) == "[[0, 1], [2, 3]]"
    assert notation.summary_text(viz.Summary.of(np.zeros((2, 0)))) == "[[], []]"


def test_long_lines_give_way_to_norms() -> None:
    x = leaf([-1.23456e-5] * 6, "x")
    graph = viz.trace((x * 3.0).sum())
    assert "‖·‖ 3.024e-5" in graph.to_text()
