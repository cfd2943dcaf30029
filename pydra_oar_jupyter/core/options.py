"""The options of oarsub 2.5 and 2.6. Reading, writing, help and completion follow this table.

Names and arguments are those that oarsub gives to Perl's Getopt::Long in OAR 2.5.9 and 2.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core import values
from pydra_oar_jupyter.core.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Option:
    """An option of oarsub.

    Attributes:
        field: the attribute of `Request` that holds it; "" if it is refused.
        short: its letter, or "".
        long: its long name.
        metavar: what its argument is; "" for a flag.
        help: what it does, in a sentence or two.
        example: it in use, as one writes it.
        parse: its argument's value; raises `RequestError`.
        repeatable: each use adds a value (else the last one counts).
        in_script: oarsub reads it from a script's ``#OAR`` lines.
        refused: why a job of a notebook can't have it, or "".
    """

    field: str
    short: str
    long: str
    metavar: str
    help: str
    example: str = ""
    parse: Callable[[str], Any] = str
    repeatable: bool = False
    in_script: bool = True
    refused: str = ""

    @property
    def word(self) -> str:
        """It as `Request.words` writes it: short if it can be."""
        return f"-{self.short}" if self.short else f"--{self.long}"


def _refused(short: str, long: str, what: str, why: str, metavar: str = "") -> Option:
    return Option("", short, long, metavar, what, in_script=False, refused=why)


_FORMAT = "The package reads oarsub's plain answer itself."

OPTIONS: tuple[Option, ...] = (
    Option(
        "resources", "l", "resource", "RESOURCES",
        "What the job needs, from the outermost in, and for how long. SQL conditions in braces "
        "choose; + adds a group. Repeated: alternatives, of which OAR takes the first to start.",
        "-l \"{mem > 64}/host=1/core=4,walltime=2:30\"",
        Resources.parse, repeatable=True,
    ),
    Option(
        "properties", "p", "property", "SQL",
        "A condition on the properties of all resources.",
        "-p \"cluster='a' and mem > 64\"", values.condition,
    ),
    Option("queue", "q", "queue", "QUEUE", "The queue to wait in.", "-q default", values.queue),
    Option(
        "types", "t", "type", "TYPE",
        "A job type: besteffort, idempotent, deploy, cosystem, noop, container, inner=JOB, "
        "timesharing=user,name, token:NAME=N, deadline=DATE … Sites add their own.",
        "-t besteffort -t idempotent", values.job_type, repeatable=True,
    ),
    Option("name", "n", "name", "NAME", "The job's name.", "-n spectrum", values.name),
    Option("project", "", "project", "PROJECT", "The project it is counted for.",
           "--project pr-optics", values.stored),
    Option("directory", "d", "directory", "DIRECTORY",
           "Where the command starts (else the current directory).", "-d /home/me/run",
           values.word),
    Option("stdout", "O", "stdout", "FILE", "The file for standard output.",
           "-O run.%jobid%.out", values.output),
    Option("stderr", "E", "stderr", "FILE", "The file for standard error.",
           "-E run.%jobid%.err", values.output),
    Option("after", "a", "anterior", "JOB", "Start only when this job has ended.",
           "-a 1234 -a 1235", values.job_id, repeatable=True),
    Option(
        "reservation", "r", "reservation", "DATE",
        "Start at this date, or not at all. OAR 2.6: also \"START, END\", HH:MM:SS and now.",
        '-r "2026-12-01 10:00:00"', values.reservation, in_script=False,
    ),
    Option("array", "", "array", "NUMBER", "So many jobs at once, told apart by OAR_ARRAY_INDEX.",
           "--array 10", values.number),
    Option("array_param_file", "", "array-param-file", "FILE",
           "One job for each line of the file, which is added to the command.",
           "--array-param-file params.txt", values.read_by_oar),
    Option("hold", "", "hold", "", "Wait, until it is resumed, before it is scheduled.", "--hold"),
    Option("checkpoint", "", "checkpoint", "SECONDS",
           "Signal the job so long before its walltime ends, that it saves its work.",
           "--checkpoint 600", values.seconds),
    Option("signal", "", "signal", "NUMBER",
           "The signal of --checkpoint, by number (else 12, SIGUSR2).", "--signal 10",
           values.signal_number),
    Option("notify", "", "notify", "WHOM",
           "Send a mail or run a program when the job starts, ends, fails …",
           '--notify "[END,ERROR]mail:me@example.org"', values.notification),
    Option("resubmit", "", "resubmit", "JOB",
           "Submit an ended job once more as it was; other options are ignored.",
           "--resubmit 1234", values.job_id, in_script=False),
    Option("use_job_key", "k", "use-job-key", "",
           "Give the job an SSH key by which oarsh reaches it from elsewhere.", "-k"),
    Option("import_job_key", "i", "import-job-key-from-file", "FILE",
           "Use the key in this file (with -k).", "-k -i /home/me/.ssh/oar_key",
           values.read_by_oar),
    Option("import_job_key_inline", "", "import-job-key-inline-priv", "KEY",
           "Use this key (with -k). Other users of the front end can see it: prefer -i.",
           '-k --import-job-key-inline-priv "$KEY"'),
    Option("export_job_key", "e", "export-job-key-to-file", "FILE",
           "Write the job's key to this file (with -k).", "-k -e key.%jobid%",
           values.read_by_oar),
    Option("stagein", "s", "stagein", "PATH",
           "A directory or archive for a desktop_computing job (OAR 2.5).",
           "-t desktop_computing -s data.tgz", values.read_by_oar),
    Option("stagein_md5sum", "", "stagein-md5sum", "MD5", "The archive's MD5 sum (OAR 2.5).",
           "-s data.tgz --stagein-md5sum d41d8cd98f00b204e9800998ecf8427e", values.md5),
    Option("scanscript", "S", "scanscript", "",
           "Let oarsub read the #OAR lines of the script that it is given.", "-S",
           in_script=False),
    _refused("I", "interactive", "A shell on the node.",
             "A notebook has no terminal for it: ask for it at a prompt."),
    _refused("C", "connect", "A shell in a running job.",
             "A notebook has no terminal for it: ask for it at a prompt.", "JOB"),
    _refused("X", "xml", "Answer in XML.", _FORMAT),
    _refused("Y", "yaml", "Answer in YAML.", _FORMAT),
    _refused("J", "json", "Answer in JSON.", _FORMAT),
    _refused("D", "dumper", "Answer in Perl.", _FORMAT),
    _refused("v", "v", "Say more (OAR 2.6).", _FORMAT),
    _refused("h", "help", "Show oarsub's help.", "It submits nothing; %oar shows the options."),
    _refused("V", "version", "Show OAR's version.", "It submits nothing."),
)  # fmt: skip

SHORT = {option.short: option for option in OPTIONS if option.short}
LONG = {option.long: option for option in OPTIONS}
# Perl looks up a long name in lower case, among the letters too.
_NAMES = LONG | {letter: option for letter, option in SHORT.items() if letter.islower()}

# Not both: the two fields, and why.
EXCLUSIVE = (
    ("array", "array_param_file", "The file's lines already say how many jobs there are."),
    ("hold", "reservation", "oarsub waits for a held reservation to be confirmed, for ever."),
    ("import_job_key", "import_job_key_inline", "There can be one key only."),
)


def meant(name: str) -> list[Option]:
    """The options that a long name may stand for, in any case, and by its beginning."""
    name = name.lower()
    if name in _NAMES:
        return [_NAMES[name]]
    return [option for option in OPTIONS if name and option.long.startswith(name)]
