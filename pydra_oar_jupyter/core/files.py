"""The spool's files: read and written as a whole, and by nobody but their owner."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import secrets
import shutil
import stat
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydra_oar_jupyter.core.errors import SpoolError

if TYPE_CHECKING:
    from pathlib import Path

_Facts = TypeVar("_Facts")
# What JSON has for fields of these types.
_PLAIN: dict[str, Any] = {
    "str": str,
    "bool": bool,
    "int": int,
    "int | None": int | None,
    "float": int | float,
    "tuple[str, ...]": tuple,
}


def write_atomically(path: Path, text: str) -> None:
    """Write a file that readers see whole, or not at all; only its owner can read it.

    Raises:
        SpoolError: it can't be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> SpoolError:
    """The error for a file of the spool that can't be written."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    advice = "Make room there" if full else "Mend its rights"
    return SpoolError(
        f"{path} can't be written: {error.strerror}. {advice}, or choose another place for the "
        "spool with PYDRA_OAR_SPOOL (on a file system that the nodes share)."
    )


def link(source: Path, target: Path) -> None:
    """The same file under another name, for what is never changed.

    Raises:
        OSError: it can't be made.
    """
    try:
        os.link(source, target)
    except OSError:  # some file systems have no hard links
        shutil.copyfile(source, target)
        target.chmod(0o600)


def open_private(path: Path) -> int:
    """A descriptor to read a file that only this user can have written.

    Raises:
        SpoolError: it belongs to another account, others can write it, it is a link, or it
            can't be read.
    """
    try:
        descriptor = open_plain(path, os.O_NOFOLLOW)
    except OSError as error:
        if error.errno == errno.EACCES and path.exists():
            raise _untrusted(path, path.lstat()) from None
        raise SpoolError(f"{path} can't be read: {error.strerror}.") from None
    facts = os.fstat(descriptor)
    if facts.st_uid == os.getuid() and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return descriptor
    os.close(descriptor)
    raise _untrusted(path, facts)


def open_plain(path: Path, flags: int = 0) -> int:
    """A descriptor to read a file, in whose place a job may have put a pipe or a device.

    Raises:
        OSError: it can't be opened, or is no file whose reading comes to an end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "it is no file", str(path))


def tail(path: Path, most: int) -> bytes:
    """The last bytes of a file, so many at most; none if it can't be read."""
    try:
        with os.fdopen(open_plain(path), "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - most))
            return file.read(most)
    except OSError:
        return b""


def _untrusted(path: Path, facts: os.stat_result) -> SpoolError:
    if facts.st_uid == os.getuid() and not facts.st_mode & 0o022:
        return SpoolError(f"{path} can't be read: Permission denied. Try: chmod u+r {path}")
    return SpoolError(
        f"{path} is not trusted: it belongs to account {facts.st_uid} and its mode is "
        f"{stat.filemode(facts.st_mode)}, so somebody else may have written it. It was not "
        "opened. Look who did that; the job has to run again."
    )


def private_directory(path: Path) -> Path:
    """Make a directory that only this user can enter, and refuse one that others can.

    Those above it that are missing are made so too.

    Raises:
        SpoolError: it can't be made, or others can enter it.
    """
    try:
        for above in reversed(path.parents):
            above.mkdir(mode=0o700, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        facts = path.stat()
    except OSError as error:
        raise unwritable(path, error) from error
    if facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise SpoolError(
            f"{path} holds pickles and must be yours alone: it belongs to account {facts.st_uid} "
            f"and its mode is {stat.filemode(facts.st_mode)}. Try: chmod 700 {path}"
        )
    return path


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file that only this user can have written.

    Raises:
        SpoolError: it can't be read, or may be somebody else's.
        ValueError: it is not whole, or something else is in it.
    """
    with os.fdopen(open_private(path), "rb", buffering=0) as file:
        text = file.readall()
    try:
        read = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(read, dict):
        raise ValueError("it is no object")
    return read


def checked(made: _Facts) -> _Facts:
    """The same, once the plain values among its fields are of their types: they were in a file.

    Raises:
        TypeError: one is of another.
    """
    of: Any = type(made)
    for name, kind in _plain_fields(of):
        value = getattr(made, name)
        if not isinstance(value, kind):
            raise TypeError(f"{name} is {value!r:.80}")
        if kind is tuple and not all(isinstance(one, str) for one in value):
            raise TypeError(f"{name} is {value!r:.80}")
    return made


@cache
def _plain_fields(kind: Any) -> list[tuple[str, Any]]:
    return [
        (one.name, _PLAIN[one.type])
        for one in dataclasses.fields(kind)
        if isinstance(one.type, str) and one.type in _PLAIN
    ]


def names_in(folder: Path) -> list[str]:
    """The names of what is in a folder, in no order; none if there is no such folder.

    Raises:
        SpoolError: it can't be read.
    """
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SpoolError(
            f"{folder} can't be read: {error.strerror}. The jobs go on; mend its rights "
            f"(chmod -R u+rwX {folder.parent}) and ask again."
        ) from error
