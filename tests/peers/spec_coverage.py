"""Fails a whole run when a wire method or notification of the contract was used by no integration or e2e test.

Unit and contract tests do not count. A run of a part of the tests only reports. What counts is written down by every
process that speaks the contract (`elsipo.rpc.usage`, `elsipo_shell.usage`), the tests' own among them.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from elsipo.rpc import usage

from peers import needs

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

COUNTING: Final = ("integration", "e2e")
"""Folders of tests that count."""

_KEY: Final = pytest.StashKey["SpecCoverage"]()


def unused(found: Mapping[str, set[str]]) -> list[str]:
    """What nobody has used: `DOCUMENT NAME`, sorted.

    Args:
        found: Per document, what was used.
    """
    return sorted(
        f"{document} {name}"
        for document, names in usage.documents().items()
        for name in names - found.get(document, set())
    )


class SpecCoverage:
    """One run of tests.

    Args:
        tests: The folder of all tests.
    """

    def __init__(self, tests: Path) -> None:
        self._tests = tests
        self._counting = tuple(tests / name for name in COUNTING)
        self._directory: Path | None = None
        self._is_whole = False
        self.missing: list[str] = []

    def collected(self, items: Sequence[pytest.Item]) -> None:
        """Is every test file there that counts?"""
        wanted = {file for folder in self._counting for file in folder.rglob("test_*.py")}
        self._is_whole = bool(wanted) and wanted <= {item.path for item in items}
        if self._directory is None and any(self.counts(item) for item in items):
            # Made before any fixture sends temporary files elsewhere, for it outlives them all.
            self._directory = Path(tempfile.mkdtemp(prefix="elsipo-spec-coverage-"))
            self._directory.chmod(0o1777)  # some tests start a window as an ordinary user

    def partial(self) -> None:
        """Some tests were left out, or could not run here: what they would have used is nobody's mistake."""
        self._is_whole = False

    def counts(self, item: pytest.Item) -> bool:
        """Is this a test that counts?"""
        return any(item.path.is_relative_to(folder) for folder in self._counting)

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Around a test that counts, with its fixtures."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(usage.VARIABLE, str(self._directory))
            usage.record_into(str(self._directory))
            yield
        usage.record_into(None)

    def finish(self, *, complete: bool) -> bool:
        """Count; returns whether the run is to fail for it."""
        if self._directory is None:
            return False
        self.missing = unused(usage.recorded(self._directory))
        shutil.rmtree(self._directory)
        self._is_whole = self._is_whole and complete
        return self._is_whole and bool(self.missing)

    def report(self, terminal: pytest.TerminalReporter) -> None:
        """Say what is missing."""
        if self._directory is None:
            return
        total = sum(map(len, usage.documents().values()))
        if not self.missing:
            terminal.write_line(f"Spec coverage: all {total} wire methods and notifications were used.")
        elif self._is_whole:
            terminal.section("wire methods and notifications that no integration or e2e test has used", red=True)
            for line in self.missing:
                terminal.write_line(line)
        else:
            used = total - len(self.missing)
            terminal.write_line(f"Spec coverage of this part: {used} of {total} wire methods and notifications.")


def pytest_configure(config: pytest.Config) -> None:
    """Begin."""
    config.stash[_KEY] = SpecCoverage(config.rootpath / "tests")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """See what will run."""
    config.stash[_KEY].collected(items)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """See what will not run."""
    for item in items:
        item.config.stash[_KEY].partial()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Around each test."""
    coverage = item.config.stash[_KEY]
    with coverage.recording() if coverage.counts(item) else contextlib.nullcontext():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """See what was skipped; in continuous integration nothing may be."""
    report = yield
    if report.skipped and not needs.is_ci():
        item.config.stash[_KEY].partial()
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail where a whole run has left something unused."""
    complete = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
    if session.config.stash[_KEY].finish(complete=complete and not (session.shouldstop or session.shouldfail)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say so."""
    config.stash[_KEY].report(terminalreporter)
