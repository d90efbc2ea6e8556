from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import autograd_np as ag
import nn
import nn.functional as F
from autograd_np import viz
from autograd_np.viz.tex import to_tex
from tests.viz.graphs import leaf, logistic_regression, recurrent, sum_of_square, web


def convolution() -> viz.Graph:
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3)
    )
    with ag.record():
        loss = F.cross_entropy(net(ag.rand(4, 1, 6, 6)), ag.arange(4) % 3)
    return viz.trace(loss, names=net)


def lstm() -> viz.Graph:
    net = nn.LSTM(3, 4)
    with ag.record():
        loss = (net(ag.rand(5, 2, 3))[0] ** 2).mean()
    return viz.trace(loss, names=net)


def awkward() -> viz.Graph:
    x = leaf([[1.0, 2.0], [3.0, 4.0]], 'a_b%&#{}~^$\\ "层"')
    values, _ = (x * 2.0).sort(-1)
    return viz.trace(values.sum() + x.exp().sum())


def assert_well_formed(text: str) -> None:
    """Check what makes LaTeX stop: brackets, environments, alignment, and indices of indices."""
    plain = re.sub(r"\\[{}%&#$_\\]", "", text)
    depth = 0
    for c in plain:
        depth += (c == "{") - (c == "}")
        assert depth >= 0
    assert depth == 0
    assert text.count(r"\left") == text.count(r"\right")
    assert text.count(r"\begin{align*}") == text.count(r"\end{align*}")
    assert not re.search(r"_\{[^{}]*\}_|\^\{[^{}]*\}\^|_\w_", plain)
    for block in re.findall(r"\\begin{align\*}\n(.*?)\n\\end{align\*}", text, re.DOTALL):
        for line in block.split(" \\\\\n"):
            assert line.strip(), "an empty line ends an equation"
            assert len(re.findall(r"(?<!\\)&", line)) in {1, 3}
            assert "\n" not in line


GRAPHS: list[Callable[[], viz.Graph]] = [sum_of_square, logistic_regression, convolution, lstm, awkward]


@pytest.mark.parametrize("graph", GRAPHS)
def test_documents_are_well_formed(graph: Callable[[], viz.Graph], tmp_path: Path) -> None:
    path = graph().save(tmp_path / "a.tex")
    text = Path(path).read_text("utf-8")
    assert text.startswith("\\documentclass{article}\n")
    assert text.endswith("\\end{document}\n")
    assert_well_formed(text)
    assert text.isascii()
    assert set(re.findall(r"\\usepackage(?:\[.*\])?\{(\w+)\}", text)) == {"geometry", "amsmath"}


def test_equations_are_the_chain_rule() -> None:
    assert (
        sum_of_square().to_tex(document=False)
        == r"""\begin{align*}
x &= 2 \\
y &= 3 \\
u &= x \cdot y && = 6 \\
v &= u + x && = 8 \\
L &= v^{2} && = 64
\end{align*}
\begin{align*}
\bar{L} &= 1 \\
\bar{v} &= 2 \cdot \bar{L} \cdot v && = 16 \\
\bar{u} &= \bar{v} && = 16 \\
\bar{y} &= \bar{u} \cdot x && = 32 \\
\bar{x} &= \bar{u} \cdot y + \bar{v} && = 48 + 16 = 64
\end{align*}"""
    )


def test_arrays_show_shapes_and_lengths_and_rules_without_formula_their_jacobian() -> None:
    text = convolution().to_tex()
    assert r"(4 \times 1 \times 6 \times 6)" in text
    assert r"\lVert\cdot\rVert = " in text
    assert r"\nabla \mathrm{5.weight} &= " in text
    row = ag.UnaryOp("test_unreadable", lambda x: x * 2, lambda g, _y, _x: memoryview(g) and g)
    try:
        x = leaf([1.0, 2.0], "x")
        unreadable = viz.trace(row(x).sum(), names={"x": x})
    finally:
        from autograd_np.core import registry

        del registry["test_unreadable"]
    assert r"\bar{x} &= \left(\frac{\partial v_{1}}{\partial x}\right)^{\top} \bar{v}_{1}" in unreadable.to_tex()


def test_a_name_with_an_index_gets_another() -> None:
    # x, c1 here, at step t: two indices in a row would stop LaTeX.
    assert r"\delta_t^{\top}\,{c_{1}}_t" in lstm().to_tex()


def test_long_sums_take_a_line_for_each_term_and_long_computations_are_cut() -> None:
    x = leaf(2.0, "x")
    many = viz.trace(sum((x.exp() for _ in range(5)), start=x * 3.0), names={"x": x})
    text = many.to_tex()
    assert text.count(r"&\quad + ") >= 4
    assert_well_formed(text)
    cut = recurrent(200).to_tex(limit=10)
    assert "The first 390 operations are left out." in cut
    assert cut.count("tanh") == 5
    assert len(cut.splitlines()) < 50
    assert_well_formed(cut)
    assert_well_formed(web(40).to_tex())


def test_headings_and_notes_are_text() -> None:
    assert r"\section*{$L$ and its gradients}" in sum_of_square().to_tex()
    assert r"\section*{50\% of \textbackslash{}x}" in to_tex(sum_of_square(), title="50% of \\x")
    several = viz.trace(leaf([1.0, 2.0], "x") * 2.0)
    text = several.to_tex()
    assert "gradients not computed: the output has shape (2,)" in text
    assert r"\subsection*{Backward}" not in text
    constant = viz.trace(ag.tensor(3.0)).to_tex()
    assert "no gradient" in constant
    assert_well_formed(constant)


def test_render_knows_the_ending(tmp_path: Path) -> None:
    x = leaf(2.0, "x")
    path = viz.render(x * x, tmp_path / "a.tex", title="T")
    assert r"\section*{T}" in Path(path).read_text("utf-8")
