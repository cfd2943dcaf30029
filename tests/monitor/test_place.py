"""Resources into the first line of a cell, with everything else on it as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.monitor.picking.place import place
from pydra_oar_jupyter.notebook.options import parse


def placed(cell: str, words: str) -> str:
    text = place(cell=cell, words=words)["cell"]
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize(
    ("cell", "words", "expected"),
    [
        ("x = 1\n", "-l host=1", "%%oar -l host=1\nx = 1\n"),
        ("", "-l host=1", "%%oar -l host=1\n"),
        ("x", "", "%%oar\nx"),
        ("%%time\nx", "-q a", "%%oar -q a\n%%time\nx"),
        ("%%oarx\nx", "-q a", "%%oar -q a\n%%oarx\nx"),
        ("%%oar\nx", "-l host=1", "%%oar -l host=1\nx"),
        ("%%oar", "-l host=1", "%%oar -l host=1"),
        ("\n \n  %%oar  --keep\nx", "-q a", "\n \n  %%oar -q a  --keep\nx"),
        ("%%oar -l core=2\nx", "-l host=1", "%%oar -l host=1\nx"),
        ("%%oar -l core=2 --keep\nx", "", "%%oar --keep\nx"),
        ("%%oar --keep -lcore=2\nx", "", "%%oar --keep\nx"),
        (
            "%%oar --over n in range(3)  -p \"a='b'\" --detach -q x # why\n-l core=9",
            "-l host=1 -t besteffort",
            "%%oar --over n in range(3)  -l host=1 -t besteffort --detach # why\n-l core=9",
        ),
        ("%%oar --setup \"-l x\" -l core=1\n", "-q a", "%%oar --setup \"-l x\" -q a\n"),
        ("%%oar --setup='-q x' --queue b\n", "-q a", "%%oar --setup='-q x' -q a\n"),
        ("%%oar --l core=1 --RESO core=2 --prop=x\n", "-q a", "%%oar -q a\n"),
        ("%%oar -kl core=1 --in a\n", "-q a", "%%oar -k -q a --in a\n"),
        ("%%oar '-l' core=1 -n job\n", "-q a", "%%oar -q a -n job\n"),
        ("%%oar -n -l -t x\n", "-q a", "%%oar -n -l -q a\n"),
        ("%%oar -l core=1 -n one\n", "-q a -n two", "%%oar -q a -n two\n"),
        ("%%oar --in d,e # -l core=1\n", "-q a", "%%oar -q a --in d,e # -l core=1\n"),
        ("%%pydra --worker oar -l core=1\nT()", "-l host=2", "%%pydra --worker oar -l host=2\nT()"),
        ("%%oar\n", "-p \"cluster='a' and b=1\"", "%%oar -p \"cluster='a' and b=1\"\n"),
        ("%%oar\n", """-p "a=\\"b\\" or c='$d'" """, """%%oar -p 'a="b" or c='"'"'$d'"'"''\n"""),
    ],
)  # fmt: skip
def test_the_line_with_the_words(cell: str, words: str, expected: str) -> None:
    assert placed(cell, words) == expected


def test_a_cell_of_pairio_is_left_alone() -> None:
    with pytest.raises(RequestError, match="service") as refusal:
        placed("%%pairio --cpus 2\napp()", "-l host=1")
    assert "--cpus" in refusal.value.hint


@pytest.mark.parametrize(
    ("cell", "words"),
    [("x", "-l host=0"), ("x", "host=1"), ("%%oar --in 'a\nx", "-q a"), ("x", "-d 'a\\\nb\nc'")],
)
def test_what_can_t_be_read_is_refused(cell: str, words: str) -> None:
    with pytest.raises(RequestError):
        placed(cell, words)


@pytest.mark.parametrize("end", "\n\r\v\f\x1c\x85\u2028\u2029")
def test_nothing_of_the_words_gets_into_the_cell_below_its_line(end: str) -> None:
    with pytest.raises(RequestError, match="one line"):
        placed("1 + 1", f"-p \"host='a'{end}import os\"")


_CHOSEN = ["-l host=2/core=3", "-lcore=1", "--resource=core=2,walltime=1", "-q default", "-t x",
           "--property \"mem > 4 and a='b c'\"", "--type=besteffort", "-t idempotent"]  # fmt: skip
_KEPT = ["--in a,b", "--out c", "--detach", "--keep", "--setup 'module load x'", "--env A=-l",
         "-n name", "--project p", "--over n in range(3)", "--after job", "-k", "--hold",
         "--setup \"-l x\"", "--checkpoint 60"]  # fmt: skip


@given(
    st.lists(st.sampled_from([*_CHOSEN, *_KEPT]), max_size=6, unique=True),
    st.lists(st.sampled_from(_CHOSEN), max_size=4).map(" ".join),
    st.sampled_from(["", "  ", "\t"]),
)
def test_the_magic_reads_the_words_and_all_that_was_there_before(
    options: list[str], words: str, blank: str
) -> None:
    before = " ".join(options) + blank
    line = placed(f"%%oar {before}\nx", words).removeprefix("%%oar").removesuffix("\nx")
    found, old, new = parse(line), parse(before), Request.parse(words)
    assert found.request == Request.parse([*new.words(), *_without(old.request)])
    for field in ("takes", "brings", "over", "detach", "keep", "setup", "env", "after_jobs"):
        assert getattr(found, field) == getattr(old, field)
    for option in options:
        assert (option in _CHOSEN) or option in line


def _without(request: Request) -> list[str]:
    return replace(request, resources=(), properties=None, queue=None, types=()).words()
