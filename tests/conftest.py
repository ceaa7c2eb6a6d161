"""Fixtures of all tests: peers, and the check that a run leaves nothing behind."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from peers import processes
from peers.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["peers.kamailio", "peers.baresip", "peers.sipp", "peers.pulse", "peers.xvfb", "peers.spec_coverage"]

_LEAVING_S = 5.0


@pytest.fixture(scope="session", autouse=True)
def _nothing_stays_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail the run when a process that it started, a server socket or a temporary file is still there."""
    tmp_path_factory.getbasetemp()  # pytest's own stays where it is, for a look after a failure
    folder = Path(tempfile.mkdtemp(prefix="elsipo-tests-"))
    folder.chmod(0o711)  # the provider runs as another user when root tests
    mark = uuid.uuid4().hex
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        # Chromium loads PulseAudio's library, which otherwise makes a folder there and a link to it in the home.
        patch.setenv("PULSE_RUNTIME_PATH", str(tmp_path_factory.mktemp("pulse-client")))
        patch.setattr(tempfile, "tempdir", None)
        patch.setenv(processes.MARK, mark)
        yield
        try:
            wait_until(lambda: not processes.left_behind(mark), timeout_s=_LEAVING_S)
        except TimeoutError:
            left = processes.left_behind(mark)
            processes.kill(left)
            pytest.fail(f"Processes stayed behind: {left}", pytrace=False)
        finally:
            files = sorted(path.name for path in folder.iterdir())
            shutil.rmtree(folder)
        assert not files, f"Temporary files stayed behind: {files}"
        assert not processes.open_servers(), f"Sockets stayed open: {processes.open_servers()}"
