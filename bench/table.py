"""A table of what was measured, beside what it is to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Row:
    """One figure: what it is, its value, its unit, and the most it may be (if that is set)."""

    what: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def reached(self) -> bool:
        above = self.most is not None and self.value > self.most
        below = self.least is not None and self.value < self.least
        return not above and not below


@dataclass
class Table:
    """The figures of one section."""

    title: str
    rows: list[Row] = field(default_factory=list)

    def add(self, what: str, value: float, unit: str = "", **bound: float) -> None:
        self.rows.append(Row(what, value, unit, **bound))

    def __str__(self) -> str:
        width = max(len(row.what) for row in self.rows)
        lines = [self.title, "-" * len(self.title)]
        for row in self.rows:
            line = f"  {row.what:<{width}}  {row.value:10.3f} {row.unit:<6}"
            if row.most is not None:
                line += f"  at most {row.most:g}"
            if row.least is not None:
                line += f"  at least {row.least:g}"
            lines.append(line + ("" if row.reached else "   NOT REACHED"))
        return "\n".join(lines) + "\n"

    def facts(self) -> list[dict[str, Any]]:
        return [
            {name: value for name, value in vars(row).items() if value is not None}
            for row in self.rows
        ]

    def missed(self) -> list[str]:
        return [f"{self.title}: {row.what}" for row in self.rows if not row.reached]
