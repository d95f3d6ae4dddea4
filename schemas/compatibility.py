"""The gate of evolution: FULL_TRANSITIVE by rules, against every version of a schema that was ever published.

`avro/history/<name>/<number>.avsc` holds them. The registry guards the same; this one needs no server, and is stricter
where the log is: enums are closed, and a type never changes, not even to one that Avro would promote.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from schemas.errors import IncompatibleSchemaError

_ANNOTATIONS = frozenset({"doc", "default", "namespace", "order", "aliases"})


def history(name: str) -> dict[int, dict[str, Any]]:
    """The published versions of ``schemas/avro/<name>.avsc`` by number."""
    found = (files("schemas") / "avro" / "history" / name).iterdir()
    versions = [(int(path.name.removesuffix(".avsc")), json.loads(path.read_text("utf-8"))) for path in found]
    return dict(sorted(versions))


def check_compatible(current: Any, earlier: Any, path: str = "") -> None:
    """Check that each version reads what the other wrote, and that nothing changed its meaning.

    A record may gain a field that has a default, and lose one that had a default. Everything else stays: names, types,
    the symbols of an enum and their order, the branches of a union and their order.

    Raises:
        IncompatibleSchemaError: naming the field path.
    """
    now, before = _plain(current), _plain(earlier)
    path = path or str(before.get("name", "schema") if isinstance(before, dict) else "schema")
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for branch, was in zip(now, before, strict=True):
            check_compatible(branch, was, path)
    elif isinstance(before, dict) and isinstance(now, dict) and before.get("type") == "record" == now.get("type"):
        if now["name"] != before["name"]:
            raise IncompatibleSchemaError(f"{path}: record {before['name']} was renamed {now['name']}")
        _check_fields(now, before, path)
    elif isinstance(before, dict) and isinstance(now, dict) and before.get("type") == "array" == now.get("type"):
        check_compatible(now["items"], before["items"], f"{path}[]")
    elif now != before:
        raise IncompatibleSchemaError(f"{path}: {json.dumps(before)} became {json.dumps(now)}")


def _check_fields(now: Mapping[str, Any], before: Mapping[str, Any], path: str) -> None:
    new, old = ({field["name"]: field for field in record["fields"]} for record in (now, before))
    for name in old.keys() - new.keys():
        if "default" not in old[name]:
            raise IncompatibleSchemaError(f"{path}.{name}: removed, but earlier readers need it; it had no default")
    for name in new.keys() - old.keys():
        if "default" not in new[name]:
            raise IncompatibleSchemaError(f"{path}.{name}: added without a default; earlier events lack it")
    for name in new.keys() & old.keys():
        if "default" in old[name] and "default" not in new[name]:
            raise IncompatibleSchemaError(f"{path}.{name}: lost its default, which a version without the field needs")
        check_compatible(new[name]["type"], old[name]["type"], f"{path}.{name}")


def _plain(node: Any) -> Any:
    """The node without what does not change a type, ``{"type": "int"}`` as ``int``."""
    if not isinstance(node, Mapping):
        return node
    kept = {key: value for key, value in node.items() if key not in _ANNOTATIONS}
    return kept["type"] if kept.keys() == {"type"} else kept
