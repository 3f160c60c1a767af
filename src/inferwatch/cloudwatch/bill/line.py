"""One line of a month's bill."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

import msgspec

HOURS_A_MONTH = 730
SECONDS_A_MONTH = HOURS_A_MONTH * 3600
DAYS_A_MONTH = Decimal(365) / 12
MILLION = Decimal(1_000_000)
THOUSAND = Decimal(1000)
KB_A_GB = Decimal(1024**2)
MB_A_GB = Decimal(1024)

_CENT = Decimal("0.01")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line. quantity: all that is used; free: how much of it is; price: of `per` units, in USD."""

    service: str
    item: str
    quantity: Decimal
    unit: str
    price: Decimal
    per: Decimal = Decimal(1)
    free: Decimal = Decimal(0)

    @property
    def amount(self) -> Decimal:
        """USD, to the cent."""
        paid = max(Decimal(0), self.quantity - self.free)
        return (paid * self.price / self.per).quantize(_CENT, ROUND_HALF_UP)


def line(
    service: str,
    item: str,
    quantity: Decimal | int,
    unit: str,
    price: Decimal,
    per: Decimal = Decimal(1),
    free: Decimal | int = Decimal(0),
) -> Line:
    """A Line of whole numbers too."""
    return Line(
        service=service, item=item, quantity=Decimal(quantity), unit=unit, price=price, per=per, free=Decimal(free)
    )


def spread(free: Decimal | int, *quantities: Decimal) -> Iterator[Decimal]:
    """What is free, given to one quantity after the other as far as it reaches."""
    left = Decimal(free)
    for quantity in quantities:
        yield min(left, quantity)
        left -= min(left, quantity)
