"""What a cell prints, shows, gives back and raises: in real processes, on real directories."""

import base64
import re
from itertools import pairwise

import pytest

from pydra_oar_jupyter.cells.cell import PythonCell
from pydra_oar_jupyter.core.raised import RemoteError
from tests.running import finish, new_directory, notebook


def test_value_names_and_output(run):
    done = run("print('hi')\ny = x + 1\ny * 2", notebook("x = 20"))
    assert done.code == 0
    assert (done.result.value, done.result.names) == (42, {"y": 21})
    assert done.stdout == "hi\n"
    assert done.stderr == ""
    value, last = done.of("value")[0], done.of("done")[0]
    assert value["data"]["text/plain"] == "42"
    assert value["stdout"] == 3
    assert last["ok"] is True
    assert done.events[0]["event"] == "start"
    assert done.events[0]["job_id"] == 42
    assert done.events[-1]["event"] == "exit"


def test_a_semicolon_and_an_assignment_have_no_value(run):
    done = run("1 + 1;")
    assert done.of("value") == []
    assert done.result.value is None
    assert run("x = 3").of("value") == []


def test_nothing_is_left_beside_the_files_of_the_spool(run, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    done = run("1", popen={"env": {"HOME": str(home), "IPYTHONDIR": str(home / "i")}})
    assert sorted(path.name for path in done.job.path.iterdir()) == [
        "events",
        "job.sh",
        "payload.pkl",
        "result.pkl",
        "stderr",
        "stdout",
    ]
    assert list(home.iterdir()) == []


def test_an_exception_has_its_type_its_lines_and_the_number_of_the_cell(run):
    done = run("\n\nx = 1\n\nint('no')")
    assert done.code == 1
    error = done.of("error")[0]
    assert error["name"] == "ValueError"
    text = "\n".join(error["traceback"])
    assert "\x1b[" in text
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert "Cell In[12], line 6" in plain  # the magic is line 1
    assert "----> 6 int('no')" in plain.replace("int(\x27no\x27)", "int('no')")
    assert "runner" not in plain
    result = done.result
    assert result.names == {"x": 1}
    assert isinstance(result.error, ValueError)
    assert result.error._render_traceback_()[: len(error["traceback"])] == error["traceback"]
    assert "line 6" in result.error.__notes__[0]
    assert "job 42" in result.error.__notes__[0]
    assert "\x1b" not in result.error.__notes__[0]
    assert done.of("done")[0]["ok"] is False


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("1 +", "SyntaxError"),
        ("return 3", "SyntaxError"),
        ("%nosuchmagic", "UsageError"),
        ("raise ExceptionGroup('g', [ValueError(1)])", "ExceptionGroup"),
        ("def f(): return f()\nf()", "RecursionError"),
        ("[0] * (1 << 60)", "MemoryError"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise BaseException('b')", "BaseException"),
    ],
)
def test_each_kind_of_exception_is_told_once(tmp_path, code, name):
    job = new_directory(tmp_path)  # the names are not looked for: some of these are no Python
    done = finish(job, PythonCell(code, {}).write(job, {}, ()), notebook())
    assert done.code == 1
    (error,) = done.of("error")
    assert error["name"] == name
    assert error["traceback"]
    assert type(done.result.error).__name__ == name
    assert done.stderr == ""


@pytest.mark.parametrize(
    "body",
    [
        "def __str__(self): raise RuntimeError('no text')",
        "def __reduce__(self): raise RuntimeError('no pickle')",
        "def __init__(self, a, b): super().__init__('x')",
        "def __init__(self): import threading; self.lock = threading.Lock()",
    ],
)
def test_exceptions_that_resist(run, body):
    arguments = "1, 2" if "a, b" in body else ""
    done = run(f"class Bad(Exception):\n    {body}\nraise Bad({arguments})")
    assert done.code == 1
    assert done.of("error")[0]["name"] == "Bad"
    error = done.result.error
    assert type(error).__name__ == "Bad" or (isinstance(error, RemoteError) and error.name == "Bad")
    assert done.of("done")


def test_order_of_prints_children_and_displays(run):
    done = run(
        "print('a')\n!echo b\nimport subprocess, sys\nsubprocess.run(['echo', 'c'])\n"
        "print('d')\ndisplay('shown')\nprint('e', file=sys.stderr)\ndisplay('again')"
    )
    assert done.stdout == "a\nb\nc\nd\n"
    first, second = done.of("display")
    assert (first["stdout"], first["stderr"]) == (8, 0)
    assert (second["stdout"], second["stderr"]) == (8, 2)


def test_output_of_c_is_there_before_done(run):
    done = run("import ctypes\nctypes.CDLL(None).puts(b'from C');")
    assert done.stdout == "from C\n"
    assert done.of("done")[0]["stdout"] == 7


def test_figures_appear_without_a_magic(run):
    done = run("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\n'last'")
    (display,) = done.of("display")
    assert base64.b64decode(display["data"]["image/png"]).startswith(b"\x89PNG")
    assert display["data"]["text/plain"].startswith("<Figure size 640x480")
    assert done.of("value")[0]["data"]["text/plain"] == "'last'"
    assert done.result.missing == {}


def test_matplotlib_inline_magic_and_frames(run):
    done = run("%matplotlib inline\nimport pandas as pd\ndf = pd.DataFrame({'a<b': [1]})\ndf")
    assert done.code == 0, done.stderr
    assert "<table" in done.of("value")[0]["data"]["text/html"]
    result = done.result
    assert result.value is result.names["df"]


def test_display_updates_and_clear_output(run):
    done = run(
        "from IPython.display import clear_output, HTML\n"
        "h = display(HTML('<b>1</b>'), display_id='d')\n"
        "h.update(HTML('<b>2</b>'))\nclear_output(wait=True)\ndel h"
    )
    first, second = done.of("display")
    assert first["transient"] == second["transient"] == {"display_id": "d"}
    assert (first["update"], second["update"]) == (False, True)
    assert second["data"]["text/html"] == "<b>2</b>"
    assert done.of("clear")[0]["wait"] is True


def test_magics_and_await(run):
    done = run("%%time\ny = x\n%timeit -n1 -r1 x\nfiles = !echo one {x}\nfiles", notebook("x = 5"))
    assert "Wall time" in done.stdout
    assert "per loop" in done.stdout
    assert done.result.names["y"] == 5
    assert list(done.result.names["files"]) == ["one 5"]
    done = run("import asyncio\nawait asyncio.sleep(0)\nawait asyncio.sleep(0, 'slept')")
    assert done.result.value == "slept"


def test_input_has_nobody_to_ask(run):
    assert type(run("input('?')").result.error) is EOFError


def test_progress_and_tqdm(run):
    done = run(
        "import sys\nfrom pydra_oar_jupyter.runner.progress import progress\n"
        "from tqdm.auto import tqdm\nimport tqdm.notebook\n"
        "for i in progress([1, 2, 3], label='mine'): pass\n"
        "for i in tqdm.tqdm(range(500), desc='theirs'): pass\n"
        "for i in tqdm.notebook.tqdm(range(2)): pass\n"
        "for i in progress(iter('ab')):\n    break"
    )
    assert done.code == 0, done.stderr
    told = done.of("progress")
    assert len({event["bar"] for event in told}) == 1  # one takes the place of another
    at = [n for n, event in enumerate(told) if event["done"] == 0]
    mine, theirs, _, broken = (told[i:j] for i, j in pairwise([*at[:4], len(told)]))
    assert (mine[-1]["done"], mine[-1]["total"], mine[-1]["label"]) == (3, 3, "mine")
    assert (theirs[-1]["done"], theirs[-1]["total"], theirs[-1]["label"]) == (500, 500, "theirs")
    assert (broken[-1]["done"], broken[-1]["total"]) == (0, None)
    assert "theirs: 100%" in done.stderr


def test_bars_in_bars_have_two_places(run):
    done = run(
        "from pydra_oar_jupyter.runner.progress import progress\nfrom tqdm import tqdm\n"
        "for i in tqdm(range(4), desc='outer'):\n"
        "    for j in progress(range(3), label='inner'): pass"
    )
    assert done.code == 0, done.stderr
    told = done.of("progress")
    assert len({event["bar"] for event in told if event["label"] == "outer"}) == 1
    assert len({event["bar"] for event in told if event["label"] == "inner"}) == 1
    assert len({event["bar"] for event in told}) == 2


def test_what_cant_come_back_is_named_and_the_rest_comes(run):
    done = run(
        "import threading\ng = (i for i in 'x')\nlock = {'deep': [threading.Lock()]}\n"
        "f = open('/dev/null', 'w')\nok = [1]\nsame = ok\ng"
    )
    assert done.code == 0
    result = done.result
    assert set(result.missing) == {"g", "lock", "f", "the value"}
    assert result.missing["lock"].startswith("lock['deep'][0]: cannot pickle")
    assert result.names["ok"] is result.names["same"]
    assert result.value is None
    assert "generator" in done.of("value")[0]["data"]["text/plain"]


def test_only_names_assigned_indeed_come_back(run):
    namespace = notebook(
        "a = [1]; b = [2]; c = {}; kept = 5; gone = 1; m = [0]\ndef f(): return kept"
    )
    done = run(
        "if False: a = 3\nb = b\nc['x'] = f()\ndel gone\nexec('new = 7')\nm += [1]\n"
        "for _ in a: i = _",
        namespace,
    )
    assert done.result.names == {"c": {"x": 5}, "new": 7, "m": [0, 1], "i": 1}
    assert done.result.deleted == ("gone",)


def test_out_by_hand(run):
    done = run("a = 1; b = 2", out=["b", "nothing"])
    assert done.result.names == {"b": 2}
    assert done.result.missing == {"nothing": "nothing: the cell has not assigned it"}


def test_functions_see_what_the_cell_redefines(run):
    namespace = notebook(
        "import functools\nk = 2\ndef g(x): return x * k\n"
        "def logged(f):\n    @functools.wraps(f)\n    def w(*a): return f(*a) + k\n    return w\n"
        "@logged\ndef h(x): return g(x)\n"
        "class Model:\n    scale = 3\n    def predict(self, x): return h(x) * self.scale\n"
        "model = Model()\nfs = [lambda x: h(x), functools.partial(g, 4)]"
    )
    done = run("first = model.predict(1), fs[0](1), fs[1]()\nk = 100\nsecond = h(1)", namespace)
    assert done.result.names["first"] == (12, 4, 8)
    assert done.result.names["second"] == 200


def test_classes_and_functions_of_the_notebook_come_back_as_its_own(run):
    namespace = notebook("class Point:\n    def __init__(self, x): self.x = x\nk = 3\np = Point(1)")
    done = run("q = Point(p.x + 1)\ndef f(): return k", namespace)
    names = done.result.names
    assert type(names["q"]) is namespace["Point"]
    assert names["q"].x == 2
    namespace["k"] = 4
    assert names["f"]() == 4
    assert names["f"].__globals__ is namespace


def test_what_the_node_cant_import_is_said_in_words(run, tmp_path, monkeypatch):
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "elsewhere.py").write_text("class Thing: pass")
    with monkeypatch.context() as patch:
        patch.syspath_prepend(folder)
        namespace = notebook("import elsewhere\nthing = elsewhere.Thing()")
        assert run("x = thing", namespace).code == 0  # its folder is in sys.path there too
    done = run("x = thing", namespace)
    assert done.code == 1
    error = done.result.error
    assert "elsewhere" in str(error)
    assert "the node can't have" in str(error)
    assert done.of("done")


def test_a_module_that_only_the_node_has(run, tmp_path):
    (tmp_path / "only_there.py").write_text("class Thing: pass\nclass Oops(Exception): pass")
    done = run(
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nimport only_there\n"
        "t = only_there.Thing()\nboth = [1, t]\nx = 1\nraise only_there.Oops('ouch')"
    )
    result = done.result
    assert set(result.missing) == {"only_there", "t", "both"}
    assert result.names["x"] == 1
    assert isinstance(result.error, RemoteError)
    assert str(result.error) == "Oops: ouch"


def test_submodules_that_were_imported_in_another_cell(run):
    done = run("xml.dom.minidom.Document.__name__", notebook("import xml.dom.minidom"))
    assert done.result.value == "Document"
