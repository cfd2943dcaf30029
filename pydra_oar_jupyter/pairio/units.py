"""Numbers of bytes and seconds in words, for cells and pages."""

from __future__ import annotations


def in_bytes(size: float) -> str:
    """A size that people can read, in powers of 1000."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"


def duration(seconds: float) -> str:
    """A time span, with its two largest units."""
    if seconds < 10:
        return f"{max(0.0, seconds):.1f} s"
    whole = int(seconds)
    for unit, long, next_unit, short in (
        ("d", 86400, "h", 3600),
        ("h", 3600, "min", 60),
        ("min", 60, "s", 1),
    ):
        if whole >= long:
            rest = whole % long // short
            return f"{whole // long} {unit}" + (f" {rest} {next_unit}" if rest else "")
    return f"{whole} s"
