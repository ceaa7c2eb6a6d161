"""`elsipo doctor` as a person runs it: on this machine as it is, and with things taken away."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from elsipo.doctor import engine
from elsipo.doctor.libraries import install_command
from elsipo.doctor.report import SCHEMA_FILE, Finding, healthy, to_text
from peers import needs

if TYPE_CHECKING:
    from collections.abc import Callable

    from peers.pulse import Pulse

NAMES = [
    "elsipo",
    "engine",
    "codecs",
    "sound",
    "frontend",
    "cef_capi",
    "cefpython3",
    "sandbox",
    "display",
    "fonts",
    "keyring",
    "plugins",
    "ports",
    "kamailio",
]
SECRET = "wonderland-4711"


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., tuple[int, dict[str, dict[str, str]]]]:
    """Runs `elsipo doctor --json` in an environment; exit code, and findings by name."""
    config = tmp_path / "config" / "elsipo"
    config.mkdir(parents=True)
    (config / "passwords.json").write_text(json.dumps({"alice-provider-a-test": SECRET}))

    def run(**environment: str | None) -> tuple[int, dict[str, dict[str, str]]]:
        own = {"XDG_CONFIG_HOME": str(config.parent), "TMPDIR": str(tmp_path), "ELSIPO_PASSWORD": SECRET}
        changed = {**os.environ, **own, **environment}
        done = subprocess.run(
            [sys.executable, "-m", "elsipo", "doctor", "--json"],
            env={name: value for name, value in changed.items() if value is not None},
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert SECRET not in (done.stdout + done.stderr).decode()
        assert done.stderr == b""
        findings = json.loads(done.stdout)
        jsonschema.validate(findings, json.loads(SCHEMA_FILE.read_text()))
        assert [finding["name"] for finding in findings] == NAMES
        return done.returncode, {finding["name"]: finding for finding in findings}

    return run


def states(found: dict[str, dict[str, str]], *names: str) -> dict[str, str]:
    return {name: found[name]["state"] for name in names}


def test_on_this_machine_everything_that_matters_is_there(ask: Callable[..., Any]) -> None:
    needs.program("kamailio", package="kamailio")
    code, found = ask(DISPLAY=None, WAYLAND_DISPLAY=None)
    vital = states(found, "elsipo", "engine", "codecs", "frontend", "cef_capi", "ports", "kamailio")
    assert set(vital.values()) == {"ok"}, found
    assert code == (1 if "missing" in {finding["state"] for finding in found.values()} else 0)
    assert "pjproject" in found["engine"]["detail"]
    assert "PCMU/8000" in found["codecs"]["detail"]
    assert "Chromium" in found["cef_capi"]["detail"]
    assert all(finding["remedy"] for finding in found.values() if finding["state"] != "ok")


def test_a_display_is_seen(ask: Callable[..., Any], display: str) -> None:
    _, found = ask(DISPLAY=display)
    assert states(found, "display") == {"display": "ok"}


def test_without_any_display_program_the_exit_code_says_so_and_the_rest_still_works(
    ask: Callable[..., Any], tmp_path: Path
) -> None:
    code, found = ask(PATH=str(tmp_path), DISPLAY=None)
    assert code == 1
    assert states(found, "display", "engine", "cef_capi") == {"display": "missing", "engine": "ok", "cef_capi": "ok"}
    assert found["display"]["remedy"] == "sudo apt-get install xvfb"


def test_a_kamailio_without_its_modules_is_missing(ask: Callable[..., Any], tmp_path: Path) -> None:
    program = tmp_path / "bin" / "kamailio"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    code, found = ask(PATH=f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    assert code == 1
    assert states(found, "kamailio") == {"kamailio": "missing"}
    assert found["kamailio"]["remedy"] == "sudo apt-get install kamailio"


def test_a_library_that_chromium_lacks_is_named_with_its_package(ask: Callable[..., Any], tmp_path: Path) -> None:
    needs.program("ldd", package="libc-bin")
    donor = next((path for path in Path("/usr/lib").glob("*/libXss.so.1")), None) or needs.missing("libxss1 is missing")
    library = tmp_path / "cef_capi" / "runtime" / "libcef.so"
    library.parent.mkdir(parents=True)
    (library.parent.parent / "__init__.py").touch()
    wanted, absent = b"libXext.so.6\0", b"libXtst.so.9\0"
    assert wanted in donor.read_bytes()
    library.write_bytes(donor.read_bytes().replace(wanted, absent))
    code, found = ask(PYTHONPATH=str(tmp_path))
    assert code == 1
    assert found["cef_capi"]["detail"] == "Chromium lacks shared libraries: libXtst.so.9."
    assert found["cef_capi"]["remedy"] == "sudo apt-get install libxtst6"


def test_no_keyring_is_a_warning_and_a_keyring_is_named(ask: Callable[..., Any], tmp_path: Path) -> None:
    code, found = ask(PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    assert states(found, "keyring") == {"keyring": "warning"}
    assert "--allow-file" in found["keyring"]["detail"]
    (tmp_path / "ring.py").write_text(
        "from keyring.backend import KeyringBackend\n"
        "class Ring(KeyringBackend):\n"
        "    priority = 9\n"
        "    name = 'A ring'\n"
        "    def get_password(self, service, username): raise AssertionError('read')\n"
        "    def set_password(self, service, username, password): raise AssertionError('written')\n"
    )
    again, found = ask(PYTHON_KEYRING_BACKEND="ring.Ring", PYTHONPATH=str(tmp_path))
    assert found["keyring"] == {"name": "keyring", "state": "ok", "detail": "A ring.", "remedy": ""}
    assert again == code


def test_the_second_binding_is_found_or_only_warned_about(ask: Callable[..., Any], tmp_path: Path) -> None:
    nowhere = {"PATH": str(tmp_path), "PYENV_ROOT": str(tmp_path)}
    _, found = ask(**nowhere, ELSIPO_PYTHON37=None)
    assert states(found, "cefpython3") == {"cefpython3": "warning"}
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\ncase "$2" in *cefpython3*) echo 3.7.16; echo 66.0.3359.181;; *) echo 1;; esac\n')
    python.chmod(0o755)
    _, found = ask(**nowhere, ELSIPO_PYTHON37=str(python))
    assert found["cefpython3"]["state"] == "ok"
    assert "66.0.3359.181" in found["cefpython3"]["detail"]


def test_sound_devices_are_named(ask: Callable[..., Any], pulse: Pulse) -> None:
    _, found = ask(**pulse.env)
    assert states(found, "sound") == {"sound": "ok"}
    assert "in: " in found["sound"]["detail"]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["/nonexistent/engine"], "cannot be started"),
        ([sys.executable, "-c", "raise SystemExit('no pjsua2 here')"], "no pjsua2 here"),
        ([sys.executable, "-c", "print('hello')"], "fails"),
    ],
)
async def test_an_engine_that_does_not_work_is_missing_with_what_it_said(argv: list[str], said: str) -> None:
    found = await engine.examine(argv)
    assert [(finding.name, finding.state) for finding in found] == [
        ("engine", "missing"),
        ("codecs", "missing"),
        ("sound", "missing"),
    ]
    assert said in found[0].detail


def test_the_text_has_a_line_for_each_finding_and_what_to_do() -> None:
    program = shutil.which("elsipo", path=str(Path(sys.executable).parent))
    assert program is not None
    done = subprocess.run([program, "doctor"], capture_output=True, text=True, check=False, timeout=60)
    lines = done.stdout.splitlines()
    for name in NAMES:
        assert any(line.split()[1:2] == [name] for line in lines), name
    assert done.returncode in {0, 1}


def test_missing_is_what_counts_and_text_says_how_to_mend() -> None:
    findings = [Finding("fonts", "warning", "Few.", "get some"), Finding("ports", "missing", "None.", "dig")]
    assert healthy(findings[:1])
    assert not healthy(findings)
    assert "→ dig" in to_text(findings)


def test_what_no_package_is_known_for_is_searched_for() -> None:
    assert install_command(["libnss3.so", "libsmime3.so", "libcairo.so.2"]) == "sudo apt-get install libcairo2 libnss3"
    assert install_command(["libodd.so.1"]) == "apt-file search libodd.so.1"
