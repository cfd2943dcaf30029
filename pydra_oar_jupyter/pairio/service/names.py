"""What a name may be: one that is safe in a URL, in a file system and in an index."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

# As in the URLs of files.
PART = r"^[A-Za-z0-9_-]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9_-])?$"

ServiceName = Annotated[str, Field(pattern=PART)]
AppName = Annotated[str, Field(pattern=PART)]
UserId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.@+|-]{0,127}$")]
Label = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=10_000)]
