"""``%load_ext pydra_oar_jupyter``: magics, Tab and how handles look."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.notebook import handles
from pydra_oar_jupyter.notebook.magics import OarMagics

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import InteractiveShell

_loaded: dict[int, tuple[OarMagics, Any]] = {}


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the magics to this IPython."""
    magics = OarMagics(shell=shell)
    shell.register_magics(magics)
    magics.attach()
    handles.register(_formatters(shell))

    def complete(context: CompletionContext) -> Any:
        return _complete(magics, context)

    shell.Completer.custom_matchers.append(_version_2(complete))
    _loaded[id(shell)] = magics, complete


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take them away, and leave Pydra as it was; jobs and runs go on."""
    if id(shell) not in _loaded:
        return
    magics, complete = _loaded.pop(id(shell))
    magics.detach()
    manager = shell.magics_manager
    for kind in ("line", "cell"):
        for name in magics.magics[kind]:
            manager.magics[kind].pop(name, None)
    manager.registry.pop(type(magics).__name__, None)
    configurables: list[Any] = shell.configurables
    configurables.remove(magics)
    handles.unregister(_formatters(shell))
    shell.Completer.custom_matchers.remove(complete)


def _formatters(shell: InteractiveShell) -> Any:
    assert shell.display_formatter is not None  # it is made with the shell
    return shell.display_formatter.formatters


def _version_2(matcher: Any) -> Any:
    from IPython.core.completer import context_matcher

    return context_matcher(identifier="pydra_oar_jupyter")(matcher)


def _complete(magics: OarMagics, context: CompletionContext) -> Any:
    line = context.text_until_cursor.rpartition("\n")[2]
    above = context.full_text.split("\n")[: context.cursor_line]
    if above and above[0].startswith("%%pairio"):
        return _in_pairio_cell(magics, "\n".join([*above, line]))
    if not any(word in line.lower() for word in ("oar", "pydra", "pairio")):
        return {"completions": []}
    from pydra_oar_jupyter.notebook.completion import completions, fragment
    from pydra_oar_jupyter.notebook.site import site

    found = completions(line, magics.shell.user_ns, magics, site(magics.backend_name))
    return _result(found, fragment(line))


def _in_pairio_cell(magics: OarMagics, text: str) -> Any:
    from pydra_oar_jupyter.notebook.pairio.complete import in_cell

    begun = "".join(re.findall(r"\w+$", text))
    found = [one for one in in_cell(text, magics.shell.user_ns) if one.startswith(begun)]
    return _result(found, begun)


def _result(found: list[str], begun: str) -> Any:
    from IPython.core.completer import SimpleCompletion

    return {
        "completions": [SimpleCompletion(text=text, type="magic") for text in found],
        "matched_fragment": begun,
        "suppress": bool(found),
        "ordered": True,
    }
