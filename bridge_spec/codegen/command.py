"""The command line: generate all files, or compare them with those in the tree."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

from bridge_spec.codegen.errors import SpecError
from bridge_spec.codegen.load import load_spec
from bridge_spec.codegen.python_models import python_models
from bridge_spec.codegen.python_tables import python_errors, python_table
from bridge_spec.codegen.reference import sdk_reference
from bridge_spec.codegen.spec import PARTIES, Spec
from bridge_spec.codegen.typescript import typescript_files

ROOT: Final = Path(__file__).resolve().parents[2]
PYTHON_OUT: Final = "backend/elsipo/rpc/_generated"
TYPESCRIPT_OUT: Final = "frontend/sdk/_generated"
REFERENCE_OUT: Final = "frontend/sdk/REFERENCE.md"
_FOLDERS: Final = (PYTHON_OUT, TYPESCRIPT_OUT)
_INIT: Final = '"""Written by bridge_spec/codegen from bridge_spec; edit that."""\n'


def generate(spec_folder: Path) -> dict[str, str]:
    """Return path, relative to the project, to text of every generated file.

    Raises:
        SpecError: the contract is broken, or a generator failed.
    """
    spec = load_spec(spec_folder)
    typescript = {f"{TYPESCRIPT_OUT}/{name}": text for name, text in typescript_files(spec).items()}
    reference = {REFERENCE_OUT: sdk_reference(spec, spec_folder / "examples")}
    return {**_python_files(spec), **typescript, **reference}


def _python_files(spec: Spec) -> dict[str, str]:
    texts = {"__init__.py": _INIT, "models.py": python_models(spec), "errors.py": python_errors(spec)}
    texts.update({f"{document}.py": python_table(spec, document) for document in PARTIES})
    return {f"{PYTHON_OUT}/{name}": _format_python(name, text) for name, text in texts.items()}


def _format_python(name: str, text: str) -> str:
    for arguments in (("check", "--select=I,F401", "--fix", "--quiet"), ("format", "--quiet")):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "ruff",
                *arguments,
                "--isolated",
                "--line-length=120",
                "--stdin-filename",
                name,
                "-",
            ],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SpecError(f"ruff {arguments[0]} {name}: {done.stdout[-500:]}{done.stderr[-500:]}")
        text = done.stdout
    return text


def differences(files: dict[str, str], root: Path) -> list[str]:
    """Return a line for each file of the tree that is not as generated, is missing, or has no source."""
    found = []
    for name, text in files.items():
        path = root / name
        if not path.is_file():
            found.append(f"missing: {name}")
        elif path.read_bytes() != text.encode():
            found.append(f"differs: {name}")
    for folder in _FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and "__pycache__" not in path.parts and name not in files:
                found.append(f"nothing generates: {name}")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return the exit status (0 well, 1 a difference, 2 a broken contract)."""
    parser = argparse.ArgumentParser(prog="generate.py", description="Generate code from the contract in bridge_spec.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail on a difference")
    parser.add_argument("--spec", type=Path, default=ROOT / "bridge_spec", help="folder of the contract")
    parser.add_argument("--root", type=Path, default=ROOT, help="project folder to write to or compare with")
    options = parser.parse_args(arguments)
    try:
        files = generate(options.spec)
    except SpecError as error:
        print(f"generate: {error}", file=sys.stderr)
        return 2
    found = differences(files, options.root)
    if options.check:
        for line in found:
            print(f"generate: {line}", file=sys.stderr)
        if found:
            print("generate: run bridge_spec/codegen/generate.py and commit what changes", file=sys.stderr)
        return 1 if found else 0
    for name, text in files.items():
        path = options.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    for line in found:
        if line.startswith("nothing generates: "):
            (options.root / line.removeprefix("nothing generates: ")).unlink()
    print(f"generate: {len(files)} files, {len(found)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
