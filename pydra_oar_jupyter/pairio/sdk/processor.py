"""What a processor of an app is."""

from __future__ import annotations

from typing import Any, ClassVar


class ProcessorBase:
    """One thing that an app computes.

    A subclass says what it is, and has a static ``run`` whose one argument is annotated with a
    pydantic model: its inputs are the model's fields of `InputFile` and ``list[InputFile]``, its
    outputs those of `OutputFile`, its parameters those of plain types and lists of them. Fields of
    further models are named ``outer.inner``. ``Field(json_schema_extra={"options": […]})`` names
    the values that a parameter can have.

    Attributes:
        name: what it is called by.
        description: at most 200 characters.
        label: what it is called in lists.
        image: the container image that it is in.
        executable: what is started in there; run with Python if its name ends in ``.py``.
        attributes: labels of its own.
    """

    name: str
    description: str
    label: str
    image: str
    executable: str
    attributes: ClassVar[dict[str, Any]] = {}

    @staticmethod
    def run(context: Any) -> None:
        """Compute: read the inputs, write the outputs; what it raises fails the job."""
        raise NotImplementedError
