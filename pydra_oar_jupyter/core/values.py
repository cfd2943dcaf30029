"""The arguments of oarsub's options, ``-l`` apart: each a function from text to value.

Each returns the value in its canonical form and raises `RequestError`, with the place in the
text, where OAR 2.5.9 and 2.6 refuse it or would break on it.
"""

from __future__ import annotations

import re
from datetime import datetime
from signal import Signals

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.resources import LARGEST, check_sql

_TIME = r"[0-9]{1,2}(?::[0-9]{1,2}(?::[0-9]{1,2})?)?"
_DAY = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_DATE_HINT = "Write YYYY-MM-DD HH:MM:SS; OAR 2.6 also takes HH:MM:SS, now, and a second date."
# The forms of the types that OAR itself gives a meaning; a site may have any others.
_TYPES = {
    "inner": (r"=\w+", "inner=1234"),
    "placeholder": (r"=\w+", "placeholder=name"),
    "allowed": (r"=\w+", "allowed=name"),
    "token": (r":\w+=[0-9]+", "token:licence=1"),
    "timesharing": (r"(=(\*|user),(\*|name)|=(\*|name),(\*|user))?", "timesharing=user,name"),
    **{
        name: (rf"={_DAY}(\s+{_TIME})?", f"{name}=2026-12-01 10:00:00")
        for name in ("postpone", "deadline", "expire")
    },
}


def _wrong(message: str, text: str, hint: str = "", at: int = 0, length: int = 0) -> RequestError:
    length = length or max(1, len(text) - at)
    return RequestError(message, text=text, at=at, length=length, hint=hint)


def line(text: str) -> str:
    """Any text on one line."""
    if "\n" in text:
        raise _wrong("This must be one line.", text, at=text.index("\n"), length=1)
    return text


def word(text: str) -> str:
    """Any text on one line, but some."""
    if not text.strip():
        raise _wrong("This is empty.", text)
    return line(text)


def stored(text: str, limit: int = 255) -> str:
    """Text that OAR copies into its own SQL, in a column of that many letters."""
    # oarsub 2.5.9 submits nothing then, and says no more than "OAR_JOB_ID=".
    if "'" in text:
        raise _wrong("OAR breaks on a quote here.", text, at=text.index("'"), length=1)
    if len(text) > limit:
        raise _wrong(f"OAR keeps at most {limit} letters of this.", text, at=limit)
    return line(text)


def name(text: str) -> str:
    """A job's name."""
    return stored(text, 100)


def queue(text: str) -> str:
    """A queue's name."""
    return stored(word(text), 100)


def job_type(text: str) -> str:
    """A job type; those that OAR knows must have their form."""
    stored(word(text))
    kind = re.split("[=:]", text)[0]
    form, example = _TYPES.get(kind, (".*", ""))
    if not re.fullmatch(re.escape(kind) + form, text, re.ASCII):
        raise _wrong(f"The type {kind!r} is written otherwise.", text, f"Such as -t {example!r}.")
    return text


def condition(text: str) -> str:
    """An SQL condition on properties, or nothing."""
    return check_sql(text) if text else text


def number(text: str, least: int = 1, most: int = LARGEST) -> int:
    """A whole number."""
    if not re.fullmatch("[+-]?[0-9]+", text):
        raise _wrong("This is not a whole number.", text)
    digits = text.lstrip("+-").lstrip("0")[:11] or "0"
    value = -int(digits) if text.startswith("-") else int(digits)
    if not least <= value <= most:
        bound = f"at least {least}" if value < least else f"at most {most}"
        raise _wrong(f"This must be {bound}.", text)
    return value


def seconds(text: str) -> int:
    """A duration in seconds, which may be zero."""
    return number(text, 0)


def job_id(text: str) -> int:
    """A job's number."""
    if re.fullmatch("[0-9]+,.*", text):
        at = text.index(",")
        raise _wrong("oarsub 2.5 and 2.6 take the number of one job.", text, "Repeat -a.", at)
    return number(text)


def signal_number(text: str) -> int:
    """A signal's number."""
    known = text.upper() if text.upper().startswith("SIG") else f"SIG{text.upper()}"
    if known in Signals.__members__:
        raise _wrong("oarsub takes a number.", text, f"{known} is {Signals[known].value}.")
    return number(text, 1, 64)


def output(text: str) -> str:
    """A file for stdout or stderr; OAR fills in %jobid% and %jobname%."""
    word(text)
    if bad := re.search(r"[^a-zA-Z0-9_./\-%\\ ]", text):
        hint = "It takes letters without accents, digits, spaces and _ . / - % \\."
        raise _wrong("oarsub takes no such letter here.", text, hint, bad.start(), 1)
    return text


def read_by_oar(text: str) -> str:
    """A file that oarsub itself opens, by way of a shell and without quoting."""
    word(text)
    if bad := re.search(r"[\s\"'\\$`~&|;<>()*?\[\]{}#!]", text):
        hint = "oarsub gives this name to a shell as it is."
        raise _wrong("oarsub can't open a file of this name.", text, hint, bad.start(), 1)
    return text


def md5(text: str) -> str:
    """An MD5 sum."""
    if not re.fullmatch("[0-9a-fA-F]{32}", text):
        raise _wrong("This is no MD5 sum: it has 32 digits from 0 to f.", text)
    return text.lower()


def notification(text: str) -> str:
    """Whom to tell, and of what: ``[END,ERROR]mail:me@example.org`` or ``exec:/a/script``."""
    hint = 'Such as --notify "[END,ERROR]mail:me@example.org" or --notify "exec:/my/script".'
    line(text)
    if not re.fullmatch(r"\s*(\[\s*(.+)\s*\]\s*)?(mail|exec)\s*:.+", text):
        raise _wrong("This is not a notification.", text, hint)
    if len(text) > 255:
        raise _wrong("OAR keeps at most 255 letters of this.", text, at=255)
    program = re.fullmatch(r".*exec\s*:(.+)", text)
    if program and (bad := re.search("[^a-zA-Z0-9_./ -]", program[1])):
        hint = "It takes letters without accents, digits, spaces and _ . / -."
        at = program.start(1) + bad.start()
        raise _wrong("oarsub takes no such letter here.", text, hint, at, 1)
    return text


def reservation(text: str) -> str:
    """``start`` or ``start, end``: dates, times of today, or now; in their full form.

    The full form of a date is all that OAR 2.5 takes.
    """
    fields = line(text).split(",")
    at, moments = 0, []
    for index, field in enumerate(fields):
        start = at + len(field) - len(field.lstrip())
        moment = "" if index > 1 else _moment(field.strip(), now=index == 0)
        if not moment:
            raise _wrong("This is not a date.", text, _DATE_HINT, start, len(field.strip()) or 1)
        moments.append(moment)
        at += len(field) + 1
    if len(moments) == 2 and len(moments[0]) == len(moments[1]) and moments[1] <= moments[0]:
        raise _wrong("The end is not after the start.", text, at=len(fields[0]) + 1)
    return ", ".join(moments)


def _moment(text: str, *, now: bool) -> str:
    """A date or a time in its full form, or "" if it is none."""
    if now and text == "now":
        return text
    match = re.fullmatch(rf"(?:({_DAY})\s+)?({_TIME})", text)
    if not match:
        return ""
    year, month, day = map(int, (match[1] or "2000-1-1").split("-"))
    hour, minute, second = map(int, f"{match[2]}:0:0".split(":")[:3])
    try:
        moment = datetime(year, month, day, hour, minute, second)
    except ValueError:
        return ""
    if not 1970 < moment.year < 2038:  # OAR counts seconds from 1970 in 32 bits
        return ""
    return f"{moment:%Y-%m-%d %H:%M:%S}" if match[1] else f"{moment:%H:%M:%S}"
