"""The magics. What they do is in the other modules, imported when it is first needed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from IPython.core.magic import (
    Magics,
    line_cell_magic,
    line_magic,
    magics_class,
    no_var_expand,
    output_can_be_silenced,
)
from traitlets import observe

from pydra_oar_jupyter.notebook.config import OarConfig
from pydra_oar_jupyter.notebook.errors import readable
from pydra_oar_jupyter.workflows.runs import hook

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from IPython.core.interactiveshell import InteractiveShell

    from pydra_oar_jupyter.core.array import JobArray
    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.origin import Origin
    from pydra_oar_jupyter.workflows.runs.run import Run


@magics_class
class OarMagics(Magics, OarConfig):
    """``%%oar`` and the commands of OAR; its traits are the session's defaults."""

    # Magics are made with a shell only.
    shell: InteractiveShell

    # Braces in a line are oarsub's: IPython must not expand them.
    @no_var_expand
    @line_cell_magic
    def oar(self, line: str, cell: str | None = None) -> Any:
        """Run a cell as a job of the cluster, or look after jobs.

        What the cell reads goes to the node, what it assigns comes back, its output appears
        here as it is made, and its last expression is this cell's value::

            %%oar -l host=1/core=2,walltime=0:30
            spectrum = np.linalg.svd(data, compute_uv=False)
            plt.semilogy(spectrum)

        Every option of oarsub can be used, and more: %oar shows them all. One job for each of
        many values, whose results come back as lists::

            %%oar --over seed in range(20) -l core=1
            area = estimate(seed)

        A script::

            %%oar --shell bash -l core=4,walltime=2
            module load gromacs && gmx mdrun -deffnm run

        Alone in a line::

            %oar                          all options, with examples
            %oar jobs running             this user's jobs
            %oar get 154                  the output, names and value of a job
            %oar logs 154                 what it has printed
            %oar nodes                    the hosts
            %oar config defaults -l core=1,walltime=1
        """
        with readable():
            if cell is not None:
                from pydra_oar_jupyter.notebook.cell import run

                return run(self.shell, self, line, cell)
            from pydra_oar_jupyter.notebook.verbs import act

            return act(self.shell, self, line)

    @no_var_expand
    @line_cell_magic
    @output_can_be_silenced
    def pydra(self, line: str, cell: str | None = None) -> Any:
        """Run the Pydra task that a cell ends with, or look after runs.

        The cell shows where the run is: a bar over all tasks, a row for each node, the graph,
        errors first. Its value is the task's outputs::

            %%pydra -l host=1/core=2,walltime=1
            Analysis(subjects=["s1", "s2"])

        Each task is a job of the cluster, with all that oarsub can be asked for; or of another
        of Pydra's workers::

            %%pydra --worker cf --detach
            Analysis(subjects=["s1", "s2"])

        Alone in a line::

            %pydra                        all options, with examples
            %pydra runs running           the runs
            %pydra get 3fa94c01           show a run to its end, and have its outputs
            %pydra cancel 3fa94c01        stop it, and delete its jobs
            %pydra resume 3fa94c01        run it again, from what is in the cache
        """
        with readable():
            if cell is not None:
                from pydra_oar_jupyter.notebook.pydra_cell import run

                return run(self.shell, self, line, cell)
            from pydra_oar_jupyter.notebook.pydra_verbs import act

            return act(self.shell, line)

    @no_var_expand
    @line_cell_magic
    @output_can_be_silenced
    def pairio(self, line: str, cell: str | None = None) -> Any:
        """Run the job that a cell ends with on a Pairio service, or look after jobs.

        The cell shows where the job is, what it prints as it prints it, and its outputs. Its
        value is the job, whose outputs go on from there: ``Out[3].outputs["output"].text()``.
        The service's apps are names in the cell::

            %%pairio --cpus 1 --memory 4 --time 60
            hello_world.hello_world_2(name="world")

        The service is the one of PAIRIO_API_URL; without it, one is started on this machine, for
        you alone, with the app hello_world.

        Alone in a line::

            %pairio                       all options, with examples
            %pairio services              the services
            %pairio apps                  the apps of a service, and what they compute
            %pairio jobs running          the newest jobs
            %pairio job 3fa94c01          show a job to its end; it is the value
            %pairio cancel 3fa94c01       stop it
        """
        with readable():
            if cell is not None:
                from pydra_oar_jupyter.notebook.pairio_cell import run

                return run(self.shell, self, line, cell)
            from pydra_oar_jupyter.notebook.pairio_verbs import act

            return act(self.shell, self, line)

    @no_var_expand
    @line_magic
    def oarsub(self, line: str) -> Job | JobArray:
        """Submit a command as at the prompt; the value is the job's handle.

        Example::

            job = %oarsub -l core=2,walltime=0:10 "./simulate --steps 1000"
            job.wait(); print(job.stdout)
        """
        from pydra_oar_jupyter.core.array import JobArray
        from pydra_oar_jupyter.notebook.packing import cell_origin
        from pydra_oar_jupyter.notebook.scheduler import oarsub

        with readable():
            found = oarsub(self, self._expanded(line), cell_origin(self.shell))
        for job in found if isinstance(found, JobArray) else [found]:
            print(f"OAR_JOB_ID={job.id}")
        if isinstance(found, JobArray):
            print(f"OAR_ARRAY_ID={found[0].id}")
        return found

    @no_var_expand
    @line_magic
    def oarstat(self, line: str) -> Any:
        """Show jobs that have not ended, or those named, ended or not.

        ``-u [USER]`` of one user (you), ``-j JOB`` (repeated), ``-f`` all that is known,
        ``--json`` plain lists and dicts, ``--df`` a DataFrame.

        Example::

            %oarstat -u
            jobs = %oarstat -j 154 -j 155 --json
        """
        from pydra_oar_jupyter.notebook.scheduler import oarstat

        with readable():
            return oarstat(self, self._names, self._expanded(line))

    @no_var_expand
    @line_magic
    def oardel(self, line: str) -> None:
        """Delete jobs, waiting or running, by number or by the variable with the handle.

        Example::

            %oardel 154 155
        """
        self._change("oardel", line)

    @no_var_expand
    @line_magic
    def oarhold(self, line: str) -> None:
        """Keep waiting jobs from starting, until %oarresume.

        Example::

            %oarhold 154
        """
        self._change("oarhold", line)

    @no_var_expand
    @line_magic
    def oarresume(self, line: str) -> None:
        """Let held jobs go on.

        Example::

            %oarresume 154
        """
        self._change("oarresume", line)

    @no_var_expand
    @line_magic
    def oarnodes(self, line: str) -> Any:
        """Show the cluster's resources; ``--hosts`` one row for each host.

        Example::

            %oarnodes oarnode1
            cores = %oarnodes --df
        """
        from pydra_oar_jupyter.notebook.scheduler import oarnodes

        with readable():
            return oarnodes(self, self._expanded(line))

    @observe("submitters")
    def _switch(self, change: dict[str, Any]) -> None:
        if change["new"]:
            self.attach()
        else:
            self.detach()

    def attach(self) -> None:
        """Let Pydra's Submitter run in cells, if that is wanted. Pydra is not imported for it."""
        if self.submitters:
            hook.attach(self._show_run, self._origin)

    def detach(self) -> None:
        """Leave Pydra as it was."""
        hook.detach()

    def _show_run(self, run: Run) -> AbstractContextManager[None]:
        from pydra_oar_jupyter.notebook.runs.end import shown

        return shown(self.shell, run)

    def _origin(self) -> Origin:
        from pydra_oar_jupyter.notebook.packing import cell_origin

        return cell_origin(self.shell)

    @property
    def _names(self) -> dict[str, Any]:
        """The notebook's variables."""
        names: dict[str, Any] = self.shell.user_ns
        return names

    def _expanded(self, line: str) -> str:
        from pydra_oar_jupyter.notebook.line import expand

        return expand(line, self._names)

    def _change(self, verb: str, line: str) -> None:
        from pydra_oar_jupyter.notebook.scheduler import change

        with readable():
            sys.stdout.write(change(verb, self, self._names, self._expanded(line)) + "\n")
