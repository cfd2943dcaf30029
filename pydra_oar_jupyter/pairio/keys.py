"""Which Pairio service is asked, and with which key; keys show themselves nowhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pydra_oar_jupyter.pairio.errors import PairioError


class Key(str):
    """A key that tracebacks and lists of variables don't show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<a key>"


def api_url() -> str | None:
    """The service that PAIRIO_API_URL names, without a slash at its end; None if it names none."""
    return os.environ.get("PAIRIO_API_URL", "").strip().rstrip("/") or None


def key_file() -> Path:
    """Where a user's key is looked for: ``$XDG_CONFIG_HOME/pairio/api_key`` (``~/.config``)."""
    above = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(above) / "pairio" / "api_key"


def api_key() -> Key:
    """The user's key: PAIRIO_API_KEY, else what `key_file` holds.

    Raises:
        PairioError: there is none, or others than its owner can read the file.
    """
    if key := os.environ.get("PAIRIO_API_KEY", "").strip():
        return Key(key)
    path = key_file()
    try:
        with path.open(encoding="utf-8") as file:
            facts = os.fstat(file.fileno())
            if stat.S_IMODE(facts.st_mode) & 0o077 or facts.st_uid != os.getuid():
                raise PairioError(
                    f"{path} is not yours alone to read, so the key in there is not used: "
                    f"chmod 600 {path}, and get a new key if others may have read this one."
                )
            key = file.read().strip()
    except FileNotFoundError:
        raise PairioError(
            f"No key for Pairio: set PAIRIO_API_KEY, or write your key to {path} "
            "(chmod 600). Who runs the service gives you one."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise PairioError(f"The key for Pairio in {path} can't be read: {error}.") from None
    if not key:
        raise PairioError(f"There is no key for Pairio in {path}: it is empty.")
    return Key(key)
