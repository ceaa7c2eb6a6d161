"""SIPp: scenarios of SIP traffic, also much of it at once."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from peers import needs
from peers.processes import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'


@dataclass(frozen=True)
class SippResult:
    """What became of a scenario.

    Attributes:
        successful: Calls (in SIPp's sense) that went as written.
        failed: Calls that did not.
        log: What SIPp wrote, its errors too.
    """

    successful: int
    failed: int
    log: str


def message_scenario(
    *, sender: str, to: str, body: str, expect: int = 200, login: tuple[str, str] | None = None
) -> str:
    """A scenario that sends one MESSAGE.

    Args:
        sender: URI in From.
        to: Request-URI and To.
        body: Without `]]>`; `[call_number]` and SIPp's other words are replaced.
        expect: The final status that is a success; of the second request when there is a login.
        login: Name and password for the challenge that is then expected first.
    """
    first = _message(sender, to, body, number=1)
    if login is None:
        return f'{_XML}<scenario name="message">{first}<recv response="{expect}"/></scenario>\n'
    user, password = login
    second = _message(sender, to, body, number=2, credentials=f"[authentication username={user} password={password}]")
    return (
        f'{_XML}<scenario name="message">{first}<recv response="407" auth="true"/>'
        f'{second}<recv response="{expect}"/></scenario>\n'
    )


def run_sipp(
    folder: Path,
    server: str,
    scenario: str,
    *,
    count: int = 1,
    rate: int = 10,
    timeout_s: float = 30.0,
    keys: Mapping[str, str] | None = None,
) -> SippResult:
    """Play a scenario against a server over UDP, and wait for its end.

    Args:
        folder: For the scenario and SIPp's logs; made when missing.
        server: host:port.
        scenario: SIPp's XML.
        count: How many calls.
        rate: How many of them begin in a second.
        timeout_s: SIPp gives up after this.
        keys: Words of the scenario, `[name]`, and what they stand for.
    """
    program = needs.program("sipp", package="sip-tester")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scenario.xml").write_text(scenario, encoding="utf-8")
    words = [word for name, value in (keys or {}).items() for word in ("-key", name, value)]
    argv = [program, server, "-i", "127.0.0.1", "-sf", "scenario.xml", "-r", str(rate), "-m", str(count)]
    limits = ["-timeout", f"{timeout_s:g}s", "-timeout_error", "-recv_timeout", "5000"]
    logs = ["-nostdin", "-trace_err", "-error_file", "errors.log", "-trace_stat", "-stf", "statistics.csv"]
    with Program([*argv, *limits, *logs, *words], folder) as sipp:
        sipp.wait(timeout_s + 5)
        log = sipp.log()
    errors = folder / "errors.log"
    log += errors.read_text("utf-8", "replace") if errors.exists() else ""
    statistics = folder / "statistics.csv"
    assert statistics.exists(), f"SIPp did not run:\n{log}"
    with statistics.open(newline="") as file:
        last = list(csv.DictReader(file, delimiter=";"))[-1]
    return SippResult(int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"]), log)


@pytest.fixture
def sipp(tmp_path: Path) -> Callable[..., SippResult]:
    """Play a scenario in a folder of the test's own; takes what `run_sipp` takes after `folder`."""
    runs = iter(range(1000))

    def run(server: str, scenario: str, **options: object) -> SippResult:
        return run_sipp(tmp_path / f"sipp-{next(runs)}", server, scenario, **options)  # type: ignore[arg-type]

    return run


def _message(sender: str, to: str, body: str, *, number: int, credentials: str = "") -> str:
    lines = [
        f"MESSAGE {to} SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        "Max-Forwards: 70",
        f"From: <{sender}>;tag=[call_number]",
        f"To: <{to}>",
        "Call-ID: [call_id]",
        f"CSeq: {number} MESSAGE",
        *([credentials] if credentials else []),
        "Content-Type: text/plain;charset=UTF-8",
        "Content-Length: [len]",
        "",
        body,
    ]
    return '<send retrans="500"><![CDATA[\n' + "\n".join(lines) + "\n]]></send>"
