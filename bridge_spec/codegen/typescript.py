"""Emits the TypeScript half by handing the bundled contract to the node half (generate.mjs)."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from bridge_spec.codegen.errors import SpecError

if TYPE_CHECKING:
    from bridge_spec.codegen.spec import Json, Spec

_SCRIPT: Final = Path(__file__).with_name("generate.mjs")
_REF: Final = "#/components/schemas/"
_TIMEOUT_S: Final = 120


def typescript_files(spec: Spec) -> dict[str, str]:
    """Return file name to text of frontend/sdk/_generated.

    Only the bridge's methods, and only the schemas that these reach: browsers load this.

    Raises:
        SpecError: a document is not OpenRPC, a generator failed, or node is missing.
    """
    methods = spec.of("bridge")
    names = [row.params for row in methods] + [row.result for row in methods if row.result is not None]
    message = {
        "schemas": _for_definitions(_reachable(spec.schemas, [*names, "Capability"])),
        "methods": [asdict(row) for row in methods],
        "errors": [asdict(row) for row in spec.errors],
        "documents": spec.documents,
        "protocolVersion": int(str(spec.documents["bridge"]["info"]["version"]).split(".")[0]),
    }
    node = shutil.which("node")
    if node is None:
        raise SpecError("node is not installed; the TypeScript half needs it")
    done = subprocess.run(
        [node, str(_SCRIPT)],
        input=json.dumps(message),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=_TIMEOUT_S,
    )
    if done.returncode or done.stderr.strip():
        raise SpecError(f"generate.mjs: {done.stderr.strip()[-2000:] or done.returncode}")
    return cast("dict[str, str]", json.loads(done.stdout))


def _reachable(schemas: dict[str, Json], roots: list[str]) -> dict[str, Json]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(schemas[name])
    return {name: schema for name, schema in schemas.items() if name in found}


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [name for item in node for name in _references(item)]
    if not isinstance(node, dict):
        return []
    here = [node["$ref"].removeprefix(_REF)] if isinstance(node.get("$ref"), str) else []
    return here + [name for value in node.values() for name in _references(value)]


def _for_definitions(schemas: dict[str, Json]) -> dict[str, Json]:
    text = json.dumps(schemas).replace(f'"{_REF}', '"#/definitions/')
    return cast("dict[str, Json]", json.loads(text))
