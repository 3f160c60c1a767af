"""The columns of the lake: every core field has one, whatever engine reads them.

`metrics` is one JSON object of the embedded metrics that every model has, `properties` one of all that has no column.
`log_stream` says who wrote the line, and on one machine `log_offset` where in the stream's file it begins.
"""

from __future__ import annotations

from typing import Final, Literal

Kind = Literal["text", "json", "number", "integer", "time", "boolean", "identifier"]

KINDS: Final[dict[str, Kind]] = {
    "v": "integer",
    "namespace": "text",
    "model_name": "text",
    "model_version": "identifier",
    "deployment_id": "identifier",
    "environment": "text",
    "server_id": "identifier",
    "type": "text",
    "transaction_id": "text",
    "request_id": "text",
    "start_at": "time",
    "end_at": "time",
    "elapse": "number",
    "status": "text",
    "error": "json",
    "requester": "json",
    "request": "json",
    "response": "json",
    "request_size": "integer",
    "response_size": "integer",
    "prediction": "json",
    "confidence": "number",
    "cold_start": "boolean",
    "truncated": "boolean",
}
"""How each core field is held, in the order in which a record shows them. json: any value, as text;
identifier: an integer or text, as text."""

OWN: Final[dict[str, Kind]] = {"metrics": "json", "properties": "json", "log_stream": "text", "log_offset": "integer"}
"""What a row has beside the record's core fields."""

DUCKDB: Final[dict[Kind, str]] = {
    "text": "VARCHAR",
    "json": "VARCHAR",
    "identifier": "VARCHAR",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "time": "BIGINT",  # epoch milliseconds on their way; TIMESTAMP WITH TIME ZONE in the file
    "boolean": "BOOLEAN",
}
GLUE: Final[dict[Kind, str]] = {
    "text": "string",
    "json": "string",
    "identifier": "string",
    "number": "double",
    "integer": "bigint",
    "time": "timestamp",
    "boolean": "boolean",
}
"""The types of each kind, as the engine that writes the files names them."""

COLUMNS: Final[dict[str, str]] = {name: DUCKDB[kind] for name, kind in {**KINDS, **OWN}.items()}
"""The columns that every row has on one machine."""

GLUE_COLUMNS: Final[dict[str, str]] = {
    name: GLUE[kind] for name, kind in {**KINDS, **OWN}.items() if name != "log_offset"
}
"""The columns that every row has in S3: no file, no place in it."""
