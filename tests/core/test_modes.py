"""The levels of recording: blocks, decorators, nesting, threads."""

from __future__ import annotations

import threading

import pytest

import autograd_np as ag


def records() -> bool:
    x = ag.ones(1, requires_grad=True)
    return (x * 2).requires_grad


def test_blocks_nest_and_restore() -> None:
    with ag.no_grad():
        assert not records()
        with ag.enable_grad():
            assert records()
            with ag.inference_mode():
                assert ag.is_inference_mode_enabled()
                assert not records()
            assert records()
        assert not records()
    assert records()
    assert not ag.is_inference_mode_enabled()


def test_an_exception_restores_the_mode() -> None:
    with pytest.raises(ZeroDivisionError), ag.no_grad():
        _ = 1 / 0
    assert ag.is_grad_enabled()


def test_decorators_with_and_without_call() -> None:
    assert not ag.no_grad()(records)()
    assert not ag.no_grad(records)()
    assert not ag.inference_mode()(records)()
    assert ag.inference_mode(mode=False)(records)()
    with ag.no_grad():
        assert ag.enable_grad()(records)()
        assert ag.enable_grad(records)()
    assert not ag.set_grad_enabled(False)(records)()
    assert ag.is_grad_enabled()
    assert records.__name__ == ag.no_grad(records).__name__


def test_a_decorated_function_may_recurse() -> None:
    @ag.no_grad()
    def depth(n: int) -> int:
        assert not ag.is_grad_enabled()
        return n if n == 3 else depth(n + 1)

    assert depth(0) == 3
    assert ag.is_grad_enabled()


def test_set_grad_enabled_acts_at_once_and_as_a_block() -> None:
    ag.set_grad_enabled(False)
    assert not records()
    ag.set_grad_enabled(True)
    assert records()
    with ag.set_grad_enabled(False):
        assert not records()
    assert records()


def test_threads_have_modes_of_their_own() -> None:
    seen = []
    with ag.no_grad():
        thread = threading.Thread(target=lambda: seen.append(records()))
        thread.start()
        thread.join()
        assert not records()
    assert seen == [True]


def test_record_keeps_operands_output_names_module_and_line() -> None:
    x = ag.tensor([2.0], requires_grad=True)
    x.name = "x"
    c = ag.tensor([3.0])
    with ag.record():
        assert ag.is_recording()
        with ag.scope("block"), ag.scope("0"):
            y = x * c
        z = y + 1
    info = y.grad_fn.info
    assert [operand.tolist() for operand in info.operands] == [[2.0], [3.0]]
    assert info.output.tolist() == [6.0]
    assert info.names == ("x", None)
    assert info.module == "block.0"
    assert info.source.startswith("test_modes.py:")
    assert z.grad_fn.info.module == ""
    assert z.grad_fn.info.operands[1] == 1
    assert (x * c).grad_fn.info is None
    assert not ag.is_recording()


def test_record_inside_no_grad_records_nothing() -> None:
    with ag.record(), ag.no_grad():
        assert not records()
