"""oarsub's options as a value: read, written, merged, checked."""

from __future__ import annotations

import dataclasses
import re
import shlex
import string
import subprocess
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.options import OPTIONS
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.resources import LARGEST
from pydra_oar_jupyter.core.shellwords import split

# From OAR's manual page and documentation, Grid'5000's tutorials and GRICAD's pages.
REAL = [
    "-l host=1/core=1",
    "-l /nodes=4",
    "-l /nodes=2/core=4",
    "-l nodes=1/cpu=1/core=2,walltime=0:20:0",
    "-l cpu=2,walltime=20:00:00 -l cpu=4,walltime=10:00:00 -l cpu=8,walltime=5:00:00",
    '-l "{mem > 64}/host=1+{mem < 48}/host=3",walltime=1:00:00',
    "-q default -l /nodes=10/cpu=3,walltime=50:30:00 -p \"switch = 'sw1'\"",
    "-l \"{cluster='a'}/host=1/gpu=2,walltime=2:30\"",
    "-l \"slash_22=1+{virtual!='none'}/nodes=1\"",
    "-l {\"type='kavlan'\"}/vlan=1+/nodes=2,walltime=2",
    "-l \"{(type='disk' or type='default') and cluster='grimoire'}/host=1/disk=ALL\"",
    "-l walltime=2",
    "-l core=8,walltime=0:15 --array 10",
    "-p \"cluster='nova' and host not in ('nova-1.lyon.grid5000.fr')\" -l host=1",
    "-p \"gpu_count > 0 AND cluster LIKE 'gra%'\" -l /host=1/gpu=1",
    "-t allow_classic_ssh -t besteffort",
    "-t deploy -t 'deadline=2026-12-01 18:00' -l host=BEST",
    "-t container=big -t inner=1234 -t timesharing=user,name -t token:fluent=12",
    '-r "2026-12-01 10:00:00" -l /nodes=12/cpu=2',
    "-r now",
    '-r "19:00, 2026-12-02 7" -t night',
    "--project pr-optics -n 'my job' -O out.%jobid% -E err",
    "--stdout='test12.%jobid%.stdout' --stderr='test12.%jobid%.stderr' -l /nodes=4",
    "--checkpoint 600 --signal 2 -t idempotent",
    "--notify mail:name@domain.com",
    '--notify "[RUNNING,END,ERROR]exec:/path/to/script args"',
    "-a 1234 -a 1235 --anterior=1236",
    "-k -e /path/to/job/key -i /path/to/other",
    "--array-param-file /home/username/path/to/params.txt",
    "--hold --directory /tmp",
    "--resubmit=12",
    "-S",
]

_resources = st.sampled_from([r for line in REAL for r in Request.parse(line).resources])
_conditions = st.builds("{} in ('{}')".format, st.sampled_from(["host", "mem"]), st.text("a,}+ é"))
_names = st.text(string.ascii_lowercase, min_size=1)
_line = st.text(st.characters(exclude_characters="\n\0", exclude_categories=["Cs"]), max_size=30)
_stored = _line.filter(lambda text: "'" not in text)
_word = _line.filter(lambda text: text.strip() != "")
_path = st.text(string.ascii_letters + string.digits + "_./-%é", min_size=1)
_ids = st.integers(1, LARGEST)
_dates = st.datetimes(datetime(1971, 1, 1), datetime(2037, 12, 31)).map(
    "{:%Y-%m-%d %H:%M:%S}".format
)
_types = st.one_of(
    st.sampled_from(["besteffort", "deploy=standby", "timesharing=*,name", "token:a=3"]),
    st.builds("inner={}".format, _ids),
    st.builds("deadline={}".format, _dates),
    _names.map("site-{}".format),
)


def _maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


_sizes = st.one_of(
    st.just({}), _ids.map(lambda n: {"array": n}), _path.map(lambda p: {"array_param_file": p})
)
_starts = st.one_of(
    st.just({}),
    st.just({"hold": True}),
    st.one_of(_dates, st.just("now"), st.just("now, 18:00:00")).map(lambda d: {"reservation": d}),
)
_keys = st.one_of(
    st.just({}),
    _path.map(lambda p: {"import_job_key": p}),
    _word.map(lambda key: {"import_job_key_inline": f"{key}\n{key}\n"}),
)
_others = st.fixed_dictionaries(
    {},
    optional={
        "resources": st.lists(_resources, max_size=3).map(tuple),
        "properties": _maybe(st.just("") | _conditions),
        "queue": _maybe(_names),
        "types": st.lists(_types, max_size=3).map(tuple),
        "name": _maybe(_stored),
        "project": _maybe(_stored),
        "directory": _maybe(_word),
        "stdout": _maybe(st.sampled_from(["out", "a b/%jobid%.out", "-x\\"])),
        "stderr": _maybe(st.just("run.%jobname%.err")),
        "after": st.lists(_ids, max_size=3).map(tuple),
        "checkpoint": _maybe(st.integers(0, LARGEST)),
        "signal": _maybe(st.integers(1, 64)),
        "notify": _maybe(st.sampled_from(["mail:me@example.org", "[END,ERROR] exec:/a b"])),
        "resubmit": _maybe(_ids),
        "use_job_key": st.booleans(),
        "export_job_key": _maybe(_path),
        "stagein": _maybe(_path),
        "stagein_md5sum": _maybe(st.text("0123456789abcdef", min_size=32, max_size=32)),
        "scanscript": st.booleans(),
    },
)
requests = st.builds(
    lambda *parts: Request(**{k: v for part in parts for k, v in part.items()}),
    _others, _sizes, _starts, _keys,
)  # fmt: skip


@given(requests)
def test_what_is_written_is_read_back(request_: Request) -> None:
    words = request_.words()
    assert Request.parse(words) == request_
    assert Request.parse(shlex.join(words)) == request_


@given(requests)
def test_the_check_reads_it_once_more(request_: Request) -> None:
    request_.check()


@given(
    st.text()
    | st.lists(st.sampled_from([*" '\"\\=-{}/,+#", *"lnkSt1", "--array", "--st", "host=1"])).map(
        "".join
    )
    | st.builds(str.replace, st.sampled_from(REAL), st.text(min_size=1, max_size=1), st.text())
)
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        request_ = Request.parse(text)
    except RequestError as refusal:
        error = refusal
    else:
        assert Request.parse(request_.words()) == request_
        return
    assert error.text == text
    assert error.at is not None
    assert 0 <= error.at <= len(text)
    assert str(error)


@given(st.lists(st.text()))
def test_any_words_are_read_or_refused(words: list[str]) -> None:
    for read in (Request.parse, Request.parse_command):
        try:
            read(words)
        except RequestError as error:
            assert str(error)  # noqa: PT017


@given(st.text() | st.text('#OAR -lhost=1\n\r"k') | st.text().map("#OAR -{}".format))
def test_any_script_is_read_or_refused(script: str) -> None:
    try:
        Request.from_script(script)
    except RequestError as error:
        assert str(error)  # noqa: PT017


@pytest.mark.parametrize("line", REAL)
def test_real_requests_are_read(line: str) -> None:
    request_ = Request.parse(line)
    assert request_ != Request()
    assert Request.parse(request_.words()) == request_


def test_a_return_is_a_blank() -> None:
    assert [word.text for word in split("-l host=1\r\n-q a")] == ["-l", "host=1", "-q", "a"]


@given(st.text(" \t\n'\"\\ab#{}="))
@settings(max_examples=200)
def test_words_are_those_of_sh(text: str) -> None:
    shell = subprocess.run(
        ["/bin/sh", "-c", f"printf '%s\\0' x {text}\n"], capture_output=True, check=False
    )
    try:
        words = [word.text for word in split(text)]
    except RequestError:
        assert shell.returncode or text.endswith("\\")
        return
    # An unquoted newline ends a command of sh's.
    if "\n" not in re.sub(r"\\(\\|\n)", "", text):
        assert shell.stdout.decode() == "".join(f"{word}\0" for word in ["x", *words])


def test_every_letter_knows_its_place() -> None:
    text = """-n 'a b'"c"\\ d  ''"""
    for word in split(text):
        for letter, place in zip(word.text, word.places, strict=False):
            assert letter in (text[place], text[place + 1])


def test_the_ways_to_give_a_value() -> None:
    same = Request.parse("-l host=1")
    for line in (
        "-lhost=1", "--resource host=1", "--resource=host=1", "--reso host=1", "--RESOURCE host=1",
        "--l host=1", "-l 'host=1'", "-l ho\"st\"=1", "-l host=1 # one host",
    ):  # fmt: skip
        assert Request.parse(line) == same, line
    assert Request.parse("-kSn x") == Request(use_job_key=True, scanscript=True, name="x")
    assert Request.parse("-n -k") == Request(name="-k")
    assert Request.parse("-n=x") == Request(name="=x")  # as oarsub takes it
    assert Request.parse("--name=") == Request(name="")
    assert Request.parse("--array +3") == Request(array=3)
    assert Request.parse("--import-job-key-inline K") == Request(import_job_key_inline="K")


def test_the_last_of_those_that_cannot_repeat_counts() -> None:
    assert Request.parse("-n a --name b -t x -t y") == Request(name="b", types=("x", "y"))


@pytest.mark.parametrize(
    ("line", "marked", "hint"),
    [
        ("-l host=1 --quee x", "--quee", "'--queue'"),
        ("-l host=1 -x", "-x", ""),
        ("-kx", "x", ""),
        ("-N name", "-N", "'-n'"),
        ("-hold", "-hold", "'--hold'"),
        ("-array=3", "-array=3", "'--array'"),
        ("--st f", "--st", "--stdout, --stderr"),
        ("--arr 3", "--arr", "--array, --array-param-file"),
        ("--no-hold", "--no-hold", "'--hold'"),
        ("--=x", "--=x", ""),
        ("--hold=1", "=1", ""),
        ("-l", "-l", "-l "),
        ("-l=host=1", "host=1", "-l host=1"),
        ("-l host=1 sleep 10", "sleep", "quotes"),
        ("-l host=1 -- -k", "-k", "quotes"),
        ("-l host=1,walltme=2", "walltme", "walltime"),
        ('-l "{mem > \'x}/host=1"', "'", "first }"),
        ("-l host=1 -l core=0", "0", ""),
        ('-p "mem > (3"', "(", ""),
        ("-p ' '", " ", ""),
        ('-n "a\'b"', "'", ""),
        ("-n 'a\nb'", "\n", ""),
        ("-n 'a\0b'", "\0", ""),
        ("-n " + "x" * 101, "x", ""),
        ("-q ''", "'", ""),
        ('-t "it\'s"', "'", ""),
        ("-t inner", "inner", "inner=1234"),
        ("-t timesharing=a,b", "timesharing=a,b", "user,name"),
        ("-t deadline=tomorrow", "deadline=tomorrow", "2026"),
        ("-t token:x", "token:x", "token:"),
        ("-d ''", "'", ""),
        ("-O run:1.out", ":", "%"),
        ("-E é", "é", "accents"),
        ("-a 12x", "12x", ""),
        ("-a 0", "0", ""),
        ("-a -4", "-4", ""),
        ("-a 42,0,60", ",0,60", "Repeat"),
        ("--array 0", "0", ""),
        ("--array=-2", "-2", ""),
        ("--array 1e3", "1e3", ""),
        ("--array " + "9" * 5000, "9" * 5000, ""),
        ("--array 2 --array-param-file f", "--array-param-file", "lines"),
        ("--array-param-file f --array 2", "--array", "lines"),
        ("--array-param-file 'my file'", " ", "shell"),
        ("--hold -r now", "-r", "wait"),
        ("-k -i f --import-job-key-inline k", "--import-job-key-inline", "one key"),
        ("-e ';rm'", ";", "shell"),
        ("-r 2026-13-01", "2026-13-01", "YYYY"),
        ("-r '2026-02-30 10:00:00'", "2026-02-30 10:00:00", "YYYY"),
        ("-r '2026-12-01 10:00:00, now'", "now", "YYYY"),
        ("-r '2026-12-01 10:00:00, 2026-12-01 9'", " 2026-12-01 9", ""),
        ("-r 'now, 10:00, 11:00'", "11:00", "YYYY"),
        ("-r '2039-01-01 10:00'", "2039-01-01 10:00", "YYYY"),
        ("--signal SIGUSR2", "SIGUSR2", "12"),
        ("--signal 99", "99", ""),
        ("--checkpoint -3", "-3", ""),
        ("--notify me@example.org", "me@example.org", "mail:"),
        ("--notify 'exec:/a;b'", ";", ""),
        ("--stagein-md5sum 12", "12", ""),
        ("-I", "-I", "prompt"),
        ("--interactive", "--interactive", "prompt"),
        ("-C 12", "-C", "prompt"),
        ("-J", "-J", ""),
        ("-v", "-v", ""),
        ("-n 'x", "'", ""),
        ("-n x\\", "\\", ""),
    ],
)
def test_what_is_refused(line: str, marked: str, hint: str) -> None:
    with pytest.raises(RequestError) as refused:
        Request.parse(line)
    error = refused.value
    assert error.at is not None
    assert line[error.at :].startswith(marked)
    assert error.length == len(marked) or len(marked) == 1
    assert hint in error.hint


def test_the_place_is_marked_under_the_text() -> None:
    with pytest.raises(RequestError) as refused:
        Request.parse("-q default -l 'host=1,walltme=2'")
    assert str(refused.value).splitlines()[1:3] == [
        "  -q default -l 'host=1,walltme=2'",
        "                        ^^^^^^^",
    ]


def test_dates_are_written_in_full() -> None:
    assert Request.parse("-r '2026-12-1  9'").reservation == "2026-12-01 09:00:00"
    assert Request.parse("-r '19, 2026-12-02 7:30'").reservation == "19:00:00, 2026-12-02 07:30:00"
    assert Request.parse("-r now,18:00").reservation == "now, 18:00:00"


def test_the_command_is_one_word() -> None:
    assert Request.parse_command("-l host=1 'sleep 10' -n x") == (
        Request.parse("-l host=1 -n x"),
        "sleep 10",
    )
    assert Request.parse_command("-k -- -odd") == (Request(use_job_key=True), "-odd")
    for line in ("-t noop", "-r now", "--resubmit 3"):
        assert Request.parse_command(line)[1] == ""
    with pytest.raises(RequestError, match="There is no command"):
        Request.parse_command("-l host=1")
    with pytest.raises(RequestError, match="one word") as refused:
        Request.parse_command("-l host=1 sleep 10")
    assert "'sleep 10'" in refused.value.hint


def test_what_is_set_wins_over_defaults() -> None:
    defaults = Request.parse("-q default -l host=1 -t a -t b -k --array 3")
    mine = Request.parse("-l core=2 -t c --array-param-file f")
    assert mine.over(defaults) == Request.parse("-q default -l core=2 -t c -k --array-param-file f")
    assert Request.parse("-r now").over(Request(hold=True)) == Request(reservation="now")
    assert Request.parse("-p ''").over(Request(properties="a = 1")) == Request(properties="")


@given(requests, requests)
def test_a_merged_request_is_a_request(mine: Request, defaults: Request) -> None:
    merged = mine.over(defaults)
    assert Request.parse(merged.words()) == merged
    for field in dataclasses.fields(Request):
        value = getattr(mine, field.name)
        if value != field.default:
            assert getattr(merged, field.name) == value


def test_the_walltime_is_that_of_the_first_alternative_that_has_one() -> None:
    assert Request.parse("-l core=1 -l core=2,walltime=0:30 -l core=3,walltime=2").walltime == 1800
    assert Request.parse("-l core=1").walltime is None


def test_a_request_made_by_hand_is_checked() -> None:
    with pytest.raises(RequestError):
        Request(array=0).check()
    with pytest.raises(RequestError):
        Request(array=2, array_param_file="f").check()


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.long)
def test_the_table_of_options(option: Any) -> None:
    if option.refused:
        assert not option.field
        return
    default = {f.name: f.default for f in dataclasses.fields(Request)}[option.field]
    assert (default == ()) == option.repeatable
    assert (default is False) == (not option.metavar)
    read = Request.parse(option.example)
    assert getattr(read, option.field) != default
    assert option.help.endswith((".", "…"))


def test_every_field_has_its_option() -> None:
    assert {o.field for o in OPTIONS} - {""} == {f.name for f in dataclasses.fields(Request)}
