"""Cells that exit, die, fork, flood or fill the disk: in real processes, on real directories."""

import os
import signal
import time

import pytest

from tests.running import DEADLINE, new_directory, notebook, pack, read_events, start


@pytest.mark.parametrize(
    ("code", "exit_code", "words"),
    [("0", 0, ""), ("", 0, ""), ("3", 3, ""), ("'bye'", 1, "bye\n"), ("258", 2, "")],
)
def test_sys_exit(run, code, exit_code, words):
    done = run(f"import sys\nx = 5\nsys.exit({code})\nx = 6")
    assert done.code == exit_code
    assert done.result.names["x"] == 5
    assert done.stderr == words
    assert done.of("done")[0]["ok"] is (exit_code == 0)
    assert isinstance(done.result.error, SystemExit) is (exit_code != 0)


def test_exit_without_parentheses(run):
    assert run("exit").code == 0


def test_os_exit_loses_no_output(run):
    done = run("import os\nfor i in range(3000): print(i)\nprint('end', end='')\nos._exit(7)")
    assert done.code == 7
    assert done.stdout.endswith("2999\nend")
    assert not done.of("done")


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("import os; os.kill(os.getpid(), 9)", signal.SIGKILL),
        ("import ctypes; ctypes.string_at(0)", signal.SIGSEGV),
        ("import os; os.kill(os.getpid(), 15); import time; time.sleep(60)", signal.SIGTERM),
    ],
)
def test_death_by_signal_keeps_what_was_printed(run, code, number):
    done = run(f"print('before', end='')\n{code}")
    assert done.code == 128 + number
    assert done.stdout == "before"
    assert done.events[-1]["code"] == 128 + number
    assert not done.of("done")
    assert not done.job.result.exists()
    if number == signal.SIGSEGV:
        assert "Segmentation fault" in done.stderr


def test_sigterm_lets_the_cell_clean_up(run):
    done = run(
        "import os, time\ntry:\n    os.kill(os.getpid(), 15); time.sleep(60)\n"
        "except Exception: print('caught')\nfinally: print('cleaned')"
    )
    assert done.stdout == "cleaned\n"
    assert done.code == 143


def test_a_forked_child_that_comes_back_is_quiet(run):
    done = run(
        "import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\nprint('p' if pid else 'c')\n"
        "display(1)\n'value'"
    )
    assert done.code == 0
    assert done.stdout == "c\np\n"
    assert [len(done.of(kind)) for kind in ("display", "value", "done")] == [1, 1, 1]
    assert done.result.names["pid"] > 0


def test_a_forked_child_that_fails_says_so_on_stderr(run):
    done = run("import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\nelse: 1/0")
    assert done.code == 0
    assert "ZeroDivisionError" in done.stderr
    assert not done.of("error")


def test_processes_of_multiprocessing_print(run):
    done = run(
        "import multiprocessing as mp\ndef f(i): print('w', i, flush=True); return i * k\n"
        "with mp.get_context('fork').Pool(2) as pool: r = pool.map(f, range(4))\ndel pool",
        notebook("k = 10"),
    )
    assert done.result.names["r"] == [0, 10, 20, 30]
    assert done.stdout.count("w") == 4


def test_threads_print_whole_lines(run):
    done = run(
        "import threading\ndef f(c):\n    for _ in range(2000): print(c * 50 + '\\n', end='')\n"
        "threads = [threading.Thread(target=f, args=(c,)) for c in 'abcd']\n"
        "for t in threads: t.start()\nfor t in threads: t.join()\ndel threads, t"
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 8000
    assert all(line == line[0] * 50 for line in lines)


def test_a_thread_that_never_ends_does_not_hold_the_job(run):
    began = time.monotonic()
    done = run("import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()")
    assert done.code == 0
    assert time.monotonic() - began < 100


def test_atexit_functions_run_after_the_result(run):
    done = run("import atexit\natexit.register(print, 'closed');")
    assert done.stdout == "closed\n"
    assert done.of("done")[0]["stdout"] == 0


def test_much_output_without_a_newline_and_no_utf8(run):
    done = run(
        "import sys, os\nsys.stdout.write('x' * 50_000_000)\n"
        "sys.stdout.buffer.write(b'\\xff\\xfe')\n"
        "print('\\udc80', end='')\nos.write(1, b'|direct');"
    )
    data = done.job.stdout.read_bytes()
    assert len(data) == 50_000_000 + 2 + 6 + 7
    assert data.endswith(b"\xff\xfe\\udc80|direct")


def test_output_arrives_while_the_cell_runs(tmp_path):
    job = new_directory(tmp_path)
    work = pack(job, "print('50%', end='\\r')\nimport time\ntime.sleep(600)", notebook())
    process = start(job, work, start_new_session=True)
    try:
        deadline = time.monotonic() + DEADLINE
        while not (job.stdout.exists() and job.stdout.read_bytes() == b"50%\r"):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_result_that_cant_be_written_gives_74(tmp_path):
    job = new_directory(tmp_path)
    work = pack(job, "big = bytes(10_000_000)", notebook())
    # Files of some megabytes at most: the result can't be written.
    process = start(job, f"ulimit -f 4000; trap '' XFSZ\n{work}")
    assert process.wait(DEADLINE) == 74
    assert "result.pkl can't be written" in job.stderr.read_text()
    assert not [event for event in read_events(job) if event["event"] == "done"]
    assert [path for path in job.path.iterdir() if "result" in path.name] == []
