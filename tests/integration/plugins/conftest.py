"""Hosts with plugins that are really installed: distributions with entry points, on the path of host and child."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from elsipo.host.folders import Folders
from elsipo.host.host import Host
from elsipo.host.run import started

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[3]
PROBLEMS = ("crashes", "hangs", "floods", "garbles", "lies", "snoops", "dies_at_birth")
TOKEN = "not-for-plugins-4711"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where pip has installed the echo package, and where the problem plugins are."""
    site = tmp_path_factory.mktemp("site")
    source = site.with_name("echo-source")
    shutil.copytree(ROOT / "packaging/plugins/echo", source, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--no-index"]
    options = ["--no-deps", "--no-build-isolation", "--root-user-action=ignore", "--target", str(site)]
    subprocess.run([*pip, *options, str(source)], check=True)
    shutil.copy(ROOT / "tests/fixtures/problem_plugin.py", site)
    metadata = site / "problem_plugin-0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: problem-plugin\nVersion: 0.1\n")
    points = "".join(f"{name} = problem_plugin:{name}\n" for name in PROBLEMS)
    (metadata / "entry_points.txt").write_text(f"[elsipo.plugins]\n{points}Bad-Name = problem_plugin:crashes\n")
    return site


@pytest.fixture
def with_plugins(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process and its children see them."""
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))
    monkeypatch.setenv("PROVIDER_TOKEN", TOKEN)


@pytest.fixture
async def host(tmp_path: Path, with_plugins: None) -> AsyncIterator[Host]:
    """Alice and bob, whose providers are nowhere."""
    del with_plugins
    host = Host(Folders.below(tmp_path / "profile"), audio="null", use_keyring=False)
    for user in ("alice", "bob"):
        record = host.book.add(f"{user}@provider-a.test", server="127.0.0.1:9")
        host.credentials.keep(record.account_id, TOKEN, allow_file=True)
    async with started(host):
        yield host
