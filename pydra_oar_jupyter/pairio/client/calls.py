"""Services and apps as objects, built from the service's own specification.

``hello = service("hello_world_service").hello_world`` has the app's processors;
``hello.hello_world_2(name="world")`` is a call, checked at once, to be submitted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydra_oar_jupyter.core import html
from pydra_oar_jupyter.core.clean import xml
from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.resources import did_you_mean
from pydra_oar_jupyter.pairio.client.arguments import definition_of, identifier
from pydra_oar_jupyter.pairio.client.documents import facts_of, processor_doc, signature_of
from pydra_oar_jupyter.pairio.client.submit import submit_job
from pydra_oar_jupyter.pairio.models import PairioJobRequiredResources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydra_oar_jupyter.pairio import models
    from pydra_oar_jupyter.pairio.client.connection import Connection
    from pydra_oar_jupyter.pairio.client.definition import PairioJobDefinition
    from pydra_oar_jupyter.pairio.client.handle import PairioJob

_RESOURCES = PairioJobRequiredResources(numCpus=1, numGpus=0, memoryGb=1, timeSec=3600)
T = TypeVar("T")


class Space(Generic[T]):
    """Things that have names, as attributes and by index."""

    _what = "thing"

    def __init__(self, name: str, things: Mapping[str, T]) -> None:
        self.__name__ = name
        self._things = dict(things)
        self._written = {identifier(one): one for one in things}

    def __getattr__(self, name: str) -> T:
        # Not for a copy that is being made, or for what IPython looks for.
        if name.startswith("_") and name not in self.__dict__.get("_written", ()):
            raise AttributeError(name)
        if name not in self._written:
            raise AttributeError(self._none(name))
        return self._things[self._written[name]]

    def __getitem__(self, name: str) -> T:
        if name not in self._things:
            raise KeyError(self._none(name))
        return self._things[name]

    def __iter__(self) -> Iterator[T]:
        return iter(self._things.values())

    def __len__(self) -> int:
        return len(self._things)

    def __dir__(self) -> list[str]:
        return sorted({*self._written, *object.__dir__(self)})

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._things)

    def _none(self, name: str) -> str:
        hint = did_you_mean(name, self._things)
        known = ", ".join(self._things) or "none"
        return f"{self.__name__} has no {self._what} {name!r}. {hint or f'It has {known}.'}"


class Service(Space["App"]):
    """A service of Pairio; its attributes are its apps.

    Attributes:
        facts: its owner and its users.
    """

    _what = "app"

    def __init__(
        self,
        facts: models.PairioService,
        apps: Sequence[models.PairioServiceApp],
        connection: Connection,
    ) -> None:
        super().__init__(facts.serviceName, {one.appName: App(one, connection) for one in apps})
        self.facts = facts
        lines = [f"{name}: {app.facts.appSpecification.description}" for name, app in self._items()]
        self.__doc__ = f"The service {facts.serviceName}.\n\nApps:\n\n" + "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Service {self.__name__}: {', '.join(self._things) or 'no app'}>"

    def _items(self) -> list[tuple[str, App]]:
        return list(self._things.items())

    def _repr_html_(self) -> str:
        rows = [
            (
                html.mono(name),
                xml(app.facts.appSpecification.description),
                html.mono(", ".join(one.__name__ for one in app)),
            )
            for name, app in self._items()
        ]
        return html.table(["app", "description", "processors"], rows)


class App(Space["Processor"]):
    """An app of a service; its attributes are its processors.

    Attributes:
        facts: its specification, and where that came from.
    """

    _what = "processor"

    def __init__(self, facts: models.PairioServiceApp, connection: Connection) -> None:
        specification = facts.appSpecification
        processors = {
            one.name: Processor(facts, one, connection) for one in specification.processors
        }
        super().__init__(facts.appName, processors)
        self.facts = facts
        lines = [f"{one!r}\n    {one.specification.description}" for one in processors.values()]
        self.__doc__ = f"{specification.description}\n\nProcessors:\n\n" + "\n".join(lines)

    def __repr__(self) -> str:
        return f"<App {self.__name__}: {', '.join(self._things) or 'no processor'}>"

    def _repr_html_(self) -> str:
        rows = [(html.mono(repr(one)), xml(one.specification.description)) for one in self]
        return html.table(["processor", "description"], rows)


class Processor:
    """What an app computes; called with arguments, it gives a `Call`.

    Attributes:
        specification: its inputs, outputs and parameters.
        service_name, app_name: where it is.
    """

    def __init__(
        self,
        app: models.PairioServiceApp,
        specification: models.PairioAppProcessor,
        connection: Connection,
    ) -> None:
        self.specification = specification
        self.service_name, self.app_name = app.serviceName, app.appName
        self._connection = connection
        self.__name__ = specification.name
        self.__doc__ = processor_doc(self.app_name, specification)
        self.__signature__ = signature_of(specification)

    def __call__(self, *unnamed: Any, **arguments: Any) -> Call:
        """A call with these arguments, all by name.

        Raises:
            RequestError: one is unknown, missing, unnamed, or not what it should be.
        """
        if unnamed:
            names = ", ".join(f"{name}=…" for name in self.__signature__.parameters)
            raise RequestError(
                f"{self.app_name}.{self.__name__} takes its arguments by name.",
                hint=f"It takes {names or 'nothing'}.",
            )
        definition = definition_of(self.app_name, self.specification, arguments)
        return Call(self.service_name, definition, self._connection)

    def __repr__(self) -> str:
        return f"{self.app_name}.{self.__name__}{self.__signature__}"

    def _repr_html_(self) -> str:
        return html.section(html.mono(repr(self))) + html.table(
            ["name", "", "description"],
            (
                (html.mono(one.name), xml(one.kind), xml(one.description))
                for one in facts_of(self.specification)
            ),
        )


class Call:
    """A job to be submitted, and the service that it is for.

    Attributes:
        service_name: the service's name.
        definition: what it computes.
        connection: where the service is.
    """

    def __init__(
        self, service_name: str, definition: PairioJobDefinition, connection: Connection
    ) -> None:
        self.service_name = service_name
        self.definition = definition
        self.connection = connection

    def submit(
        self,
        *,
        required_resources: PairioJobRequiredResources = _RESOURCES,
        tags: Sequence[str] = (),
        skip_cache: bool = False,
        rerun_failing: bool = False,
        delete_failing: bool = False,
        secrets: Mapping[str, str] | None = None,
        target_compute_clients: Sequence[str] | None = None,
    ) -> PairioJob:
        """Submit it as `submit_job` does; by default with one CPU, 1 GB and an hour at most."""
        return submit_job(
            service_name=self.service_name,
            job_definition=self.definition,
            required_resources=required_resources,
            tags=tags,
            skip_cache=skip_cache,
            rerun_failing=rerun_failing,
            delete_failing=delete_failing,
            secrets=secrets,
            target_compute_clients=target_compute_clients,
            connection=self.connection,
        )

    def __repr__(self) -> str:
        return f"<Call of {self._name}: {self._in_words()}>"

    @property
    def _name(self) -> str:
        return f"{self.definition.appName}.{self.definition.processorName}"

    def _in_words(self) -> str:
        inputs = [f"{one.name}={one.url!r}" for one in self.definition.inputFiles]
        values = [f"{one.name}={one.value!r}" for one in self.definition.parameters]
        return ", ".join([*inputs, *values]) or "no arguments"

    def _repr_html_(self) -> str:
        rows = [
            (html.mono(one.name), xml("input"), html.mono(str(one.url)))
            for one in self.definition.inputFiles
        ]
        rows += [
            (html.mono(one.name), xml("parameter"), html.mono(repr(one.value)))
            for one in self.definition.parameters
        ]
        rows += [
            (html.mono(one.name), xml("output"), html.mono(one.fileBaseName))
            for one in self.definition.outputFiles
        ]
        head = html.section(html.mono(self._name), " ", html.faint("not submitted yet"))
        return head + html.table(["name", "", "value"], rows)
