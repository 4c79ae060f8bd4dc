"""The page of the files that users write: their keys, from the schemas, and an example of each."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from fsm.pytest_plugin import pytest_addoption
from fsm.reference.json_page import field_table
from fsm.reference.markdown_parts import code_block, code_span, link_to, markdown_table
from fsm.schemas import INPUTS, JsonShape, load_schema

__all__ = ["document_files", "example_of"]

_INTRODUCTION = """\
# Files

For everyone who writes a machine as JSON, or one of the TOML files that say what fsm cannot know:
the words of a language, the columns of a table or of an export, what counts as a hard bounce.

**Completion in your editor.** `fsm schema NAME` prints the JSON Schema of each kind of file:

```sh
fsm schema lexicon > lexicon.schema.json
```

A TOML file names it in a comment in its first line, `#:schema ./lexicon.schema.json`, which
[Taplo](https://taplo.tamasfe.dev/) and the editors that use it understand (Even Better TOML in VS
Code, for example). A JSON file names it in its member `$schema`. fsm reads neither.

In the tables, `a[].b` is the key `b` of each item of the list `a`, and `a.<state>` the value of
each state in the table `a`.
"""
_PYTEST = """\
## pytest settings

The plugin of pytest has its settings in the configuration of pytest, such as `pyproject.toml`:

```toml
[tool.pytest.ini_options]
fsm_pages = ["docs/*.md"]
```
"""


def document_files() -> str:
    """Return the page."""
    rows = [
        (link_to(name), code_span(shape.place), load_schema(name)["title"])
        for name, shape in INPUTS.items()
    ]
    overview = markdown_table(("File", "Used as", "What it is"), rows)
    sections = (_section(name, shape) for name, shape in INPUTS.items())
    return "\n".join([_INTRODUCTION, overview, *sections, _PYTEST, _settings_table()])


def _section(name: str, shape: JsonShape) -> str:
    language = shape.place.rpartition(".")[2]
    text, example = load_schema(name)["description"], code_block(language, example_of(name))
    return f"## {name}\n\n{text}\n\n{example}\n{field_table(name)}"


def example_of(name: str) -> str:
    """Return an example of a file by the name of its schema."""
    language = INPUTS[name].place.rpartition(".")[2]
    return files("fsm.reference").joinpath("examples", f"{name}.{language}").read_text("utf-8")


def _settings_table() -> str:
    """Return the settings and options that the plugin adds to pytest."""
    parser = _Recorder()
    pytest_addoption(parser)  # type: ignore[arg-type]
    return markdown_table(("Setting or option", "Type", "Meaning"), parser.rows)


class _Recorder:
    """Stands for the parser of pytest, and for its group of options; keeps what is added."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str]] = []

    def getgroup(self, name: str) -> _Recorder:  # noqa: ARG002
        """Return itself: there is one group."""
        return self

    def addini(self, name: str, text: str, **attributes: Any) -> None:
        """Keep a setting of the configuration file."""
        kinds = {"args": "list of texts", "bool": "true or false"}
        self.rows.append((code_span(name), kinds[attributes["type"]], _sentence(text)))

    def addoption(self, name: str, **attributes: Any) -> None:
        """Keep an option of the command line."""
        self.rows.append((code_span(name), "option", _sentence(attributes["help"])))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
