"""The index that questions in OpenSearch's words are made for: one document a record, as in the log line."""

from __future__ import annotations

from typing import Any, Final

from inferwatch.lake.columns import KINDS, Kind
from inferwatch.spec.record import BUILT_IN_UNITS, VERSION_DIMENSION

NUMBER: Final = "number"
"""Below an identifier: the same as a number, where it is one."""

LONGEST: Final = 8191
"""Signs of a text that can be asked for: what an index holds of one is 32,766 bytes at most."""

_KEYWORD: Final[dict[str, Any]] = {"type": "keyword", "ignore_above": LONGEST}
_DOUBLE: Final[dict[str, Any]] = {"type": "double", "coerce": False, "ignore_malformed": True}
_IDENTIFIER: Final[dict[str, Any]] = {
    **_KEYWORD,
    "fields": {NUMBER: {"type": "double", "coerce": True, "ignore_malformed": True}},
}
_TYPES: Final[dict[Kind, dict[str, Any]]] = {
    "text": _KEYWORD,
    "identifier": _IDENTIFIER,
    "number": _DOUBLE,
    "integer": _DOUBLE,
    "time": {"type": "date", "format": "strict_date_optional_time"},
    "boolean": {"type": "boolean"},
}


def index_mapping() -> dict[str, Any]:
    """The body with which an index is made, before its first document.

    Texts are keywords, since `term` compares whole texts; other fields get the type of the first value seen.
    """
    properties = {name: _TYPES[kind] for name, kind in KINDS.items() if kind != "json"}
    properties |= dict.fromkeys(BUILT_IN_UNITS, _DOUBLE) | {VERSION_DIMENSION: _KEYWORD}
    return {
        "mappings": {
            "date_detection": False,
            "numeric_detection": False,
            "dynamic_templates": [
                {"texts": {"match_mapping_type": "string", "mapping": _KEYWORD}},
                {"whole_numbers": {"match_mapping_type": "long", "mapping": _DOUBLE}},
                {"numbers": {"match_mapping_type": "double", "mapping": _DOUBLE}},
            ],
            "properties": {"_aws": {"type": "object", "enabled": False}, **properties},
        }
    }
