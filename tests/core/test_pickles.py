"""Objects that go through a file, and files that are not to be trusted."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pydra_oar_jupyter.core.errors import SpoolError
from pydra_oar_jupyter.core.pickles import Pickles, save


def notebook(source="", **names):
    namespace = {"__name__": "__main__", **names}
    exec(compile(source, "<notebook>", "exec"), namespace)
    return namespace


def through(path, namespace, names, there=None, **options):
    """What arrives on the other side, in a namespace of its own."""
    missing = save(
        path, {n: namespace[n] for n in names.split()}, {}, namespace=namespace, **options
    )
    there = {"__name__": "__main__"} if there is None else there
    with Pickles(path) as pickles:
        objects, also_missing = pickles.load(there)
    there.update(objects)
    return there, missing | also_missing


def test_shared_objects_stay_shared_across_names(tmp_path):
    namespace = notebook("a = [1]; b = {'a': a}; c = a")
    there, _ = through(tmp_path / "p", namespace, "a b c")
    assert there["a"] is there["c"]
    assert there["b"]["a"] is there["a"]


def test_arrays_are_writable_aligned_and_shared(tmp_path):
    import numpy as np

    namespace = notebook(
        np=np,
        source="big = np.arange(100_000.); part = big[1:]; small = np.ones(3); empty = np.ones(0)\n"
        "fortran = np.ones((500, 400), order='F'); frozen = np.ones(5); frozen.flags.writeable = 0",
    )
    there, missing = through(tmp_path / "p", namespace, "big part small empty fortran frozen")
    assert missing == {}
    for name in ("big", "part", "small", "empty", "fortran", "frozen"):
        np.testing.assert_array_equal(there[name], namespace[name])
        assert there[name].flags.writeable == namespace[name].flags.writeable
    there["big"][:] = 7
    assert there["fortran"].flags.f_contiguous
    assert (tmp_path / "p").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


def test_facts_are_there_before_anything_is_unpickled(tmp_path):
    save(tmp_path / "p", {"x": 1}, {"code": "é\udc80"}, namespace={})
    with Pickles(tmp_path / "p") as pickles:
        assert pickles.facts == {"code": "é\udc80"}


def test_functions_have_the_readers_namespace_and_bring_what_they_use(tmp_path):
    namespace = notebook(
        "import functools, xml.dom.minidom\nk = 2; unused = object()\n"
        "def g(x): return x * k\n"
        "def f(x, *, extra=1): return g(x) + extra\n"
        "@functools.cache\ndef fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\n"
        "class Base:\n    def run(self): return f(1)\n"
        "class Model(Base):\n    def run(self): return super().run() + (lambda: fib(10))()\n"
        "jobs = [lambda: Model().run(), functools.partial(g, 5)]\n"
        "def parse(): return xml.dom.minidom.Document"
    )
    there, missing = through(tmp_path / "p", namespace, "jobs parse", follow=True)
    assert missing == {}
    assert there["jobs"][0]() == 3 + 55
    there["k"] = 10
    assert there["jobs"][1]() == 50
    assert there["jobs"][0]() == 11 + 55
    assert there["f"].__globals__ is there
    assert there["f"].__kwdefaults__ == {"extra": 1}
    assert "unused" not in there


def test_kept_names_are_not_followed(tmp_path):
    namespace = notebook("shell = print\ndef f(): shell(1)")
    there, _ = through(tmp_path / "p", namespace, "f", follow=True, kept={"shell"})
    assert "shell" not in there


def test_closures_share_their_cells_and_may_hold_themselves(tmp_path):
    namespace = notebook(
        "def counter():\n    n = 0\n    def inc():\n        nonlocal n\n        n += 1\n"
        "    def get(): return n\n    return inc, get\ninc, get = counter()\n"
        "def make():\n    def fact(n): return 1 if n < 2 else n * fact(n - 1)\n    return fact\n"
        "fact = make()\n"
        "def later():\n    def f(): return value\n    return f\n    value = 1\nempty = later()"
    )
    there, missing = through(tmp_path / "p", namespace, "inc get fact empty")
    assert missing == {}
    there["inc"]()
    assert there["get"]() == 1
    assert there["fact"](5) == 120
    with pytest.raises(NameError):
        there["empty"]()


def test_attributes_of_functions_stay(tmp_path):
    namespace = notebook('def f(a: int = 3) -> str:\n    "doc"\nf.mark = [f]')
    f = through(tmp_path / "p", namespace, "f")[0]["f"]
    assert (f.__doc__, f.__defaults__, f.__annotations__) == (
        "doc",
        (3,),
        {"a": int, "return": str},
    )
    assert f.mark == [f]


def test_instances_come_back_to_the_class_that_they_left(tmp_path):
    namespace = notebook(
        "import dataclasses, enum\n@dataclasses.dataclass\nclass Point:\n    x: int\n"
        "class Colour(enum.Enum):\n    RED = 1\np = Point(1); c = Colour.RED"
    )
    there, _ = through(tmp_path / "there", namespace, "p c")
    back, _ = through(tmp_path / "back", there, "p c", notebook())
    assert type(back["p"]) is namespace["Point"]
    assert back["p"] == namespace["p"]
    assert back["c"] is namespace["Colour"].RED


def test_all_that_cant_be_pickled_is_named_with_the_way_to_it(tmp_path):
    namespace = notebook(
        "class Model: pass\nm = Model(); m.parts = {'deep': [1, lock]}; ok = [1]; same = ok\n"
        "g = (i for i in ok)\ndef holder():\n    l = lock\n    return lambda: l\nh = holder()\n"
        "class Bad:\n    def __reduce__(self): raise ValueError('I will not')\nbad = [Bad()]",
        lock=threading.Lock(),
    )
    there, missing = through(tmp_path / "p", namespace, "m ok g same h bad")
    assert {name: why.partition(":")[0] for name, why in missing.items()} == {
        "m": "m.parts['deep'][1]",
        "g": "g",
        "h": "h's l",
        "bad": "bad[0]",
    }
    assert "cannot pickle '_thread.lock' object" in missing["m"]
    assert "I will not" in missing["bad"]
    assert there["ok"] is there["same"]
    assert "m" not in there


def test_what_a_function_uses_is_named_too(tmp_path):
    namespace = notebook("def f(): return lock", lock=threading.Lock())
    assert set(through(tmp_path / "p", namespace, "f", follow=True)[1]) == {"lock"}


def test_what_cant_be_had_here_is_named_and_the_rest_comes(tmp_path, monkeypatch):
    (tmp_path / "there_only.py").write_text("class Thing: pass")
    monkeypatch.syspath_prepend(tmp_path)
    namespace = notebook(
        "import there_only\nbefore = ['b']; thing = there_only.Thing(); with_it = [thing]\n"
        "after = {'x': before}; array = bytearray(b'x') * 100_000"
    )
    from pickle import PickleBuffer

    class Big(bytearray):
        def __reduce_ex__(self, protocol):
            return bytearray, (PickleBuffer(self),)

    namespace |= {"big1": Big(b"1" * 99_999), "big2": Big(b"2" * 99_999)}
    names = "before big1 thing with_it after big2"
    save(tmp_path / "p", {n: namespace[n] for n in names.split()}, {}, namespace=namespace)
    monkeypatch.undo()
    del sys.modules["there_only"]
    with Pickles(tmp_path / "p") as pickles:
        objects, missing = pickles.load({})
    assert set(missing) == {"thing", "with_it"}
    assert "there_only" in missing["thing"]
    assert missing["with_it"] == "with_it: it shares an object with thing"
    assert objects["after"]["x"] is objects["before"]
    assert (objects["big1"][0], objects["big2"][0]) == (ord("1"), ord("2"))


@pytest.mark.parametrize("keep", [0, 10, 40, -1, -9])
def test_a_file_that_is_not_whole_is_refused(tmp_path, keep):
    path = tmp_path / "p"
    save(path, {"x": list(range(100))}, {}, namespace={})
    data = path.read_bytes()
    path.write_bytes(data[:keep])
    with pytest.raises(SpoolError, match="not whole"):
        Pickles(path)
    path.write_bytes(b"\x80\x05K\x01." * 30)
    with pytest.raises(SpoolError, match="not whole"):
        Pickles(path)


def _evil(path):
    class Evil:
        def __reduce__(self):
            return Path.touch, (path.with_name("owned"),)

    save(path, {"x": Evil()}, {}, namespace={})


def test_what_others_may_have_written_is_never_unpickled(tmp_path):
    path = tmp_path / "p"
    _evil(path)
    path.chmod(0o666)
    with pytest.raises(SpoolError, match="not trusted"):
        Pickles(path)
    path.chmod(0o600)
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(SpoolError):
        Pickles(link)
    if os.geteuid() == 0:
        os.chown(path, 12345, 12345)
        with pytest.raises(SpoolError, match="12345"):
            Pickles(path)
    assert not (tmp_path / "owned").exists()


def test_a_place_that_cant_be_written(tmp_path):
    with pytest.raises(SpoolError, match="can't be written"):
        save(tmp_path / "no" / "p", {}, {}, namespace={})


MEASURE = """
import resource, sys, time
from pathlib import Path
import numpy as np
from pydra_oar_jupyter.core.pickles import Pickles, save
path = Path(sys.argv[2])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
size = int(sys.argv[3])
if sys.argv[1] == "save":
    data = np.random.default_rng(1).random(size // 8)
    print(save(path, {"data": data}, {}, namespace={}))
else:
    with Pickles(path) as pickles:
        data = pickles.load({})[0]["data"]
    data[0] = 1
    print(data.nbytes)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / size)
"""


def test_arrays_are_not_copied(tmp_path):
    size = 200_000_000
    for side in ("save", "load"):
        told = subprocess.run(
            [sys.executable, "-c", MEASURE, side, tmp_path / "p", str(size)],
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert float(told.stdout.split()[-1]) < 1.5, told.stdout
