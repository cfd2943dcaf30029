"""A job's outputs: where each is, what is in it, and how it shows itself in a cell."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core import html
from pydra_oar_jupyter.core.clean import xml
from pydra_oar_jupyter.core.resources import did_you_mean
from pydra_oar_jupyter.core.units import in_bytes
from pydra_oar_jupyter.pairio import loop
from pydra_oar_jupyter.pairio.client import shown
from pydra_oar_jupyter.pairio.client.status import in_a_word, marked
from pydra_oar_jupyter.pairio.errors import PairioError

if TYPE_CHECKING:
    import builtins
    from collections.abc import AsyncGenerator, Callable, Iterator

    from pydra_oar_jupyter.pairio.client.handle import PairioJob
    from pydra_oar_jupyter.pairio.models import PairioJobOutputFileResult


class Output:
    """An output of a job, which may be there or not yet; an input of another job takes it.

    What reads it waits until it is there, and raises PairioJobFailed if it won't be.
    """

    def __init__(self, job: PairioJob, name: str) -> None:
        self.job = job
        self.name = name

    def __repr__(self) -> str:
        return f"<Output {self.name!r} of job {self.jobId}: {self._in_words()}>"

    @property
    def jobId(self) -> str:  # noqa: N802 - the protocol's name
        """The id of the job that writes it."""
        return self.job.snapshot.jobId

    @property
    def url(self) -> str:
        """Where it is, or will be."""
        return self._facts.url

    @property
    def fileBaseName(self) -> str:  # noqa: N802 - the protocol's name
        """The name of its file."""
        return self._facts.fileBaseName

    @property
    def size(self) -> int | None:
        """In bytes; None as long as it is not known."""
        return self._facts.size

    def text(self) -> str:
        """Its text, which is UTF-8."""
        return loop.run(self._bytes()).decode()

    def json(self) -> Any:
        """What its JSON says."""
        return json.loads(loop.run(self._bytes()))

    def download(self, path: str | Path | None = None) -> Path:
        """Download it; the path of the file, which appears when it is whole.

        Args:
            path: of the file or of the directory for it; None for the present directory. A file
                of that name is replaced.
        """
        file = self._place(path)
        with _bar(file.name) as show:
            for done, total in loop.iterate(self._download(file)):
                show(done, total)
        return file

    async def atext(self) -> str:
        """`text`, awaited."""
        return (await loop.hand(self._bytes())).decode()

    async def ajson(self) -> Any:
        """`json`, awaited."""
        return json.loads(await loop.hand(self._bytes()))

    async def adownload(self, path: str | Path | None = None) -> Path:
        """`download`, awaited."""
        file = self._place(path)
        with _bar(file.name) as show:
            async for done, total in loop.each(self._download(file)):
                show(done, total)
        return file

    @property
    def _facts(self) -> PairioJobOutputFileResult:
        return next(one for one in self.job.snapshot.outputFileResults if one.name == self.name)

    async def _bytes(self) -> builtins.bytes:
        await self._there()
        try:
            return await self.job.connection.api.get(self.url)
        except PairioError as error:
            raise self._told(error) from None

    def _place(self, path: str | Path | None) -> Path:
        """The file to download to."""
        file = Path(path or ".")
        # The service's word is not to lead out of the directory.
        return file / (Path(self.fileBaseName).name or self.name) if file.is_dir() else file

    async def _download(self, file: Path) -> AsyncGenerator[tuple[int, int | None], None]:
        """Bytes so far, and in all if that is known, as they come."""
        await self._there()
        parts: asyncio.Queue[tuple[int, int | None] | None] = asyncio.Queue()
        coming = asyncio.create_task(
            self.job.connection.api.stream(self.url, file, lambda *now: parts.put_nowait(now))
        )
        coming.add_done_callback(lambda _: parts.put_nowait(None))
        try:
            while (now := await parts.get()) is not None:
                if parts.empty():  # else there is later news
                    yield now
            await coming
        except PairioError as error:
            raise self._told(error) from None
        finally:
            coming.cancel()

    async def _there(self) -> None:
        """Wait until it is uploaded, or the job has ended."""
        if self.size is None:
            async for job in self.job.following():
                if self.size is not None or job.status.ended:
                    return

    def _told(self, error: PairioError) -> PairioError:
        """An output that is missing because its job failed: that is what to tell."""
        if error.status == HTTPStatus.NOT_FOUND and self.job.snapshot.error:
            return self.job.failure()
        return PairioError(f"Output {self.name!r} of job {self.jobId}: {error}", error.status)

    def _in_words(self) -> str:
        job = self.job.snapshot
        if self.size is not None:
            return in_bytes(self.size)
        return "no size told" if job.status.ended and not job.error else in_a_word(job)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return self.preview() or shown.link(self.fileBaseName, self.url, self.size)

    def preview(self) -> dict[str, str] | None:
        """What is in it, as text and as HTML; None where a link is all that can be shown."""
        job = self.job.refresh().snapshot
        name = f"{self.name} ({self.fileBaseName})"
        if self.size is None and not (job.status.ended and not job.error):
            head = html.section(marked(job), " ", html.mono(name))
            error = html.pre(job.error) if job.error else ""
            return {"text/plain": repr(self), "text/html": head + error}
        try:
            begin = loop.run(self.job.connection.api.get(self.url, most=shown.MOST + 1))
        except PairioError as error:
            told = str(self._told(error))
            return {"text/plain": told, "text/html": html.pre(told)}
        return shown.content(begin, self.fileBaseName, self.url, self.size)

    async def abytes(self) -> builtins.bytes:
        """`bytes`, awaited."""
        return await loop.hand(self._bytes())

    def bytes(self) -> builtins.bytes:
        """All that is in it."""
        return loop.run(self._bytes())


class Outputs(Mapping[str, Output]):
    """A job's outputs by name."""

    def __init__(self, job: PairioJob) -> None:
        self._job = job

    def __getitem__(self, name: str) -> Output:
        if name in (names := list(self)):
            return Output(self._job, name)
        hint = did_you_mean(name, names) or f"It has {', '.join(names) or 'none'}."
        raise NoSuchOutput(f"Job {self._job.snapshot.jobId} has no output {name!r}. {hint}")

    def __iter__(self) -> Iterator[str]:
        return (one.name for one in self._job.snapshot.outputFileResults)

    def __len__(self) -> int:
        return len(self._job.snapshot.outputFileResults)

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{name!r}: {output!r}" for name, output in self.items()) + "}"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def _repr_html_(self) -> str:
        rows = [
            (html.mono(name), html.link(one.url, one.fileBaseName), xml(one._in_words()))
            for name, one in self.items()
        ]
        return html.table(["output", "file", "size"], rows)


class NoSuchOutput(PairioError, KeyError):
    """A job has no output of that name."""

    def __str__(self) -> str:
        return str(self.args[0])


@contextmanager
def _bar(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """Shows bytes so far, and in all, in a progress bar where tqdm is installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it advises to install ipywidgets
            from tqdm.auto import tqdm
    except ImportError:
        yield lambda *_: None
        return
    with tqdm(desc=name, unit="B", unit_scale=True) as bar:

        def show(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show
