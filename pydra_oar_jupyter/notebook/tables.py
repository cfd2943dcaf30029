"""Tables that print well as text and as HTML, and are plain data for code."""

from __future__ import annotations

import time
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.spool import own_name
from pydra_oar_jupyter.core.state import JobState
from pydra_oar_jupyter.core.tones import COLOURS
from pydra_oar_jupyter.core.units import duration
from pydra_oar_jupyter.monitor.rows.jobs import tone
from pydra_oar_jupyter.notebook.words import clock
from pydra_oar_jupyter.workflows.counts import RUN_TONES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd

    from pydra_oar_jupyter.core.state import JobStatus, Resource
    from pydra_oar_jupyter.core.tones import Tone

_TONES: dict[str, Tone] = {
    # Of what has ended, another column tells whether it did what it was to do.
    **{str(state): tone(state) for state in JobState if state is not JobState.TERMINATED},
    **{str(state): looks for state, looks in RUN_TONES.items()},
    # Pairio's other words; its own table of them needs pydantic.
    "pending": "waiting",
    "starting": "waiting",
    "completed": "done",
    # Hosts.
    "Alive": "done",
    "Absent": "waiting",
    "Suspected": "failed",
    "Dead": "failed",
}
# What is wider is cut in the text form, in letters.
_WIDEST = 48
# What is not longer stays on one line in the HTML form, in letters.
_UNBROKEN = 40


@dataclass(frozen=True, slots=True)
class Column:
    """A key of the rows, its heading, and how its values are shown."""

    key: str
    heading: str
    show: Callable[[Any], str] = str


class Table:
    """Rows of plain data with a text and an HTML form.

    It can be indexed and iterated as a list of dicts. Times in it are seconds since the epoch,
    durations seconds.
    """

    def __init__(
        self, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], empty: str = "None."
    ) -> None:
        self._columns, self._empty = columns, empty
        self._rows = [dict(row) for row in rows]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self._rows[index]

    def to_dicts(self) -> list[dict[str, Any]]:
        """The rows as plain dicts that JSON can hold."""
        return [{key: _plain(value) for key, value in row.items()} for row in self._rows]

    def to_dataframe(self) -> pd.DataFrame:
        """The rows as a DataFrame.

        Raises:
            ImportError: pandas is not installed.
        """
        import pandas as pd

        return pd.DataFrame(self.to_dicts())

    def __repr__(self) -> str:
        if not self._rows:
            return self._empty
        cells = [[_cut(text) for text in row] for row in self._shown()]
        heads = [column.heading for column in self._columns]
        widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
        lines = [heads, ["─" * width for width in widths], *cells]
        return "\n".join(
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        if not self._rows:
            return f"<div>{escape(self._empty)}</div>"
        heads = "".join(
            f'<th style="text-align:left">{escape(column.heading)}</th>' for column in self._columns
        )
        lines = (
            "".join(f'<td style="text-align:left">{_html(text)}</td>' for text in row)
            for row in self._shown()
        )
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"

    def _shown(self) -> list[list[str]]:
        return [[_show(column, row) for column in self._columns] for row in self._rows]


def _show(column: Column, row: Mapping[str, Any]) -> str:
    value = row.get(column.key)
    return "" if value is None or value == "" else column.show(value)


def _cut(text: str) -> str:
    text = text.replace("\n", " ")
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _html(text: str) -> str:
    looks = _TONES.get(text.partition(" ")[0])
    style = (f"color:{COLOURS[looks]};" if looks else "") + "white-space:nowrap" * (
        len(text) <= _UNBROKEN
    )
    return f'<span style="{style}">{escape(text)}</span>' if style else escape(text)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value  # a JobState becomes a plain str


def _state(state: str) -> str:
    """OAR's word and, where that is not plain, what it means."""
    if state in (JobState.RUNNING, JobState.TERMINATED) or state not in set(JobState):
        return state
    return f"{state} ({JobState(state).meaning})"


def _own_state(state: str) -> str:
    """The same; how a job ended has a column of its own."""
    return state if state == JobState.ERROR else _state(state)


def moment(value: float) -> str:
    return clock(value, time.time()) if value else ""


def _many(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values))


STATUS_COLUMNS = (
    Column("id", "Job"),
    Column("name", "Name"),
    Column("owner", "User"),
    Column("state", "State", _state),
    Column("queue", "Queue"),
    Column("resources", "Resources"),
    Column("nodes", "Nodes", _many),
    Column("submitted", "Submitted", moment),
    Column("started", "Started", moment),
)
OWN_COLUMNS = (
    Column("id", "Job"),
    Column("name", "Name"),
    Column("state", "State", _own_state),
    Column("how", "How it ended"),
    Column("node", "Node"),
    Column("submitted", "Submitted", moment),
    Column("took", "Ran", duration),
    Column("backend", "Backend"),
)
HOST_COLUMNS = (
    Column("host", "Host"),
    Column("state", "State"),
    Column("resources", "Resources"),
    Column("free", "Free"),
    Column("jobs", "Jobs", _many),
)
RESOURCE_COLUMNS = (
    Column("id", "Resource"),
    Column("host", "Host"),
    Column("state", "State"),
    Column("jobs", "Jobs", _many),
)


def status_row(status: JobStatus) -> dict[str, Any]:
    """A scheduler's answer as a row; the name without what the package added to it."""
    row = {name: getattr(status, name) for name in status.__dataclass_fields__}
    events = [{"type": e.type, "description": e.description, "time": e.time} for e in status.events]
    return {**row, "name": own_name(status.name), "events": events}


def details(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Every fact of each row on a line of its own."""
    times = ("submitted", "scheduled", "started", "ended")
    lines = []
    for row in rows:
        for key, value in row.items():
            if key == "events":
                text = "\n".join(f"{moment(e['time'])} {e['type']}" for e in value)
            elif key in times:
                text = moment(value)
            else:
                text = _many(value) if isinstance(value, list | tuple) else str(value or "")
            if text:
                lines.append({"job": row["id"], "what": key.replace("_", " "), "value": text})
    return Table((Column("job", "Job"), Column("what", "What"), Column("value", "")), lines)


def host_rows(resources: Sequence[Resource]) -> list[dict[str, Any]]:
    """One row for each host."""
    hosts: dict[str, list[Resource]] = {}
    for resource in resources:
        hosts.setdefault(resource.host, []).append(resource)
    return [
        {
            "host": host,
            "state": _many(sorted({one.state for one in group})),
            "resources": len(group),
            "free": sum(one.free for one in group),
            "jobs": tuple(sorted({job for one in group for job in one.jobs})),
        }
        for host, group in hosts.items()
    ]
