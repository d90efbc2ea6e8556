"""Operations of one's own: a Function with a hand-written backward, and a row, which gets every order by itself.

`python -m examples.custom_operation`
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_np as ag
from autograd_np.autograd import Function
from autograd_np.testing import gradcheck, gradgradcheck


class Swish(Function):
    """x·σ(βx), with its derivative written out: the form for code ported from PyTorch.

    What backward needs is kept by `save_for_backward`, which notices if somebody changes it in between.
    """

    @staticmethod
    def forward(ctx: Any, x: Any, beta: float) -> Any:
        """Return x·σ(βx)."""
        ctx.save_for_backward(x)
        ctx.beta = beta
        return x * (x * beta).sigmoid()

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        """Return the gradient of x; beta is a number and has none."""
        (x,) = ctx.saved_tensors
        s = (x * ctx.beta).sigmoid()
        return g * (s + ctx.beta * x * s * (1 - s)), None


class SignThrough(Function):
    """±1 forward, the identity within [-1, 1] backward: a gradient that is useful rather than true."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        """Return the sign, with +1 for 0."""
        ctx.save_for_backward(x)
        return ag.where(x >= 0, 1.0, -1.0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        """Return the gradient where the input was small."""
        (x,) = ctx.saved_tensors
        return g * (x.abs() <= 1).to(g.dtype)


#: A row: a name, a NumPy kernel, and the derivative in terms of g (what comes back), y (the output) and x.
#: `_x` says that the rule does without the input, so it is not kept: 1/cosh²x = 1 - y² needs the output alone.
my_tanh = ag.UnaryOp("my_tanh", np.tanh, lambda g, y, _x: g * (1 - y * y), promotion="float")


def main() -> None:
    """Use the operations, and check their derivatives against finite differences."""
    x = ag.linspace(-2, 2, 5, dtype=ag.float64, requires_grad=True)

    Swish.apply(x, 1.5).sum().backward()
    print("Swish:       gradient", np.round(x.grad.numpy(), 4).tolist())
    print("             gradcheck", gradcheck(lambda t: Swish.apply(t, 1.5), x))
    print("             gradgradcheck", gradgradcheck(lambda t: Swish.apply(t, 1.5), x))

    x.grad = None
    SignThrough.apply(x).sum().backward()
    print("SignThrough: gradient", x.grad.tolist())

    # On arrays a row is its kernel; on Tensors it records. Its rule is made of recorded operations, so it can be
    # differentiated again and again.
    print("my_tanh:     of an array", my_tanh(np.array([0.0, 1.0])))
    print("             gradcheck", gradcheck(my_tanh, x), "gradgradcheck", gradgradcheck(my_tanh, x))
    t = ag.tensor(0.5, dtype=ag.float64, requires_grad=True)
    derivative = my_tanh(t)
    for order in range(1, 5):
        (derivative,) = ag.autograd.grad(derivative, t, create_graph=True)
        print(f"             derivative {order} at 0.5: {derivative.item():+.6f}")


if __name__ == "__main__":
    main()
