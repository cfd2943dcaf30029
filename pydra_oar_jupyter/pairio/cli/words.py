"""The words of the command line; what they do is imported when it is asked for."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_PROGRAM = "python -m pydra_oar_jupyter"


def parser() -> argparse.ArgumentParser:
    """All commands, with their help."""
    top = argparse.ArgumentParser(_PROGRAM, allow_abbrev=False)
    parts = top.add_subparsers(metavar="PART", required=True)
    pairio = parts.add_parser("pairio", help="a Pairio service, its accounts, what runs its jobs")
    commands = pairio.add_subparsers(metavar="COMMAND", required=True)
    _serve(commands.add_parser("serve", help="run a service", description=_SERVE))
    _users(commands.add_parser("user", help="the users of a service, and their keys"))
    _services(commands.add_parser("service", help="services, which apps and jobs belong to"))
    _apps(commands.add_parser("app", help="the apps of a service"))
    _client(commands.add_parser("compute-client", help="run jobs here", description=_CLIENT))
    _spec(commands.add_parser("spec", help="the specification of an app, as JSON"))
    return top


_SERVE = """Run a Pairio service. Its pages are at its own URL. It keeps jobs in SQLite and files in
a folder unless told otherwise. Until it is stopped, it stays in the foreground."""
_CLIENT = """Run jobs of a service on this machine or, with --backend oar, as jobs of a cluster. The
first start registers it with PAIRIO_API_URL by the user's key (PAIRIO_API_KEY or a key file); what
it is known by then is kept in --dir. Without --cpus and its like, it offers all there is."""


def _serve(words: argparse.ArgumentParser) -> None:
    words.add_argument("--host", default="127.0.0.1", help="where it listens (127.0.0.1)")
    words.add_argument("--port", type=_port, default=8050, help="0 takes any that is free (8050)")
    _place(words)
    words.add_argument("--files", metavar="s3://BUCKET/PREFIX", help="else a folder in --data")
    words.add_argument("--url", metavar="URL", help="its public URL, where a proxy is before it")
    words.add_argument(
        "--lease", type=float, default=180.0, metavar="SECONDS",
        help="how long a compute client may be silent before its jobs are offered again (180)",
    )  # fmt: skip
    words.add_argument(
        "--attempts", type=int, default=3, metavar="N",
        help="how often a job is offered before it fails for that (3)",
    )  # fmt: skip
    words.add_argument(
        "--demo", action="store_true",
        help="make a user, the service hello_world_service with its apps, and a compute client "
        "that runs their jobs; print the user's PAIRIO_API_URL and PAIRIO_API_KEY for a shell",
    )  # fmt: skip
    words.set_defaults(do=_later("serve", "serve"))


def _users(words: argparse.ArgumentParser) -> None:
    acts = words.add_subparsers(metavar="ACT", required=True)
    add = _act(
        acts, "add", "accounts", "add_user", "make a user, and print the key: only this once"
    )
    add.add_argument("user")
    add.add_argument("--admin", action="store_true", help="may manage all users and services")
    reset = _act(acts, "reset-key", "accounts", "reset_key", "print a new key; the old one is void")
    reset.add_argument("user")
    _act(acts, "list", "accounts", "list_users", "the users")


def _services(words: argparse.ArgumentParser) -> None:
    acts = words.add_subparsers(metavar="ACT", required=True)
    add = _act(acts, "add", "accounts", "add_service", "make a service")
    add.add_argument("service")
    add.add_argument("--owner", required=True, metavar="USER", help="who may do all in it")
    _act(acts, "list", "accounts", "list_services", "the services, and who may do what")
    allow = _act(acts, "allow", "accounts", "allow", "say what a user may do in a service")
    allow.add_argument("service")
    allow.add_argument("user")
    for right, what in (
        ("admin", "change it"), ("create-jobs", "submit jobs"), ("process-jobs", "run its jobs"),
    ):  # fmt: skip
        allow.add_argument(f"--{right}", action="store_true", help=what)


def _apps(words: argparse.ArgumentParser) -> None:
    acts = words.add_subparsers(metavar="ACT", required=True)
    add = _act(acts, "add", "accounts", "add_app", "add an app, or put it in place of an old one")
    add.add_argument("service")
    add.add_argument("source", metavar="MAIN.PY|SPEC.JSON", help="the app, or its specification")
    every = _act(acts, "list", "accounts", "list_apps", "the apps and their processors")
    every.add_argument("service", nargs="?")


def _client(words: argparse.ArgumentParser) -> None:
    words.add_argument("--service", action="append", metavar="NAME", help="repeatable "
                       "(PAIRIO_SERVICE_NAME, else hello_world_service)")  # fmt: skip
    words.add_argument("--name", help="what it is called (this host's name)")
    words.add_argument("--dir", metavar="DIR", help="what it keeps (~/.pydra_oar/compute-client)")
    words.add_argument("--backend", default="local", choices=["local", "oar"])
    words.add_argument(
        "--container", default="none", choices=["none", "docker", "apptainer"],
        help="run each app in its image, or as a process",
    )  # fmt: skip
    words.add_argument(
        "--app", action="append", default=[], metavar="MAIN.PY",
        help="an app that it runs as a process; repeatable; hello_world is there by itself",
    )  # fmt: skip
    words.add_argument("--python", metavar="PATH", help="the interpreter of apps (this one)")
    words.add_argument("--cpus", type=int, help="for one job, at most")
    words.add_argument("--gpus", type=int)
    words.add_argument("--memory", type=float, metavar="GB")
    words.add_argument("--time", type=float, metavar="SECONDS")
    words.add_argument("--jobs", type=int, metavar="N", help="so many such jobs at once")
    words.add_argument("--exit-when-idle", action="store_true", help="end when there is no job")
    words.set_defaults(do=_later("compute", "compute"))


def _spec(words: argparse.ArgumentParser) -> None:
    words.add_argument("source", metavar="MAIN.PY")
    words.set_defaults(do=_later("accounts", "show_specification"))


def _act(acts: Any, name: str, module: str, function: str, what: str) -> argparse.ArgumentParser:
    words: argparse.ArgumentParser = acts.add_parser(name, help=what, description=what)
    _place(words)
    words.set_defaults(do=_later(module, function))
    return words


def _place(words: argparse.ArgumentParser) -> None:
    words.add_argument(
        "--data", metavar="DIR", help="what the service keeps (~/.pydra_oar/service)"
    )
    words.add_argument("--database-url", metavar="URL", help="such as postgresql://…; else SQLite")


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port.")
    return int(text)


def _later(module: str, function: str) -> Callable[[argparse.Namespace], None]:
    def do(asked: argparse.Namespace) -> None:
        getattr(import_module(f"{__package__}.{module}"), function)(asked)

    return do
