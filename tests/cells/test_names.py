"""Names that a cell needs and gives, also against what really happens when it runs."""

import builtins
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from pydra_oar_jupyter.cells.flow import cell_names
from pydra_oar_jupyter.cells.names import names_by_hand, names_to_send, shells_own
from pydra_oar_jupyter.core.errors import RequestError

transform = TransformerManager().transform_cell


def names(code):
    return cell_names(transform(code), transform)


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("y = x + 1", "x"),
        ("x = 1\ny = x", ""),
        ("x += 1", "x"),
        ("for i in xs: total += i", "xs total"),
        ("def f(a, b=x): return a + y", "x y"),
        ("y = 1\ndef f(): return y", ""),
        ("[a for a in xs if a > low]", "xs low"),
        ("class A(Base):\n    z = z\n    def m(self): return q", "Base z q"),
        ("if c: x = 1\nprint(x)", "c x print"),
        ("if c: x = 1\nelse: x = 2\nprint(x)", "c print"),
        ("try:\n    import a\nexcept E:\n    a = None\na", "E"),
        ("with open(p) as f: x = f.read()\nx", "open p x"),
        ("while (n := n - 1): pass", "n"),
        ("(y := 3)\ny", ""),
        ("a and (b := 1)\nb", "a b"),
        ("del x", "x"),
        ("def f():\n    global g\n    g = 1\nf()\ng", "g"),
        ("import numpy as np\nnp.ones(n)", "n"),
        ("match p:\n    case [a, *rest] if k: a\n    case Point(x=0): pass", "p k a Point"),
        ("await x", "x"),
        ("data[i] = v", "data i v"),
        ("x: T = 1", "T"),
        ("f'{x:{w}}'", "x w"),
        ("df.query('a > @limit')", "df limit"),
        ("lambda a: a + b", "b"),
        ("@deco\ndef f(): pass", "deco"),
        ("async def f():\n    async for x in xs: yield x", "xs"),
    ],
)
def test_reads(code, reads):
    assert names(code).reads - {"__name__"} == set(reads.split())


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("%timeit -n1 -r 1 f(x)", "f x"),
        ("%time y = f(x)", "f x"),
        ("%%time\ny = x\n!echo {z}", "x z"),
        ("%%capture out\nprint(x)", "x print"),
        ("!ls $folder/{name} $$HOME", "folder name HOME"),
        ("files = !ls {folder}", "folder"),
        ("x?", "x"),
        ("%cd data", ""),
    ],
)
def test_reads_of_magics(code, reads):
    assert names(code).reads - {"get_ipython"} == set(reads.split())


@pytest.mark.parametrize(
    ("code", "assigns", "changes"),
    [
        ("a = b[0] = c.d = 1", "a", "b c"),
        ("import x.y, z as w\nfrom q import r", "x w r", ""),
        ("for i, (j, *k) in xs: pass", "i j k", ""),
        ("with a as b, c as d: pass", "b d", ""),
        ("try: pass\nexcept E as e: pass", "e", ""),
        ("match p:\n    case {'k': v, **rest}: pass\n    case [*s] | s: pass", "v rest s", ""),
        ("x += [1]", "x", "x"),
        ("df['x'].loc[0] = 1\ndel d[1]", "", "df d"),
        ("def f(): data[0] = 1; local = []; local[0] = 1", "f", "data"),
        ("def f():\n    global g\n    g = 1", "f g", ""),
        ("[y := 1 for _ in xs]", "y", ""),
        ("%time y = 1", "y", ""),
        ("class A:\n    x = 1", "A", ""),
    ],
)
def test_assigns_and_changes(code, assigns, changes):
    found = names(code)
    assert found.assigns == set(assigns.split())
    assert found.changes == set(changes.split())


def test_names_that_only_running_shows():
    assert names("from m import *").open
    assert names("%run script.py").open
    assert not names("from m import a").open


def test_the_shells_own_names_stay():
    def get_ipython():
        pass

    get_ipython.__module__ = "IPython.core.interactiveshell"
    history = {1: 5}
    namespace = {"_": 5, "_1": 5, "Out": history, "_oh": history, "get_ipython": get_ipython}
    namespace |= {"x": 1, "quit": "the user's", "__name__": "__main__"}
    found = names("_ + _1 + x; get_ipython(); __name__; quit")
    assert names_to_send(found, namespace) == ["_", "_1", "quit", "x"]
    assert "x" not in shells_own(namespace)
    with pytest.raises(RequestError, match="Out"):
        names_to_send(names("Out[1]"), namespace)
    assert names_to_send(names("x, y"), namespace | {"y": 1}, given=["y"]) == ["x"]


def test_names_by_hand():
    assert names_by_hand("a, b,a", ["a", "b", "c"], "--in") == ["a", "b"]
    with pytest.raises(RequestError, match="Did you mean spectrum") as caught:
        names_by_hand("a, spektrum", ["a", "spectrum"], "--in")
    assert caught.value.at == 3


# Programs of all kinds of statements over few names, so that they meet.
NAMES = st.sampled_from("abc")
BITS = st.sampled_from([0, 1])
EXPRESSIONS = st.recursive(
    NAMES | st.just("1"),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("({0[0]}, {0[1]})".format),
        st.tuples(NAMES, inner).map("({0[0]} := {0[1]})".format),
        st.tuples(inner, inner).map("({0[0]} and {0[1]})".format),
        st.tuples(inner, inner, inner).map("({0[0]} if {0[1]} else {0[2]})".format),
        st.tuples(inner, inner, inner).map("({0[0]} is {0[1]} is not {0[2]})".format),
        st.tuples(inner, NAMES, NAMES).map("[{0[0]} for {0[1]} in [{0[2]}]]".format),
        st.tuples(inner, NAMES).map("(lambda {0[1]}: {0[0]})({0[1]})".format),
        st.tuples(inner, inner).map("{{1: {0[0]}, 2: {0[1]}}}".format),
        inner.map("f'{{{0}}}'".format),
    ),
    max_leaves=5,
)


def indented(block):
    return "\n".join("    " + line for statement in block for line in statement.split("\n"))


def blocks(inner):
    return st.lists(inner, min_size=1, max_size=3).map(indented)


SIMPLE = st.one_of(
    st.tuples(NAMES, EXPRESSIONS).map("{0[0]} = {0[1]}".format),
    st.tuples(NAMES, EXPRESSIONS).map("{0[0]}: {0[1]} = 1".format),
    st.tuples(NAMES, EXPRESSIONS).map("{0[0]} = ({0[1]},)[0]".format),
    st.tuples(NAMES, NAMES).map("{0[0]} and ({0[1]} := 1)".format),
    NAMES.map("del {0}".format),
    NAMES.map("import os as {0}".format),
    EXPRESSIONS.map("assert True, {0}".format),
    EXPRESSIONS,
)
STATEMENTS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.tuples(EXPRESSIONS, blocks(inner), blocks(inner)).map(
            "if {0[0]}:\n{0[1]}\nelse:\n{0[2]}".format
        ),
        st.tuples(NAMES, NAMES, blocks(inner)).map("for {0[0]} in [{0[1]}]:\n{0[2]}".format),
        st.tuples(NAMES, blocks(inner)).map("for {0[0]} in []:\n{0[1]}".format),
        st.tuples(EXPRESSIONS, blocks(inner)).map("while {0[0]}:\n{0[1]}\n    break".format),
        st.tuples(blocks(inner), NAMES, blocks(inner), blocks(inner)).map(
            "try:\n{0[0]}\n    1 / 0\nexcept Exception as {0[1]}:\n{0[2]}\nfinally:\n{0[3]}".format
        ),
        st.tuples(NAMES, blocks(inner)).map("with swallow() as {0[0]}:\n{0[1]}".format),
        st.tuples(NAMES, NAMES).map("match {0[0]}:\n    case {0[1]}:\n        {0[1]}".format),
        st.tuples(NAMES, NAMES, blocks(inner)).map(
            "def {0[0]}({0[1]}=1):\n{0[2]}\ntry: {0[0]}()\nexcept TypeError: pass".format
        ),
        st.tuples(NAMES, NAMES, EXPRESSIONS).map(
            "def {0[0]}():\n    global {0[1]}\n    {0[1]} = 1\n    return {0[2]}\n{0[0]}()".format
        ),
        st.tuples(NAMES, blocks(inner)).map("class {0[0]}:\n{0[1]}".format),
    ),
    max_leaves=4,
)


OURS = {"__builtins__", "__annotations__", "swallow"}


class Swallow:
    def __enter__(self):
        return 1

    def __exit__(self, *_):
        return True


def run(code, namespace):
    """The name that it lacked, if any, and the namespace that it leaves."""
    namespace = {**namespace, "swallow": Swallow}
    try:
        with warnings.catch_warnings(action="ignore"):
            exec(code, namespace)
    except NameError as error:
        return error.name, namespace
    except Exception as error:
        return type(error), namespace
    return None, namespace


@settings(max_examples=2000, deadline=None)
@given(
    st.lists(STATEMENTS, min_size=1, max_size=3).map("\n".join),
    st.fixed_dictionaries(dict.fromkeys("abc", BITS)) | st.dictionaries(NAMES, BITS),
    st.permutations("abc").map("\n".join),
)
def test_what_is_sent_suffices(code, there, last):
    code = f"{code}\n{last}"
    try:
        with warnings.catch_warnings(action="ignore"):
            compile(code, "<cell>", "exec")
    except SyntaxError:
        return
    found = cell_names(code)
    sent = {name: there[name] for name in names_to_send(found, there)}
    here, after_here = run(code, there)
    far, after_far = run(code, sent)
    assert far == here
    for name in set(after_far) - OURS:
        assert name in found.assigns or name in sent
    left = {n for n, v in after_here.items() if n not in there or v is not there[n]}
    assert left - OURS <= found.assigns


def test_all_builtins_are_left_alone():
    assert names_to_send(names("print(len(x))"), vars(builtins) | {"x": 1}) != []
    assert names_to_send(names("print(len(x))"), {"x": 1}) == ["x"]
