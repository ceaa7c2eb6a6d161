"""The generator as its user sees it: what it finds, what it says, how it exits."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from elsipo.rpc._generated import bridge

from contract.examples import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GENERATED = ("backend/elsipo/rpc/_generated", "frontend/sdk/_generated")

REFERENCE = "frontend/sdk/REFERENCE.md"


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "bridge_spec" / "codegen" / "generate.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a folder with copies of the generated files, to tamper with."""
    for folder in GENERATED:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / REFERENCE, tmp_path / REFERENCE)
    return tmp_path


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """Return a copy of the contract, to break."""
    for name in ("schemas", "openrpc", "examples", "errors.yaml"):
        source = ROOT / "bridge_spec" / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / "spec" / name)
        else:
            shutil.copy(source, tmp_path / "spec" / name)
    return tmp_path / "spec"


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{path.name} no longer says {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_committed_files_are_what_the_contract_generates() -> None:
    done = _run("--check")
    assert (done.returncode, done.stderr) == (0, "")


def test_check_names_what_was_tampered_with_removed_and_added(tree: Path) -> None:
    _replace(tree / GENERATED[0] / "bridge.py", "gesture=True", "gesture=False")
    (tree / GENERATED[1] / "errors.ts").unlink()
    (tree / GENERATED[1] / "stale.ts").write_text("export {};\n", encoding="utf-8")
    done = _run("--check", "--root", str(tree))
    assert done.returncode == 1
    assert f"differs: {GENERATED[0]}/bridge.py" in done.stderr
    assert f"missing: {GENERATED[1]}/errors.ts" in done.stderr
    assert f"nothing generates: {GENERATED[1]}/stale.ts" in done.stderr
    assert len(done.stderr.splitlines()) == 4
    assert not (tree / GENERATED[1] / "errors.ts").exists()


def test_generating_mends_what_check_found(tree: Path) -> None:
    (tree / GENERATED[0] / "models.py").write_text("", encoding="utf-8")
    (tree / GENERATED[1] / "stale.ts").write_text("export {};\n", encoding="utf-8")
    assert _run("--root", str(tree)).returncode == 0
    for folder in GENERATED:
        wanted = {path.name: path.read_bytes() for path in (ROOT / folder).iterdir() if path.is_file()}
        assert {path.name: path.read_bytes() for path in (tree / folder).iterdir()} == wanted


def test_check_notices_a_changed_contract(spec: Path) -> None:
    _replace(spec / "openrpc" / "bridge.yaml", "maxLength: 65536", "maxLength: 65537")
    done = _run("--check", "--spec", str(spec))
    assert done.returncode == 1
    assert f"differs: {GENERATED[0]}/models.py" in done.stderr
    assert f"differs: {GENERATED[1]}/validators.js" in done.stderr


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("schemas/call.yaml", "schemas/CallId", "schemas/CallerId", "unknown reference #/components/schemas/CallerId"),
        ("openrpc/bridge.yaml", "schemas/Session", "schemas/Seance", "unknown reference #/components/schemas/Seance"),
        ("openrpc/bridge.yaml", "[UnauthorizedError,", "[UnauthorisedError,", "unknown error UnauthorisedError"),
        (
            "openrpc/bridge.yaml",
            "x-capability: call.place",
            "x-capability: call.palce",
            "unknown capability call.palce",
        ),
        ("openrpc/bridge.yaml", "x-gesture: true", "x-guesture: true", "unknown extension x-guesture"),
        ("openrpc/bridge.yaml", "x-from: [host]", "x-from: [engine]", "engine is not a party of bridge"),
        ("openrpc/engine.yaml", "- name: engine.ping", "- name: engine.hello", "this method is there twice"),
        ("openrpc/shell.yaml", "- { name: height_px", "- { name: width_px", "a parameter is there twice"),
        ("schemas/common.yaml", "WindowId:", "AccountId:", "AccountId is there twice"),
        ("schemas/common.yaml", "WindowId:", "Transport:", "Transport is there twice"),
        ("schemas/common.yaml", "WindowId:", "BridgeCallDialParams:", "BridgeCallDialParams is taken"),
        ("schemas/account.yaml", "  additionalProperties: false\n", "", "an object must say additionalProperties"),
        ("schemas/account.yaml", "required: [account_id,", "required: [account_ident,", "required but not described"),
        ("schemas/call.yaml", "maxItems: 200", "minItems: 0", "schema CallList: a list needs maxItems"),
        ("schemas/common.yaml", "  maxLength: 16384\n", "", "schema TypedAddress: a text needs maxLength"),
        ("schemas/common.yaml", "[a-z0-9-]{0,31}$", "[a-z0-9-]*$", "is endless"),
        ("schemas/common.yaml", "[a-z0-9-]{0,31}$", "[a-z0-9-]{0,31}", "must be anchored at both ends"),
        ("schemas/common.yaml", "^[a-z0-9][a-z0-9-]{0,31}$", "^\\\\w{1,32}$", "letters after a backslash"),
        ("schemas/common.yaml", "^[a-z0-9][a-z0-9-]{0,31}$", "^.{1,32}$", "a bare dot"),
        ("schemas/common.yaml", "^[a-z0-9][a-z0-9-]{0,31}$", "^(?!x)[a-z]{1,32}$", "groups with a question mark"),
        ("schemas/call.yaml", "Call:\n", "Call: [\n", "call.yaml is not YAML"),
        ("schemas/common.yaml", "type: string", "type: strng", "is not OpenRPC"),
        ("openrpc/bridge.yaml", "title: Elsipo bridge", "subtitle: Elsipo bridge", "is not OpenRPC"),
        ("schemas/call.yaml", "{1,32}$", "{1,32$", "generate.mjs"),
        ("errors.yaml", "name: ParseError", "name: InternalError", "repeats InternalError"),
        ("errors.yaml", "code: -32700", "code: -32600", "repeats ParseError"),
        ("errors.yaml", "limit_bytes: integer", "limit_bytes: bytes", "data may be string or integer"),
    ],
)
def test_broken_contract_is_refused_with_the_reason(spec: Path, file: str, old: str, new: str, complaint: str) -> None:
    _replace(spec / file, old, new)
    done = _run("--check", "--spec", str(spec))
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_document_is_refused(spec: Path) -> None:
    (spec / "openrpc" / "shell.yaml").unlink()
    done = _run("--check", "--spec", str(spec))
    assert (done.returncode, done.stderr) == (2, "generate: shell.yaml cannot be read: No such file or directory\n")


def test_validators_run_where_code_from_strings_is_forbidden() -> None:
    node = shutil.which("node")
    assert node is not None, "node is needed"
    module = (ROOT / GENERATED[1] / "validators.js").as_uri()
    program = (
        f'const v = await import("{module}");'
        'const bad = v.params["call.dial"]({ target: "" });'
        'if (v.params["call.dial"]({ target: "bob" }) !== null || bad.field !== "target") process.exit(3);'
    )
    command = [node, "--disallow-code-generation-from-strings", "--input-type=module", "--eval", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_reference_shows_each_thing_that_a_page_can_use_and_nothing_of_the_chromes() -> None:
    text = (ROOT / REFERENCE).read_text(encoding="utf-8")
    for name, method in bridge.METHODS.items():
        noun, _, verb = name.partition(".")
        camel = re.sub(r"_([a-z])", lambda match: match[1].upper(), verb)
        shown = f"### `elsipo.{noun}.{camel}(" in text
        assert shown == ("page" in method.senders and name != "session.open"), name
    for name, notification in bridge.NOTIFICATIONS.items():
        assert (f'### `elsipo.on("{name}",' in text) == ("page" in notification.receivers), name
    dial = text.partition("### `elsipo.call.dial(")[2].partition("###")[0]
    assert "Capability: `call.place`. Needs a gesture." in dial
    assert "`NotRegisteredError`" in dial
    assert 'await elsipo.call.dial({"target"' in dial
    links = set(re.findall(r"\]\(#(\w+)\)", text))
    headings = {heading.lower() for heading in re.findall(r"^#{2,3} (\w+)$", text, re.MULTILINE)}
    assert links <= headings
