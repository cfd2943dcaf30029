"""What a scheduler's history of a job says, in sentences for people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.clean import line

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.state import SchedulerEvent

# How long OAR's own words may be, in letters.
_LONGEST = 500
# OAR's accounts: what they do, it does itself.
_ITSELF = ("root", "oar")
_USER = re.compile(r"[Uu]ser (\S+) ")
# "[sarko] ", the part of OAR that speaks.
_PART = re.compile(r"^\[[^]]*\]\s*")

# By OAR's type of the event: what happened; what somebody did, and what OAR did by itself. The
# types are those of OAR 2.5.9's sources, and NODE_LOST of `core.outcome`.
_HAPPENED = {
    "WALLTIME": "Its walltime ran out.",
    "BESTEFFORT_KILL": "It gave way to another job, as besteffort jobs do.",
    "SEND_KILL_JOB": "The scheduler told its node to end it.",
    "SWITCH_INTO_TERMINATE_STATE": "It ended.",
    "SWITCH_INTO_ERROR_STATE": "It ended as failed.",
    "RESUBMIT_JOB_AUTOMATICALLY": "The scheduler submitted it again, under another number.",
    "FORCE_TERMINATE_FINISHING_JOB": "It took too long to end, and was ended by force.",
    "SCHEDULER_PRIORITY_UPDATED_START": "The resources that it was given are counted.",
    "SCHEDULER_PRIORITY_UPDATED_STOP": "The resources that it had are free again.",
    "CHECKPOINT_SUCCESSFULL": "It got the signal to save its state.",
    "CHECKPOINT_SUCCESS": "It got the signal to save its state.",
    "CHECKPOINT_ERROR": "The signal to save its state did not reach it.",
    "CHECKPOINT_TIMEOUT": "It did not save its state in time.",
    "SIG_SUCCESS": "It got the signal.",
    "SIG_ERROR": "The signal did not reach it.",
    "PING_CHECKER_NODE_SUSPECTED": "A node of it did not answer when it was to start.",
    "PING_CHECKER_NODE_SUSPECTED_END_JOB": "A node of it did not answer when it ended.",
    "CPUSET_ERROR": "Its cores could not be set aside on a node.",
    "CPUSET_CLEAN_ERROR": "Its cores could not be given back on a node.",
    "CPUSET_MANAGER_FILE": "The site's program that sets cores aside is missing.",
    "LAUNCHING_OAREXEC_TIMEOUT": "Its first node took too long to start it.",
    "CANNOT_NOTIFY_OARSUB": "The oarsub that waited for it is gone.",
    "CANNOT_WRITE_NODE_FILE": "Its list of nodes could not be written on its first node.",
    "CANNOT_WRITE_PID_FILE": "Its process could not be noted on its first node.",
    "CANNOT_CREATE_TMP_DIRECTORY": "Its first node has no room for its files.",
    "SERVER_PROLOGUE_TIMEOUT": "The site's preparations for it took too long.",
    "SERVER_PROLOGUE_ERROR": "The site's preparations for it failed.",
    "SERVER_PROLOGUE_EXIT_CODE_ERROR": "The site's preparations for it failed.",
    "SERVER_EPILOGUE_TIMEOUT": "The site's clearing up after it took too long.",
    "SERVER_EPILOGUE_EXIT_CODE_ERROR": "The site's clearing up after it failed.",
    "RESERVATION_NO_NODE": "No node of its reservation is alive.",
    "REDUCE_RESERVATION_WALLTIME": "Its reservation was made shorter, as it began late.",
    "SCHEDULER_REDUCE_NB_NODES_FOR_RESERVATION": "It got fewer nodes than it had reserved.",
    "GET_RESOURCES_BACK_FOR_RESERVATION": "The nodes of its reservation came back.",
    "UNABLE_TO_GET_RESOURCE_BACK_FOR_RESERVATION": "The nodes of its reservation are lost.",
    "SUSPEND_ERROR": "It could not be suspended on a node.",
    "SUSPEND_SCRIPT_ERROR": "The site's program that suspends jobs failed.",
    "RESUME_ERROR": "It could not go on after it was suspended.",
    "RESUME_SCRIPT_ERROR": "The site's program that lets jobs go on failed.",
    "USER_MAIL_NOTIFICATION": "A mail about it was sent.",
    "USER_EXEC_NOTIFICATION": "The program that it notifies was run.",
    "USER_EXEC_NOTIFICATION_ERROR": "The program that it notifies failed.",
    "LOG_SUSPECTED": "A node of it is suspected to be broken.",
}
_DONE = {
    "FRAG_JOB_REQUEST": ("asked to delete it", "The scheduler began to end it."),
    "CHECKPOINT": (
        "asked it to save its state",
        "The scheduler asked it to save its state, as its time is nearly over.",
    ),
    "HOLD_WAITING_JOB": ("held it: it waits until it is resumed", "The scheduler held it."),
    "HOLD_RUNNING_JOB": ("suspended it", "The scheduler suspended it."),
    "RESUME_JOB": ("let it go on", "The scheduler let it go on."),
    "DELETE_BESTEFFORT_JOB_TYPE": ("made it one that gives way to none", "It gives way to none."),
    "ADD_BESTEFFORT_JOB_TYPE": ("made it one that gives way", "It gives way to others now."),
}


def in_words(event: SchedulerEvent, owner: str = "") -> str:
    """What happened, in a sentence; of types that are not known, the scheduler's own words.

    Args:
        event: of a job's history.
        owner: whose job it is.
    """
    said = line(_PART.sub("", event.description), _LONGEST)
    if event.type == "NODE_LOST":
        return f"Its node was lost: {said}." if said else "Its node was lost."
    if event.type in _HAPPENED:
        return _HAPPENED[event.type]
    user = _USER.search(event.description)
    if event.type in _DONE:
        by_somebody, by_itself = _DONE[event.type]
        if user is None or (user[1] in _ITSELF and user[1] != owner):
            return by_itself
        return f"User {line(user[1])} {by_somebody}."
    if user and re.fullmatch(r"SIGNAL_\w+", event.type):
        return f"User {line(user[1])} sent it the signal {line(event.type[7:], 20)}."
    return said or line(event.type)
