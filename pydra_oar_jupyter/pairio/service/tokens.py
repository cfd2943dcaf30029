"""Ids and keys: random, and kept as a digest where they need not be told again."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256


def new_id() -> str:
    """The name of something that nobody chose a name for: 20 letters and digits."""
    return secrets.token_hex(10)


def new_key() -> str:
    """A key that nobody can guess."""
    return secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """What is kept of a key. Keys are random, so that no slow digest is needed."""
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two keys are equal, in a time that tells nothing of them."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )
