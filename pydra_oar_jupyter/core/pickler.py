"""What is pickled by value, and what that needs in turn.

Functions and classes of the notebook have no module that the other side could import:
cloudpickle takes them apart. Here the notebook's functions are moreover rebuilt with the
reader's namespace as their globals, and the names that they use are found.
"""

from __future__ import annotations

import dis
import errno
import functools
import io
import itertools
import pickle
import re
import sys
from types import CellType, CodeType, FunctionType, ModuleType
from typing import IO, TYPE_CHECKING, Any

import cloudpickle

if TYPE_CHECKING:
    from collections.abc import Iterator

DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
_READING = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS", "DELETE_GLOBAL"}
# The names that IPython and Python keep in a namespace: the other side has its own.
SHELLS_OWN = re.compile(r"_{1,3}|_\d+|_i{1,3}|_i\d+|_[ido]h|In|Out|__\w+__|__(builtin|builtins)")
_CACHED = type(functools.cache(len))


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # it has no types
    """Writes names one after the other, with functions of the notebook as said above."""

    def __init__(self, file: IO[bytes], namespace: dict[str, Any], words: set[str]) -> None:
        self.buffers: list[pickle.PickleBuffer] = []
        super().__init__(file, protocol=5, buffer_callback=self.buffers.append)
        self._file = file
        self._namespace = namespace
        self._words = words
        self._packages: set[str] = set()
        self._used: set[str] = set()
        self.has_code = False  # which only the same version of Python understands

    def dump_all(
        self, waiting: dict[str, object], follow: bool, kept: set[str]
    ) -> tuple[dict[str, str], list[tuple[str, int]]]:
        """Write what waits, and what that uses: those that failed and why, and where each is."""
        failed: dict[str, str] = {}
        entries = []
        kept = kept | set(waiting)
        while waiting:
            name = next(iter(waiting))
            value = waiting.pop(name)
            start = self._file.tell()
            try:
                self.dump(value)
                entries.append((name, start))
            except Exception as error:
                if isinstance(error, OSError) and error.errno in DISK_ERRORS:
                    raise
                failed[name] = _blame(name, value, error, self._namespace)
            if follow:
                new = (self._used - kept) & self._namespace.keys()
                kept |= new
                waiting |= {used: self._namespace[used] for used in sorted(new)}
        return failed, entries

    def submodules(self) -> list[str]:
        """The loaded submodules of the packages written that the code can mean."""
        return sorted(
            name
            for name in list(sys.modules)
            if (package := name.partition(".")[0]) != name
            and package in self._packages
            and self._words.issuperset(name.split(".")[1:])
        )

    def reducer_override(self, obj: Any) -> Any:
        """Called by pickle for each object that is not of a plain type."""
        kind = type(obj)
        if kind is FunctionType and obj.__globals__ is self._namespace:
            used, words = names_used(obj.__code__)
            self._used |= used
            self._words |= words
            return _reduce_function(obj)
        if kind is CodeType:
            self.has_code = True
        if kind is CellType:
            # Made empty and filled afterwards: it can hold the function that holds it.
            try:
                return CellType, (), (obj.cell_contents,), None, None, _fill_cell
            except ValueError:
                return CellType, ()
        if kind is _CACHED and getattr(obj.__wrapped__, "__globals__", 0) is self._namespace:
            return _cache_again, (obj.__wrapped__, obj.cache_parameters())
        if kind is ModuleType or isinstance(obj, ModuleType):
            self._packages.add(obj.__name__.partition(".")[0])
        return super().reducer_override(obj)


@functools.lru_cache(maxsize=1024)
def names_used(code: CodeType) -> tuple[frozenset[str], frozenset[str]]:
    """The global names that code reads, also in functions inside it; and all its identifiers."""
    used = {step.argval for step in dis.get_instructions(code) if step.opname in _READING}
    words = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            inner, more = names_used(constant)
            used |= inner
            words |= more
    return frozenset(used), frozenset(words)


# --- Functions by value


class _Namespace:
    """Stands for the reader's namespace in a pickle."""

    def __reduce__(self) -> str:
        return "NAMESPACE"


NAMESPACE = _Namespace()
_ATTRIBUTES = (
    "__name__", "__qualname__", "__module__", "__doc__", "__defaults__", "__kwdefaults__",
    "__annotations__", "__type_params__",
)  # fmt: skip


def _reduce_function(function: FunctionType) -> tuple[Any, ...]:
    attributes = {name: getattr(function, name, None) for name in _ATTRIBUTES}
    state = ({k: v for k, v in attributes.items() if v is not None}, function.__dict__)
    arguments = (function.__code__, NAMESPACE, function.__name__, None, function.__closure__)
    return FunctionType, arguments, state, None, None, _fill_function


def _fill_function(function: FunctionType, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
    attributes, own = state
    for name, value in attributes.items():
        setattr(function, name, value)
    function.__dict__.update(own)


def _fill_cell(cell: CellType, contents: tuple[object]) -> None:
    (cell.cell_contents,) = contents


def _cache_again(function: Any, parameters: dict[str, Any]) -> Any:
    return functools.lru_cache(**parameters)(function)


# --- Saying why


def _blame(name: str, value: object, error: Exception, namespace: dict[str, Any]) -> str:
    """Why it can't be pickled, with the way to the part of it that is to blame."""
    for _ in range(8):
        for step, child in itertools.islice(_parts(value), 1000):
            if problem := _problem(child, namespace):
                name, value, error = name + step, child, problem
                break
        else:
            break
    return f"{name}: {say(error)}"


def _problem(value: object, namespace: dict[str, Any]) -> Exception | None:
    with io.BytesIO() as sink:
        try:
            Pickler(sink, namespace, set()).dump(value)
        except Exception as error:
            return error
    return None


def _parts(value: Any) -> Iterator[tuple[str, object]]:
    """What it is made of, with how that is written after its own name."""
    if isinstance(value, dict):
        yield from ((f"[{key!r:.40}]", part) for key, part in value.items())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"[{at}]", part) for at, part in enumerate(value))
    elif isinstance(value, functools.partial):
        yield from ((".func", value.func), (".args", value.args), (".keywords", value.keywords))
    elif isinstance(value, FunctionType):
        for variable, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
            if cell != CellType():
                yield f"'s {variable}", cell.cell_contents
        yield from (("'s defaults", part) for part in value.__defaults__ or ())
    else:
        yield from ((f".{key}", part) for key, part in getattr(value, "__dict__", {}).items())


def say(error: Exception) -> str:
    """An exception in words, even if it has none."""
    try:
        text = str(error)
    except Exception:
        text = ""
    plain = isinstance(error, TypeError | pickle.PickleError) and text
    return text if plain else f"{type(error).__name__}: {text}".removesuffix(": ")
