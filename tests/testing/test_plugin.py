"""The pytest plugin in a project of somebody else: nothing happens unless asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_np as ag

ROOT = Path(__file__).resolve().parents[2]

PROJECT = """
import sys

heavy = {"autograd_np", "hypothesis"} & set(sys.modules)

def test_nothing_is_imported():
    assert not heavy

def test_examples():
    from hypothesis import settings
    print("examples:", settings().max_examples)

def test_seed_before():
    import autograd_np
    autograd_np.manual_seed(7)

def test_seed(autograd_np_seed):
    import autograd_np
    print("random:", autograd_np_seed, autograd_np.rand(1).item())

def test_seed_after():
    import autograd_np
    print("random:", 7, autograd_np.rand(1).item())
"""


def output(folder: Path, *args: str, profile: str | None = None) -> str:
    """Return what a run of the project's tests prints; Hypothesis's own plugin is left out, as it may not be there."""
    (folder / "test_project.py").write_text(PROJECT, "utf-8")
    environment = {key: value for key, value in os.environ.items() if key not in {"HYPOTHESIS_PROFILE", "CI"}}
    environment |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    if profile is not None:
        environment["HYPOTHESIS_PROFILE"] = profile
    plugins = ["-p", "_autograd_np_pytest", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-q", "-s", *plugins, *args]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 (our own command)
    return done.stdout + done.stderr


def test_nothing_happens_unless_asked_and_the_fixture_seeds(tmp_path: Path) -> None:
    printed = output(tmp_path)
    assert "5 passed" in printed
    assert "examples: 100" in printed
    for seed in (0, 7):
        ag.manual_seed(seed)
        assert f"random: {seed} {ag.rand(1).item()}" in printed


@pytest.mark.parametrize(("profile", "examples"), [("thorough", 1000), ("nightly", 100)])
def test_profiles_by_name(tmp_path: Path, profile: str, examples: int) -> None:
    assert f"examples: {examples}" in output(tmp_path, "-k", "examples", profile=profile)


def test_hypothesis_own_option(tmp_path: Path) -> None:
    option = ("-p", "_hypothesis_pytestplugin", "--hypothesis-profile=dev")
    assert "examples: 10" in output(tmp_path, "-k", "examples", *option)


def test_the_projects_own_profile_has_the_last_word(tmp_path: Path) -> None:
    lines = ("from hypothesis import settings", "settings.register_profile('dev', max_examples=7)")
    (tmp_path / "conftest.py").write_text("\n".join([*lines, "settings.load_profile('dev')"]), "utf-8")
    assert "examples: 7" in output(tmp_path, "-k", "examples", profile="dev")
