"""The report of what no test used, on small runs of pytest of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc import usage
from peers.spec_coverage import unused

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = Path(__file__).resolve().parents[2]

USES_ALL = """
from elsipo.rpc import usage

def test_everything():
    for table in usage._tables().values():
        for method in [*table.METHODS.values(), *table.NOTIFICATIONS.values()]:
            if method.name != LEFT_OUT:
                usage.record(method)
"""
CHILD = """
import subprocess, sys

def test_a_process_of_its_own():
    code = "from elsipo.rpc import usage; from elsipo.rpc._generated import shell; usage.record(shell.WINDOW_FOCUS)"
    subprocess.run([sys.executable, "-c", code], check=True)
"""
IDLE = "def test_nothing(): pass\n"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Runs pytest on files of its own; its exit code and what it says."""

    def run_pytest(files: dict[str, str], *arguments: str) -> tuple[int, str]:
        (tmp_path / "pytest.ini").write_text("[pytest]\n")
        for name, text in files.items():
            file = tmp_path / "tests" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        environment = {name: value for name, value in os.environ.items() if name not in {"CI", usage.VARIABLE}}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "peers.spec_coverage", "-p", "no:cacheprovider", *arguments],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": str(TESTS)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run_pytest


def left_out(name: str) -> str:
    return f"LEFT_OUT = {name!r}\n{USES_ALL}"


def test_a_whole_run_that_leaves_something_unused_fails_with_a_list(run: Callable[..., tuple[int, str]]) -> None:
    code, said = run({"integration/test_a.py": left_out("window.focus"), "e2e/test_b.py": IDLE})
    assert code == 1, said
    assert "shell window.focus\n" in said
    assert "bridge call.dial" not in said


def test_a_whole_run_that_uses_all_passes_also_when_children_did_it(run: Callable[..., tuple[int, str]]) -> None:
    code, said = run({"integration/test_a.py": left_out("window.focus"), "e2e/test_b.py": CHILD})
    assert code == 0, said
    assert "methods and notifications were used" in said


def test_what_only_unit_tests_use_counts_as_unused(run: Callable[..., tuple[int, str]]) -> None:
    code, said = run({"integration/test_a.py": IDLE, "e2e/test_b.py": IDLE, "unit/test_c.py": left_out("")})
    assert code == 1, said
    assert "engine engine.hello\n" in said


@pytest.mark.parametrize("arguments", [["tests/e2e"], ["-k", "test_b"], ["tests/e2e/test_b.py::test_nothing"]])
def test_a_part_of_the_tests_only_reports(run: Callable[..., tuple[int, str]], arguments: list[str]) -> None:
    code, said = run({"integration/test_a.py": IDLE, "e2e/test_b.py": IDLE}, *arguments)
    assert code == 0, said
    assert "Spec coverage of this part: 0 of" in said


def test_a_run_without_tests_that_count_says_nothing(run: Callable[..., tuple[int, str]]) -> None:
    code, said = run({"unit/test_c.py": IDLE, "e2e/test_b.py": IDLE}, "tests/unit")
    assert code == 0, said
    assert "Spec coverage" not in said


def test_a_name_of_two_documents_counts_for_each_alone() -> None:
    missing = unused({"engine": {"call.dial"}})
    assert "engine call.dial" not in missing
    assert "bridge call.dial" in missing
