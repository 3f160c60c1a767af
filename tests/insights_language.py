"""The language of CloudWatch Logs Insights as AWS documents it, as far as InferWatch writes it: a strict parser.

Every other sign is refused; so a value that broke out of its place would not parse. A condition on a value that is
missing is not true; what a negated one is then, AWS does not document, so asking it fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from lark import Lark, Transformer, v_args

Event = dict[str, Any]
Value = Any
Expression = Callable[[Event], Value]

LANGUAGE = r"""
    query: command ("|" command)*
    ?command: source | fields | filter | stats | sort | dedup | limit
    source: "SOURCE" "logGroups" "(" "namePrefix" ":" "[" PREFIX ("," PREFIX)* "]" ")"
    fields: "fields" item ("," item)*
    filter: "filter" expression
    stats: "stats" item ("," item)* ["by" groups]
    groups: item ("," item)*
    sort: "sort" key ("," key)*
    dedup: "dedup" name
    limit: "limit" COUNT
    key: name DIRECTION
    item: expression ["as" name]
    ?expression: both ("or" both)* -> either
    both: negation ("and" negation)*
    ?negation: "not" negation -> negation
             | comparison
    ?comparison: product OPERATOR product -> comparison
               | product "in" list -> choice
               | product "not" "in" list -> no_choice
               | product "like" REGEX -> search
               | product "not" "like" REGEX -> no_search
               | product
    list: "[" value ("," value)* "]"
    ?product: atom ("*" atom)* -> product
    ?atom: "(" expression ")"
         | NAME "(" "*" ")" -> call_all
         | NAME "(" expression ("," expression)* ")" -> call
         | "bin" "(" SPAN ")" -> bin
         | name -> field
         | value
    value: TEXT -> text
         | NUMBER -> number
    name: NAME | BACKTICKS
    OPERATOR: ">=" | "<=" | "!=" | "=" | "<" | ">"
    DIRECTION: "asc" | "desc"
    NAME: /@?[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*/
    BACKTICKS: /`[^`\\\n]+`/
    TEXT: /"[^"\\\n]*"/
    PREFIX: /'[.\-_\/#A-Za-z0-9]+'/
    NUMBER: /-?\d+(\.\d+)?/
    SPAN: /\d+[smhd]/
    COUNT: /\d+/
    REGEX: "/" "(?i)"? "^"? (SIGN | "[" (SIGN | "\\s" | "\\S")+ "]" "*"?)* "$"? "/"
    SIGN: /[A-Za-z0-9]|\\x[0-9a-f]{2}|\\x\{[0-9a-f]+\}/
    %ignore " "
    %ignore "\n"
"""


class Undocumented(Exception):
    """AWS does not say what this gives."""


class Call(NamedTuple):
    """A function and what it is given; as an expression, its value."""

    function: str
    arguments: tuple[Expression, ...]

    def __call__(self, event: Event) -> Value:
        return FUNCTIONS[self.function](*(argument(event) for argument in self.arguments))


class Named(NamedTuple):
    """A field, or what is computed and called so."""

    name: str
    value: Expression

    def __call__(self, event: Event) -> Value:
        return self.value(event)


class Command(NamedTuple):
    word: str
    parts: tuple[Any, ...]


def _coalesce(*values: Value) -> Value:
    return next((value for value in values if value is not None), None)


def _substr(text: Value, start: float, length: float) -> Value:
    return text[int(start) : int(start + length)] if isinstance(text, str) else None


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "ispresent": lambda value: float(value is not None),
    "coalesce": _coalesce,
    "substr": _substr,
    "strcontains": lambda text, part: None if text is None else float(part in text),
}


def _compared(one: Value, operator: str, other: Value) -> bool:
    if one is None or other is None:
        if operator == "!=":
            raise Undocumented("!= of a value that is missing")
        return False
    if isinstance(one, str) != isinstance(other, str):
        return operator == "!="
    order = (one > other) - (one < other)
    return {"=": order == 0, "!=": order != 0, ">=": order >= 0, "<=": order <= 0, ">": order > 0, "<": order < 0}[
        operator
    ]


def _there(value: Value) -> Value:
    if value is None:
        raise Undocumented("not in, or not like, of a value that is missing")
    return value


@v_args(inline=True)
class _Compile(Transformer[Any, Any]):
    """The parsed query as functions of an event."""

    def name(self, name: str) -> str:
        return str(name).strip("`")

    def field(self, name: str) -> Named:
        return Named(name, lambda event: event.get(name))

    def text(self, token: str) -> Expression:
        return lambda _: token[1:-1]

    def number(self, token: str) -> Expression:
        return lambda _: float(token)

    def bin(self, span: str) -> Expression:
        step = int(span[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[span[-1]] * 1000
        return lambda event: float(event["@timestamp"] // step * step)

    def call(self, function: str, *arguments: Expression) -> Call:
        return Call(str(function), arguments)

    def call_all(self, function: str) -> Call:
        return Call(str(function), ())

    def product(self, *factors: Expression) -> Expression:
        if len(factors) == 1:
            return factors[0]

        def value(event: Event) -> Value:
            found: Value = 1.0
            for factor in factors:
                given = factor(event)
                found = found * given if isinstance(given, float) and found is not None else None
            return found

        return value

    def comparison(self, one: Expression, operator: str, other: Expression) -> Expression:
        return lambda event: _compared(one(event), operator, other(event))

    def list(self, *values: Expression) -> tuple[Value, ...]:
        return tuple(value({}) for value in values)

    def choice(self, one: Expression, wanted: Sequence[Value]) -> Expression:
        return lambda event: one(event) in wanted

    def no_choice(self, one: Expression, wanted: Sequence[Value]) -> Expression:
        return lambda event: _there(one(event)) not in wanted

    def search(self, one: Expression, written: str) -> Expression:
        pattern = _python(written)
        return lambda event: (value := one(event)) is not None and pattern.search(shown(value)) is not None

    def no_search(self, one: Expression, written: str) -> Expression:
        pattern = _python(written)
        return lambda event: pattern.search(shown(_there(one(event)))) is None

    def negation(self, one: Expression) -> Expression:
        return lambda event: not one(event)

    def both(self, *parts: Expression) -> Expression:
        return parts[0] if len(parts) == 1 else lambda event: all(part(event) for part in parts)

    def either(self, *parts: Expression) -> Expression:
        return parts[0] if len(parts) == 1 else lambda event: any(part(event) for part in parts)

    def item(self, value: Expression, alias: str | None) -> Named:
        if alias is not None:
            return Named(alias, value)
        return value if isinstance(value, Named) else Named("unnamed", value)

    def key(self, name: str, direction: str) -> tuple[str, bool]:
        return name, direction == "desc"

    def source(self, *prefixes: str) -> Command:
        return Command("SOURCE", tuple(prefix[1:-1] for prefix in prefixes))

    def fields(self, *items: Named) -> Command:
        return Command("fields", items)

    def filter(self, condition: Expression) -> Command:
        return Command("filter", (condition,))

    def groups(self, *items: Named) -> tuple[Named, ...]:
        return items

    def stats(self, *parts: Any) -> Command:
        *values, groups = parts
        return Command("stats", (tuple(values), groups or ()))

    def sort(self, *keys: tuple[str, bool]) -> Command:
        return Command("sort", keys)

    def dedup(self, name: str) -> Command:
        return Command("dedup", (name,))

    def limit(self, count: str) -> Command:
        return Command("limit", (int(count),))

    def query(self, *commands: Command) -> tuple[Command, ...]:
        return commands


def shown(value: Value) -> str:
    """A value as text: of a number the shortest."""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def _python(written: str) -> re.Pattern[str]:
    """Java's and RE2's regular expression as Python's. Case folds in ASCII, and `$` is the end of the text."""
    folded = written.startswith("/(?i)")
    inner = written[1:-1].removeprefix("(?i)")
    inner = re.sub(r"\\x\{([0-9a-f]+)\}", lambda found: re.escape(chr(int(found[1], 16))), inner)
    inner = f"{inner[:-1]}\\Z" if inner.endswith("$") else inner
    return re.compile(inner, re.ASCII | (re.IGNORECASE if folded else 0))


_LANGUAGE = Lark(LANGUAGE, start="query", parser="lalr", maybe_placeholders=True)


def parsed(text: str) -> tuple[Command, ...]:
    """The commands of a query, compiled. Raises lark's errors where it is none."""
    commands: tuple[Command, ...] = _Compile().transform(_LANGUAGE.parse(text))
    return commands
