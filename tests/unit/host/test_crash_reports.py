"""How an engine died stays readable, private and bounded."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from elsipo.host.crash_reports import KEPT, CrashReports
from elsipo.rpc.errors import NotFoundError
from elsipo.supervisor import Death

if TYPE_CHECKING:
    from pathlib import Path

DEATH = Death("It was ended by SIGSEGV.", 4.2, ("Fatal Python error: Segmentation fault", '  File "x.py", line 3 in f'))


def test_a_report_tells_how_and_where_and_is_private(tmp_path: Path) -> None:
    reports = CrashReports(tmp_path / "crashes", "alice")
    assert reports.latest_ms is None
    reports.write(DEATH, {"pjproject": "2.15.1"})
    report = reports.latest()
    assert report.crashed_at_ms == reports.latest_ms
    for words in ("SIGSEGV", "4.2 s", "pjproject 2.15.1", "Segmentation fault", "line 3 in f"):
        assert words in report.text
    (file,) = (tmp_path / "crashes").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_secret_is_in_it(tmp_path: Path) -> None:
    reports = CrashReports(tmp_path, "alice")
    secret = "Authorization: Digest username=alice, response=abc"
    reports.write(Death("It ended.", 1.0, (secret, "password=hunter2")), {})
    text = reports.latest().text
    assert "response=abc" not in text
    assert "hunter2" not in text


def test_only_the_newest_are_kept_and_another_run_finds_them(tmp_path: Path) -> None:
    reports = CrashReports(tmp_path, "alice")
    for number in range(KEPT + 3):
        reports.write(Death(f"Death {number}.", 1.0, ()), {})
    CrashReports(tmp_path, "alice-2").write(DEATH, {})
    assert len(list(tmp_path.glob("alice.*"))) == KEPT
    assert f"Death {KEPT + 2}." in CrashReports(tmp_path, "alice").latest().text


def test_a_long_log_is_cut_to_its_end(tmp_path: Path) -> None:
    reports = CrashReports(tmp_path, "alice")
    reports.write(Death("It ended.", 1.0, ("x" * 2_000,) * 200 + ("the end",)), {})
    text = reports.latest().text
    assert text.startswith("The telephone engine of alice died. It ended.")
    assert text.endswith("the end\n")
    assert len(text) <= 65_536


def test_forgotten_reports_are_gone(tmp_path: Path) -> None:
    reports = CrashReports(tmp_path, "alice")
    reports.write(DEATH, {})
    reports.forget()
    with pytest.raises(NotFoundError):
        reports.latest()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_costs_the_report_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "crashes").write_text("a file")
    reports = CrashReports(tmp_path / "crashes", "alice")
    reports.write(DEATH, {})
    assert reports.latest_ms is None
    assert "No crash report could be written" in caplog.text
