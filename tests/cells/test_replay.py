"""Following a job's files as they grow, torn, late, huge and broken."""

import json
import os

import pytest

from pydra_oar_jupyter.cells.replay import (
    Clear,
    Display,
    Done,
    Error,
    Exit,
    Note,
    Progress,
    Replay,
    Started,
    Stream,
    Value,
)
from pydra_oar_jupyter.core.spool import JobDirectory


@pytest.fixture
def job(tmp_path):
    return JobDirectory(tmp_path)


def tell(job, event, **facts):
    with job.events.open("a") as file:
        file.write(json.dumps({"event": event, "time": 1.5, **facts}) + "\n")


def write(path, data):
    with path.open("ab") as file:
        file.write(data)


def test_nothing_is_there_yet(job):
    assert Replay(job).poll() == []


def test_everything_comes_once_and_in_order(job):
    replay = Replay(job)
    tell(job, "start", host="n1", pid=3, job_id=42)
    write(job.stdout, b"one\ntwo\n")
    write(job.stderr, b"err\n")
    data = {"data": {"text/plain": "x"}, "metadata": {}}
    transient = {"display_id": "d"}
    tell(job, "display", **data, transient=transient, update=True, stdout=4, stderr=0)
    tell(job, "clear", wait=True, stdout=4, stderr=4)
    tell(job, "value", **data, stdout=8, stderr=4)
    assert replay.poll() == [
        Started("n1", 3, 42, 1.5),
        Stream("stdout", "one\n"),
        Display({"text/plain": "x"}, {}, {"display_id": "d"}, update=True),
        Stream("stderr", "err\n"),
        Clear(wait=True),
        Stream("stdout", "two\n"),
        Value({"text/plain": "x"}, {}),
    ]
    tell(job, "progress", bar="b", done=1, total=None, label="l", unit="it")
    tell(job, "error", name="E", message="m", traceback=["t"], stdout=8, stderr=4)
    write(job.stdout, b"three")
    assert replay.poll() == [
        Progress("b", 1, None, "l", "it"),
        Error("E", "m", ["t"]),
        Stream("stdout", "three"),
    ]
    tell(job, "done", ok=False, stdout=13, stderr=4)
    tell(job, "exit", code=1)
    tell(job, "start", host="n2", pid=4, job_id=43)
    assert replay.poll() == [Done(ok=False, time=1.5), Exit(1, 1.5), Started("n2", 4, 43, 1.5)]
    assert replay.poll() == []


def test_a_torn_line_waits_for_its_end(job):
    replay = Replay(job)
    write(job.events, b'{"event": "exit", "ti')
    assert replay.poll() == []
    write(job.events, b'me": 2, "code": 0}\n')
    assert replay.poll() == [Exit(0, 2)]


def test_characters_split_over_reads_and_bytes_that_are_none(job):
    replay = Replay(job)
    euro = "€".encode()
    write(job.stdout, b"a" + euro[:2])
    assert replay.poll() == [Stream("stdout", "a")]
    write(job.stdout, euro[2:] + b"\xff\r50%\x1b[A")
    assert replay.poll() == [Stream("stdout", "€\ufffd\r50%\x1b[A")]
    write(job.stdout, euro[:1])
    assert replay.poll() == []
    assert replay.poll(last=True) == [Stream("stdout", "\ufffd")]


def test_events_wait_for_output_that_is_shown_late(job):
    replay = Replay(job)
    tell(job, "done", ok=True, stdout=4, stderr=0)
    assert replay.poll() == []
    write(job.stdout, b"late")
    assert replay.poll() == [Stream("stdout", "late"), Done(ok=True, time=1.5)]
    tell(job, "exit", code=0, stdout=99)
    assert replay.poll() == []
    assert replay.poll(last=True) == [Exit(0, 1.5)]


def test_broken_events_are_left_out_with_a_note(job):
    replay = Replay(job)
    write(job.events, b'\x00\xff not json\n{"event": 3}\n[]\n{"event": "later", "time": 1}\n')
    tell(job, "display", data=5, metadata={}, update=False)
    tell(job, "progress", bar="b")
    tell(job, "exit", code="many")
    tell(job, "exit", code=1e999)
    tell(job, "clear", wait=False)
    items = replay.poll()
    assert [type(item) for item in items] == [Note] * 4 + [Clear]
    assert "display" in items[0].text


def test_a_huge_output_is_not_read(job):
    replay = Replay(job, limit=1000)
    job.stdout.touch()
    size = 1_000_000_000
    with job.stdout.open("r+b") as file:
        file.write(b"start\n" * 200)
        file.truncate(size)  # a hole: nothing of it is on the disk
        file.seek(size)
        file.writelines(b"line %d\n" % number for number in range(100))
    items = replay.poll()
    assert sum(len(item.text) for item in items) < 3000
    assert str(job.stdout) in items[-1].text
    tell(job, "done", ok=True, stdout=job.stdout.stat().st_size, stderr=0)
    tail, done = replay.poll()
    assert isinstance(done, Done)
    notice, *lines = tail.text.splitlines()
    assert lines == [f"line {number}" for number in range(80, 100)]
    assert "999,99" in notice
    assert str(job.stdout) in notice
    tell(job, "exit", code=0)
    assert replay.poll() == [Exit(0, 1.5)]


def test_a_huge_output_without_a_newline(job):
    replay = Replay(job, limit=10)
    write(job.stderr, b"x" * 5_000_000)
    text = "".join(item.text for item in replay.poll() + replay.poll(last=True))
    assert len(text) < 20_000
    assert "4,983,606 bytes of stderr" in text


def test_what_a_cell_showed(run):
    done = run("print('é' * 3)\ndisplay(1)\n2")
    items = Replay(done.job).poll()
    kinds = [type(item) for item in items]
    assert kinds == [Started, Stream, Display, Value, Done, Exit]
    assert items[1].text == "ééé\n"


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_pipe_in_the_place_of_a_stream_is_not_waited_for(job, name):
    os.mkfifo(getattr(job, name))
    with pytest.raises(OSError, match="it is no file"):
        Replay(job).poll()
