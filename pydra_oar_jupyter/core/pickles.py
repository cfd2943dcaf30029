"""Objects in a file: pickles whose large buffers lie beside them and are not copied.

::

    magic | pickles, one after the other | buffers, each at a multiple of 64 | index | its length

The index is JSON: facts that are plain text, and which pickle and which buffer is where. The
pickles share one memo: two objects that hold the same third still do when they are read.

A function of the notebook is rebuilt with the reader's namespace as its globals, so that it
sees what is redefined there, as it would at home. The names that it uses in turn are found
while it is pickled, wherever it hides (in a list, a partial, a class), and go too.
"""

from __future__ import annotations

import importlib
import itertools
import json
import mmap
import os
import pickle
import pickletools
import secrets
import sys
from typing import IO, TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import PackingError, SpoolError
from pydra_oar_jupyter.core.files import open_private, unwritable
from pydra_oar_jupyter.core.pickler import NAMESPACE, Pickler, say

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

_MAGIC = b"oar pickles 1\n\0\0"
_ALIGNMENT = 64


# --- Writing


def save(
    path: Path,
    objects: Mapping[str, object],
    facts: Mapping[str, Any],
    *,
    namespace: dict[str, Any],
    follow: bool = False,
    kept: Collection[str] = (),
    words: Collection[str] = (),
) -> dict[str, str]:
    """Write named objects to a file that appears whole, and that only its owner can read.

    Args:
        path: the file.
        objects: what to write, by name.
        facts: what JSON can hold; it is read before any object is.
        namespace: the notebook's names: the globals of its functions.
        follow: whether names that such functions use are written too.
        kept: names that are not followed: they are the shell's own.
        words: identifiers of the code that will use the objects; with them the submodules that
            it needs of a package are known.

    Returns:
        What could not be pickled, and why, by name; the rest is written.

    Raises:
        SpoolError: the file can't be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    missing: dict[str, str] = {}
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            while True:
                file.write(_MAGIC)
                pickler = Pickler(file, namespace, set(words))
                waiting = {name: value for name, value in objects.items() if name not in missing}
                failed, entries = pickler.dump_all(waiting, follow, {*kept, *missing})
                missing |= failed
                if not failed:
                    break
                # What failed midway has left halves in the memo: all begins anew. Not truncated
                # without need, as ext4 then waits for the disk when the file is closed.
                file.seek(0)
                file.truncate()
            _finish(file, pickler, {"facts": facts, "entries": entries, "missing": missing})
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)
    return missing


def _finish(file: IO[bytes], pickler: Pickler, index: dict[str, Any]) -> None:
    """Write the buffers as they lie in memory, and the index."""
    end = file.tell()
    file.flush()
    places = []
    at = end
    for buffer in pickler.buffers:
        at += -at % _ALIGNMENT
        view = buffer.raw()
        places.append((at, view.nbytes))
        while view.nbytes:
            written = os.pwrite(file.fileno(), view, at)
            view, at = view[written:], at + written
    index |= {"buffers": places, "modules": pickler.submodules()}
    index["python"] = sys.version_info[:2] if pickler.has_code else None
    text = json.dumps(index).encode()
    file.seek(at)
    file.write(text + len(text).to_bytes(8, "little"))


# --- Reading


class Pickles:
    """A file that `save` wrote, open for reading; to be closed, best by ``with``.

    Attributes:
        facts: the facts that were written with the objects.

    Raises:
        SpoolError: the file can't be read, is not whole, or may be somebody else's.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.fdopen(open_private(path), "rb")
        try:
            self._index = self._read_index()
        except (ValueError, KeyError, OSError) as error:
            self._file.close()
            raise SpoolError(
                f"{path} is not whole, or not a file of this version: it can't be read ({error})."
            ) from error
        self.facts: dict[str, Any] = self._index["facts"]

    def __enter__(self) -> Pickles:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. What was loaded stays."""
        self._file.close()

    def _read_index(self) -> dict[str, Any]:
        if self._file.read(len(_MAGIC)) != _MAGIC:
            raise ValueError("it does not begin as it should")
        size = self._file.seek(-8, os.SEEK_END)
        length = int.from_bytes(self._file.read(8), "little")
        if length > size - len(_MAGIC):
            raise ValueError("its end is missing")
        self._file.seek(size - length)
        index: dict[str, Any] = json.loads(self._file.read(length))
        return index

    def sizes(self) -> dict[str, int]:
        """How many bytes each object takes: its pickle, and the buffers that came with it."""
        entries, buffers = self._index["entries"], iter(self._index["buffers"])
        sizes = {}
        for name, start in entries:
            self._file.seek(start)
            codes = [code.name for code, _, _ in pickletools.genops(self._file)]
            beside = [next(buffers)[1] for _ in range(codes.count("NEXT_BUFFER"))]
            sizes[name] = self._file.tell() - start + sum(beside)
        return sizes

    def load(self, namespace: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Read the objects.

        Args:
            namespace: becomes the globals of the notebook's functions.

        Returns:
            The objects by name, and what can't be had here, and why, by name.

        Raises:
            PackingError: functions in it are of another version of Python.
        """
        python = self._index["python"]
        if python and tuple(python) != sys.version_info[:2]:
            raise PackingError(
                "Functions and classes that are defined in a notebook go only between the same "
                "versions of Python: these come from {}.{}, and here is {}.{}.".format(
                    *python, *sys.version_info
                )
            )
        unpickler = self._unpickler(_Unpickler, namespace, len(_MAGIC), 0)
        objects = {}
        try:
            for name, _ in self._index["entries"]:
                objects[name] = unpickler.load()
        except Exception:
            objects.clear()
            return self._load_rest(namespace)
        self._import()
        return objects, dict(self._index["missing"])

    def _load_rest(self, namespace: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Read those objects that don't need one that fails."""
        objects, missing = {}, dict(self._index["missing"])
        memo: dict[int, object] = {}
        owners: list[str] = []  # of each place in the memo
        buffers = 0
        for name, start in self._index["entries"]:
            self._file.seek(start)
            codes = [(code.name, value) for code, value, _ in pickletools.genops(self._file)]
            gets = [int(value or 0) for code, value in codes if code.endswith("GET")]
            shared = [owners[place] for place in gets if place < len(owners)]
            lost = next((owner for owner in shared if owner in missing), None)
            if lost is None:
                try:
                    unpickler = self._unpickler(_PatientUnpickler, namespace, start, buffers)
                    unpickler.memo = memo.copy()
                    objects[name] = unpickler.load()
                    memo = unpickler.memo
                except Exception as error:
                    missing[name] = f"{name}: {say(error)}"
            else:
                missing[name] = f"{name}: it shares an object with {lost}"
            # Others count on their place in the memo, so a lost object keeps its own.
            owners += [name] * sum(code == "MEMOIZE" for code, _ in codes)
            memo |= dict.fromkeys(range(len(memo), len(owners)))
            buffers += sum(code == "NEXT_BUFFER" for code, _ in codes)
        self._import()
        return objects, missing

    def _unpickler(self, kind: Any, namespace: dict[str, Any], start: int, buffer: int) -> Any:
        self._file.seek(start)
        places = itertools.islice(self._index["buffers"], buffer, None)
        buffers = (self._buffer(at, size) for at, size in places)
        unpickler = kind(self._file, buffers=buffers)
        unpickler.namespace = namespace
        return unpickler

    def _buffer(self, at: int, size: int) -> bytearray | mmap.mmap:
        """Memory of our own, writable, with a buffer of the file in it."""
        if size < mmap.PAGESIZE:
            memory: bytearray | mmap.mmap = bytearray(size)
        else:  # not zeroed first, and not shared with forked children
            memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            if hasattr(mmap, "MADV_HUGEPAGE"):  # a third of the time of small pages
                memory.madvise(mmap.MADV_HUGEPAGE)
        with memoryview(memory) as view:
            done = 0
            while done < size:
                read = os.preadv(self._file.fileno(), [view[done:]], at + done)
                if not read:
                    raise EOFError("the file is not whole")
                done += read
        return memory

    def _import(self) -> None:
        for module in self._index["modules"]:
            try:
                importlib.import_module(module)
            except ImportError:
                continue  # whoever uses it gets the AttributeError


class _ForNamespace:
    """Puts the reader's namespace where the writer's was."""

    namespace: dict[str, Any]

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if global_name == "NAMESPACE" and module_name == type(NAMESPACE).__module__:
            return self.namespace
        return super().find_class(module_name, global_name)  # type: ignore[misc]  # typed as any


class _Unpickler(_ForNamespace, pickle.Unpickler):
    pass


class _PatientUnpickler(_ForNamespace, pickle._Unpickler):
    """Slower, and its memo can be set: the other's setter loses what it is given."""
