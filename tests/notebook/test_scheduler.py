"""The commands of OAR in a notebook."""

from __future__ import annotations

import pytest


def test_the_commands_of_oar(backend, kernel):
    ran = kernel.run('job = %oarsub -l core=1,walltime=0:10 "echo out; echo err >&2; sleep 600"')
    assert ran.error is None, ran.traceback
    number = kernel.eval("job.id")
    assert ran.stream() == f"OAR_JOB_ID={number}\n"

    ran = kernel.run("%oarstat -u")
    assert str(number) in ran.value["text/plain"]
    assert "<table>" in ran.value["text/html"]
    rows = kernel.eval("get_ipython().run_line_magic('oarstat', '-j job --json')")
    assert [row["id"] for row in rows] == [number]
    assert rows[0]["name"] == "oarsub"
    assert "walltime" in kernel.run("%oarstat -f -j job").value["text/plain"]
    frame = kernel.run("df = %oarstat --df -u\nprint(list(df.id))")
    assert str(number) in frame.stream()

    assert kernel.run("%oardel job").stream() == f"Deleted: {number}.\n"
    assert kernel.eval("str(job.wait(100).ending)") == "deleted"
    assert str(number) not in kernel.run("%oarstat -u").value["text/plain"]


def test_hold_and_resume(backend, kernel):
    kernel.run('job = %oarsub --hold -l core=1,walltime=0:10 "echo $((6 * 7))"')
    number = kernel.eval("job.id")
    state = "get_ipython().run_line_magic('oarstat', '-j job --json')[0]['state']"
    assert kernel.eval(state) == "Hold"
    assert kernel.run(f"%oarresume {number}").stream() == f"Resumed: {number}.\n"
    assert kernel.eval("job.result(100), job.stdout") == (0, "42\n")


def test_an_array_of_commands(spool, kernel):
    ran = kernel.run('jobs = %oarsub --array 3 -l core=1 "echo $OAR_ARRAY_INDEX"')
    assert ran.error is None, ran.traceback
    ids = kernel.eval("[job.id for job in jobs]")
    assert ran.stream() == "".join(f"OAR_JOB_ID={i}\n" for i in ids) + f"OAR_ARRAY_ID={ids[0]}\n"
    assert kernel.eval("jobs.result(100)") == [0, 0, 0]
    assert kernel.eval("[job.stdout for job in jobs]") == ["1\n", "2\n", "3\n"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%oardel", "the following arguments are required: job"),
        ("%oardel jbo", "neither the number of a job nor a variable"),
        ("%oardel x", "x is a int, not the handle of a job."),
        ("%oarstat -j 99999", "knows no job 99999"),
        ("%oarstat --jsn", "Unrecognized arguments: --jsn"),
        ("%oarsub -l core=1", "There is no command."),
        ("%oarsub -I", "A notebook has no terminal"),
        ("%oar jbos", "Did you mean 'jobs'?"),
        ("%oar get 99999", "Job 99999 was not submitted from here"),
    ],
)
def test_what_is_wrong_is_said_in_words(spool, kernel, line, words):
    ran = kernel.run(f"x = 1\n{line}")
    assert words.lower() in ran.traceback.lower()
    assert "Traceback" not in ran.traceback


def test_nodes(spool, kernel):
    ran = kernel.run("%oar nodes")
    assert len(kernel.eval("[*map(str, get_ipython().run_line_magic('oar', 'nodes'))]")) == 2
    assert "Alive" in ran.value["text/plain"]
    assert len(kernel.eval("get_ipython().run_line_magic('oarnodes', '--json')")) == 8
