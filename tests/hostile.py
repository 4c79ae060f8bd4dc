"""Names that are syntax somewhere; each format must show them as text."""

from fsm.machine import Indicator, Machine, Origin, State, Transition
from tests.depth import samples

__all__ = ["HOSTILE", "named"]

HOSTILE = {
    "quotes": "say \"hi\" 'there'",
    "many quotes": '"""',
    "markup": "<script>alert(1)</script>",
    "html label": "<b>bold</b>",
    "entity": "&lt;b&gt; &amp; &#38;",
    "cdata": "]]>",
    "arrow": "a --> b",
    "port": "a:b:s",
    "colons": "a::b;c",
    "newline": "line\nbreak\r\n",
    "backslashes": "\\N \\n \\l \\",
    "quote after backslash": '\\"',
    "bidi": "a\u202eb\u2066c",
    "control": "a\x00b\x07c\x1bd\x7f\x85",
    "not a character": "a\ufffeb\ud800c",
    "mermaid entity": "#35; #lt;",
    "mermaid comment": "%% c",
    "mermaid directive": '%%{init: {"theme": "dark"}}%%',
    "mermaid direction": "Direction TB",
    "mermaid shape": "<<fork>> [[choice]]",
    "markdown": "**b** _i_ __u__ `c` $$x$$",
    "markdown list": "1. one",
    "keyword": "end",
    "keyword of dot": "subgraph",
    "property": "__proto__",
    "only spaces": "   ",
    "empty": "",
    "wide": "日本語の状態の名前はとても長い",
    "long": "x" * samples(10_000, 1_000),
    "long and odd": '"&<' * samples(3_334, 60),
}


def named(name: str) -> Machine:
    """A machine with this name wherever a machine has one."""
    states = (State("a", None, "A", ("a",)), State(name, name, f"{name}!", (name,), final=True))
    cell = Transition("a", "x", name, name, name, Origin("D1", name))
    indicators = (Indicator(name, frozenset({name})),)
    return Machine(name, name, states, ("x",), (cell,), "a", indicators)
