"""Reads bridge_spec into a Spec and refuses what contradicts itself. Knows YAML and OpenRPC, no target language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from bridge_spec.codegen.errors import SpecError
from bridge_spec.codegen.limits import limit_problem
from bridge_spec.codegen.spec import ORDER_ONLY, PARTIES, ErrorRow, Json, MethodRow, Spec, camel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_REF: Final = "#/components/schemas/"
_EXTENSIONS: Final = {"x-from", "x-to", "x-capability", "x-gesture"}


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML in which a repeated key is an error, not a silent overwrite."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - yaml's own signature
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise SpecError(f"{node.start_mark.name}:{key_node.start_mark.line + 1}: {key} is there twice")
            seen.add(key)
        return super().construct_mapping(node, deep)


def load_spec(folder: Path) -> Spec:
    """Read and check the contract.

    Args:
        folder: bridge_spec.

    Raises:
        SpecError: a file is no YAML, a name is unknown or there twice, or an object is open.
    """
    schemas = _load_schemas(folder / "schemas")
    errors = _load_errors(folder / "errors.yaml")
    capabilities = set(schemas.get("Capability", {}).get("enum", []))
    methods: list[MethodRow] = []
    documents: dict[str, Json] = {}
    components = dict(schemas)
    for document in PARTIES:
        raw = _read(folder / "openrpc" / f"{document}.yaml")
        seen: set[str] = set()
        for method in raw.get("methods", []):
            where = f"openrpc/{document}.yaml: {method.get('name', '?')}"
            if method.get("name") in seen:
                raise SpecError(f"{where}: this method is there twice")
            seen.add(method["name"])
            row = _method_row(document, method, schemas, where)
            _check_names(row, errors, capabilities, where)
            methods.append(row)
        documents[document] = _whole_document(raw, components, errors)
    for name, schema in schemas.items():
        _check_schema(schema, set(schemas), f"schema {name}")
    for row in methods:
        if row.result is not None and row.result not in schemas:
            raise SpecError(f"openrpc/{row.document}.yaml: {row.name}: unknown reference {_REF}{row.result}")
    return Spec(schemas, tuple(errors), tuple(methods), documents)


def _read(path: Path) -> Any:
    try:
        with path.open(encoding="utf-8") as stream:
            return yaml.load(stream, Loader=_UniqueKeyLoader)  # noqa: S506 - derived from SafeLoader
    except OSError as error:
        raise SpecError(f"{path.name} cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise SpecError(f"{path.name} is not YAML: {error}") from error


def _load_schemas(folder: Path) -> dict[str, Json]:
    schemas: dict[str, Json] = {}
    for path in sorted(folder.glob("*.yaml")):
        for name, schema in _read(path).items():
            if name in schemas:
                raise SpecError(f"schemas/{path.name}: {name} is there twice")
            if not isinstance(schema, dict):
                raise SpecError(f"schemas/{path.name}: {name} is not a schema")
            schemas[name] = schema
    return schemas


def _load_errors(path: Path) -> list[ErrorRow]:
    rows: list[ErrorRow] = []
    for raw in _read(path):
        data = {name.rstrip("?"): (kind, not name.endswith("?")) for name, kind in raw.get("data", {}).items()}
        unknown = {kind for kind, _ in data.values()} - {"string", "integer"}
        if unknown:
            raise SpecError(f"errors.yaml: {raw['name']}: data may be string or integer, not {', '.join(unknown)}")
        row = ErrorRow(raw["code"], raw["name"], raw["retryable"], raw["message"], data)
        for other in rows:
            if row.name == other.name or row.code == other.code:
                raise SpecError(f"errors.yaml: {row.name} ({row.code}) repeats {other.name} ({other.code})")
        rows.append(row)
    return rows


def _method_row(document: str, raw: Json, schemas: dict[str, Json], where: str) -> MethodRow:
    unknown = {key for key in raw if key.startswith("x-")} - _EXTENSIONS
    if unknown:
        raise SpecError(f"{where}: unknown extension {', '.join(sorted(unknown))}")
    prefix = camel(document) + camel(raw["name"])
    params = f"{prefix}Params"
    _add(schemas, params, _params_schema(raw["params"], where), where)
    result: str | None = None
    if "result" in raw:
        schema = raw["result"]["schema"]
        if set(schema) == {"$ref"}:
            result = schema["$ref"].removeprefix(_REF)
        else:
            result = f"{prefix}Result"
            _add(schemas, result, schema, where)
    senders = tuple(raw.get("x-from", ()))
    others = tuple(party for party in PARTIES[document] if party not in senders and party not in ORDER_ONLY)
    receivers = tuple(raw.get("x-to", others if "host" in senders else ("host",)))
    return MethodRow(
        document=document,
        name=raw["name"],
        summary=" ".join(raw.get("summary", "").split()),
        params=params,
        result=result,
        senders=senders,
        receivers=receivers,
        capability=raw.get("x-capability"),
        gesture=raw.get("x-gesture", False),
        errors=tuple(raw.get("errors", ())),
    )


def _params_schema(params: list[Json], where: str) -> Json:
    names = [param["name"] for param in params]
    if len(set(names)) != len(names):
        raise SpecError(f"{where}: a parameter is there twice")
    schema: Json = {
        "type": "object",
        "additionalProperties": False,
        "properties": {param["name"]: param["schema"] for param in params},
    }
    required = [param["name"] for param in params if param.get("required")]
    return {**schema, "required": required} if required else schema


def _add(schemas: dict[str, Json], name: str, schema: Json, where: str) -> None:
    if name in schemas:
        raise SpecError(f"{where}: the generated name {name} is taken by a schema")
    schemas[name] = schema


def _check_names(row: MethodRow, errors: list[ErrorRow], capabilities: set[str], where: str) -> None:
    known = {error.name for error in errors}
    for name in row.errors:
        if name not in known:
            raise SpecError(f"{where}: unknown error {name}")
    if row.result is None and row.errors:
        raise SpecError(f"{where}: a notification has no errors")
    if not row.senders:
        raise SpecError(f"{where}: nobody may send it (x-from)")
    for party in (*row.senders, *row.receivers):
        if party not in PARTIES[row.document]:
            raise SpecError(f"{where}: {party} is not a party of {row.document}")
    if row.capability is not None and row.capability not in capabilities:
        raise SpecError(f"{where}: unknown capability {row.capability}")


def _check_schema(schema: Json, known: set[str], where: str) -> None:
    for node in _nodes(schema):
        ref = node.get("$ref")
        if ref is not None and (not isinstance(ref, str) or ref.removeprefix(_REF) not in known):
            raise SpecError(f"{where}: unknown reference {ref}")
        if node.get("type") == "object" and "additionalProperties" not in node:
            raise SpecError(f"{where}: an object must say additionalProperties: false, or what they are")
        problem = limit_problem(node)
        if problem is not None:
            raise SpecError(f"{where}: {problem}")
        missing = [name for name in node.get("required", ()) if name not in node.get("properties", {})]
        if missing:
            raise SpecError(f"{where}: required but not described: {', '.join(missing)}")


def _nodes(schema: Json) -> Iterator[Json]:
    yield schema
    for child in schema.get("properties", {}).values():
        yield from _nodes(child)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _nodes(schema[key])


def _whole_document(raw: Json, components: dict[str, Json], errors: list[ErrorRow]) -> Json:
    """Return the document as OpenRPC has it: components inside, errors as objects instead of names."""
    rows = {row.name: row for row in errors}
    methods = []
    for method in raw["methods"]:
        listed = [{"code": rows[name].code, "message": rows[name].message} for name in method.get("errors", ())]
        methods.append({**method, "errors": listed} if "errors" in method else method)
    return {**raw, "methods": methods, "components": {"schemas": components}}
