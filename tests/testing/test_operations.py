"""check_operation finds every planted fault under its name, and prints a program that fails the same way."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from autograd_np.testing import check_operation
from tests.testing.faulty import FAULTS, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_is_found_by_name(fault: Fault) -> None:
    with pytest.raises(AssertionError) as caught:
        check_operation(fault.fn, fault.operands, **fault.options)
    text = str(caught.value)
    print(text)
    assert f'fails the check "{fault.check}"' in text
    assert re.search(fault.says, text)
    program = text.partition("as a program:\n")[2].replace("\n    ", "\n")
    with pytest.raises(AssertionError, match=f'fails the check "{fault.check}"'):
        exec(program, {})
