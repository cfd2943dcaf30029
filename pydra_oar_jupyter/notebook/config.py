"""Defaults for the session, by traitlets (``c.OarMagics.…``) or ``%oar config``."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from traitlets import Bool, Dict, Int, List, TraitError, Unicode, observe
from traitlets.config import Configurable

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.shellwords import split

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.request import Request


class OarConfig(Configurable):
    """What holds for each ``%%oar`` cell that does not say otherwise."""

    backend: Any = Unicode(
        help="What runs jobs: oar, or local, the embedded cluster. Empty: oar where there is "
        "an oarsub, else local; PYDRA_OAR_BACKEND says otherwise."
    ).tag(config=True)
    prefix: Any = Unicode(
        help="Put before OAR's commands, such as: ssh frontend (PYDRA_OAR_PREFIX)."
    ).tag(config=True)
    defaults: Any = Unicode(help="Options of oarsub, such as: -l core=1,walltime=1 -q default").tag(
        config=True
    )
    setup: Any = List(Unicode(), help="Shell lines that run first on the node.").tag(config=True)
    env: Any = Dict(
        Unicode(), help="Environment variables of each job, by name. None takes this kernel's."
    ).tag(config=True)
    python: Any = Unicode(help="The interpreter on the node. Empty: this one.").tag(config=True)
    max_output: Any = Int(
        1_000_000,
        min=0,
        help="How many bytes of a job's stdout, and of its stderr, a cell shows; the end is "
        "shown too, and all of it stays in a file.",
    ).tag(config=True)

    submitters: Any = Bool(
        True,
        help="Pydra's own Submitter runs in cells too, and its runs are shown. False: Pydra is "
        "left as it is.",
    ).tag(config=True)

    @property
    def request(self) -> Request:
        """The default options of oarsub."""
        from pydra_oar_jupyter.core.request import Request

        return Request.parse(self.defaults)

    @property
    def backend_name(self) -> str:
        """The backend of jobs for which none is named."""
        from pydra_oar_jupyter.core.backend import default_backend

        return str(self.backend) or ("oar" if self.prefix else default_backend())

    @observe("prefix")
    def _put_prefix(self, change: dict[str, Any]) -> None:
        from pydra_oar_jupyter.backends.oar import Backend
        from pydra_oar_jupyter.core.backend import get_backend

        oar = get_backend("oar")
        assert isinstance(oar, Backend)
        oar.prefix = shlex.split(change["new"])


def settings(config: OarConfig) -> dict[str, Any]:
    """Each setting's value; those of environment variables are hidden."""
    values = {name: getattr(config, name) for name in sorted(config.trait_names(config=True))}
    return {**values, "env": dict.fromkeys(values["env"], "…")}


def configure(config: OarConfig, text: str) -> None:
    """Take ``key value``, ``key=value …`` or ``reset``.

    Raises:
        RequestError: there is no such setting, or it can't have that value.
    """
    if text.strip() == "reset":
        for name, trait in config.traits(config=True).items():
            setattr(config, name, trait.default(config))
        return
    key, _, rest = text.strip().partition(" ")
    words = [word.text for word in split(rest if "=" not in key else text)]
    if "=" not in key:
        # oarsub's options keep their own quotes, unless quoted as a whole.
        value = rest if key == "defaults" and len(words) > 1 else " ".join(words)
        pairs = [(key, value)]
    else:
        pairs = [(name, value) for name, _, value in (word.partition("=") for word in words)]
    for name, value in [(name, _value(config, name, value)) for name, value in pairs]:
        try:
            setattr(config, name, value)
        except TraitError as error:
            raise RequestError(f"{name} can't have this value.", hint=str(error)) from None


def _value(config: OarConfig, name: str, text: str) -> Any:
    """The text as that setting's value."""
    from pydra_oar_jupyter.core.backend import BACKENDS
    from pydra_oar_jupyter.core.request import Request
    from pydra_oar_jupyter.core.resources import did_you_mean

    known = config.traits(config=True)
    if name not in known:
        there = ", ".join(sorted(known))
        raise RequestError(
            f"There is no setting {name!r}.",
            hint=did_you_mean(name, known) or f"There are: {there}.",
        )
    if name == "backend" and text and text not in BACKENDS:
        there = ", ".join(BACKENDS)
        raise RequestError(f"There is no backend {text!r}.", hint=f"There are: {there}.")
    if name == "defaults":
        Request.parse(text)
    if name == "setup":
        return [line for line in text.split("\n") if line.strip()]
    if name == "env":
        name_, equals, value = text.partition("=")
        if not equals:
            raise RequestError(
                "An environment variable is written NAME=VALUE.", hint="env OMP_NUM_THREADS=4"
            )
        return {**config.env, name_: value}
    try:
        return known[name].from_string(text)
    except (TraitError, ValueError):
        raise RequestError(f"{name} can't be {text!r}.", hint=known[name].help) from None
