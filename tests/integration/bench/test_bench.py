"""The bench runs, with a sample or two of each figure; what they are is no matter here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from peers import needs

TESTS = Path(__file__).resolve().parents[2]
FIGURES = {
    "rpc_roundtrip": "ms",
    "rpc_roundtrip_p99": "ms",
    "message_to_dom": "ms",
    "message_to_dom_p99": "ms",
    "chat_to_dom": "ms",
    "chat_to_dom_p99": "ms",
    "messages_per_s": "/s",
    "fragments_per_s": "/s",
    "fragment_click_ms": "ms",
    "fragment_chrome_click_ms": "ms",
    "page_over_sip_ms": "ms",
    "page_over_sip_ms_p99": "ms",
    "cold_start": "ms",
    "cold_start_cefpython3": "ms",
    "login_to_branded_ms": "ms",
    "login_to_branded_cold_ms": "ms",
    "call_setup": "ms",
    "call_setup_audio": "ms",
    "engine_private_mb": "MB",
    "engine_pss_mb": "MB",
    "engine_idle_cpu": "%",
    "host_private_mb": "MB",
    "shell_private_mb": "MB",
    "restart_to_registered_ms": "ms",
    "restart_to_registered_ms_p99": "ms",
    "call_recovery_ms": "ms",
    "accounts_20": "MB",
    "accounts_20_pss": "MB",
    "accounts_20_registered": "ms",
    "sip_panel_closed": "ms",
    "sip_panel_open": "ms",
    "import": "ms",
}


def test_every_figure_is_measured_and_written_with_its_table(tmp_path: Path) -> None:
    for program, package in (
        ("kamailio", "kamailio"),
        ("Xvfb", "xvfb"),
        ("sipp", "sip-tester"),
        ("baresip", "baresip-core"),
    ):
        needs.program(program, package=package)
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n<!-- bench: begin -->\n<!-- bench: end -->\nEnd.\n")
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--out", str(tmp_path), "--readme", str(readme)],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads((tmp_path / "bench.json").read_text())
    assert {name: figures[name]["unit"] for name in FIGURES} == FIGURES
    for name, found in figures.items():
        assert list(found) == ["value", "unit", "floor", "ratio", "n"], name
        assert found["n"] >= 1
        assert found["floor"] is None or found["floor"] > 0
    assert figures["messages_per_s"]["value"] > 0, "a message was lost"
    assert figures["fragments_per_s"]["value"] > 0, "the last fragment of an element was not shown"
    table = (tmp_path / "bench.md").read_text()
    assert all(f"| `{name}` |" in table for name in FIGURES)
    assert table in readme.read_text()
