"""Nested state diagrams in DOT, as other tools write them, are the machines that the tools run."""

import pytest

from fsm.errors import MachineError
from fsm.formats.diagrams.dot import parse_labelled_dot
from fsm.machine import Machine

TRANSITIONS = """
node [shape=rectangle, peripheries=1, style="rounded,filled"]
off [label="off\\l", fillcolor=darksalmon, peripheries=2]
subgraph cluster_on {
  graph [label="on\\l", style=solid]
  subgraph cluster_on_root { graph [label="", color=None]; on [shape=point, width=0.1] }
  on_low [label="low\\l"]; on_high [label="high\\l"]
}
subgraph cluster_P {
  graph [label="P\\l", style=solid]
  subgraph cluster_P_root { graph [label="", color=None]; P [shape=point, width=0.0] }
  P_a [label="a\\l"]
  subgraph cluster_P_b {
    graph [label="b\\l", style=dotted]
    subgraph cluster_P_b_root { graph [label="", color=None]; P_b [shape=point, width=0.1] }
    P_b_1 [label="1\\l"]; P_b_2 [label="2\\l"]
  }
}
off -> on [lhead=cluster_on, taillabel="push | kick [ok & !bad]"]
on -> off [ltail=cluster_on, headlabel=push]
on -> on_low
on_low -> on_high [label=more]
on_low -> on_low [label="hum [internal]"]
off -> P [lhead=cluster_P, taillabel=split]
P_b -> P_b_1 [headlabel=""]
P_b_1 -> P_b_2 [label=next]
"""
STATEMACHINE = """
subgraph __initial_1_sg { label=""; __initial_1 [label="", shape=circle, style=filled] }
__initial_1 -> off [label=""]
subgraph cluster_on {
  label=<<b>On</b>>
  subgraph cluster___atomic_2 {
    label=""
    __initial_2 [label="", shape=circle, style=filled]
    low [label=<<table><tr><td>Low</td></tr><hr/><tr><td>entry / dim<br/>hum / x</td></tr></table>>]
    high [label=High, peripheries=2]
    on_anchor_in [shape=point, style=invis]; on_anchor_out [shape=point, style=invis]
  }
  __initial_2 -> low [label=""]
  low -> high [label=<<table><tr><td>More<br/>[ok]</td></tr><tr><td></td></tr></table>>]
}
subgraph cluster_P {
  label=<<b>Par</b> &#9783;>
  subgraph cluster_a { label=<<b>A</b>>; style="rounded, dashed"; i1 [shape=point]; a1; i1 -> a1 }
  subgraph cluster_b { label=<<b>B</b>>; style="rounded, dashed"; b1 -> b2 [label=next] }
  P_anchor [shape=point, style=invis]
}
off -> on_anchor_in [label=Push, lhead=cluster_on]
on_anchor_out -> off [label=Push, ltail=cluster_on]
on_anchor_out -> done [label="Done state on", ltail=cluster_on]
off -> P_anchor [label=Split, lhead=cluster_P]
done [peripheries=2]
"""
SMCAT = """
initial [shape=circle, class="state initial", label=""]
initial -> off [label="    \\l"]
subgraph cluster_on {
  class="state regular" label=<<table><tr><td>on</td></tr></table>>
  on [shape=point, style=invis]
  "on.initial" [shape=circle, class="state initial", label=""]
  "on.initial" -> low [label="  \\l"]
  low -> high [label="more [ok] / beep  \\l"]
  high -> "on.final" [label="more  \\l"]
  "on.final" [shape=circle, class="state final", label="", peripheries=2]
}
subgraph cluster_P {
  class="state parallel" label=<P>
  P [shape=point, style=invis]
  subgraph cluster_a { class="state regular" label=<a> style=dashed; a1 }
  subgraph cluster_b { class="state regular" label=<b> style=dashed; b1 -> b2 [label=next] }
}
off -> on [label="push  \\l", lhead=cluster_on]
on -> off [label="push  \\l", ltail=cluster_on]
off -> P [label=split, lhead=cluster_P]
off -> "^pick" [label="pick  \\l"]
"^pick" [shape=diamond, label=" ", class="state choice"]
"^pick" -> "^pick" [label=<>]
"^pick" -> off [label="[a]  \\l"]
"^pick" -> final [label="[else]  \\l"]
final [class="state final", label=""]
"""
DJANGO = """
subgraph cluster_shop_Post_state {
  graph [label="shop.Post.state"]
  "shop.post.state.None" [label=None shape=circle]
  "shop.post.state.new" [label=new shape=circle]
  "shop.post.state._initial" [label="" shape=point]
  "shop.post.state._initial" -> "shop.post.state.new"
  "shop.post.state.out" [label=out shape=doublecircle]
  "shop.post.state.*" -> "shop.post.state.failed" [style=dotted]
  "shop.post.state.None" -> "shop.post.state.out" [label=drop]
  "shop.post.state.new" -> "shop.post.state.out" [label=publish]
  "shop.post.state.new" -> "shop.post.state.None" [label=touch]
}
"""
EXPORTS = {
    "transitions": (TRANSITIONS, ("off push on_low; off kick[not bad, ok] on_low; on_low push off; "
        "on_low more on_high; on_low hum on_low; on_high push off; off split P_a+P_b_1; "
        "P_a+P_b_1 next P_a+P_b_2")),
    "python-statemachine": (STATEMACHINE, ("off Push low; low Push off; low More[ok] done*; "
        "low hum low; off Split a1+b1; a1+b1 next a1+b2")),
    "state-machine-cat": (SMCAT, ("off push low; low push off; low more[ok] high; high push off; "
        "high more[not ok] on.end; high more[ok] on.end; on.end push off; "
        "off split a1+b1; a1+b1 next a1+b2; "
        "off pick[a] off; off pick[not a] end*")),
    "django-fsm": (DJANGO, "new publish out*; new touch new"),
    "a status around states": (
        "i [shape=point]; i -> a; subgraph cluster_S { label=Sent; a; b }; a -> b [label=x]",
        "a x b",
    ),
    "records": (
        ('a [shape=Mrecord, label="{Is on|entry / beep\\ltick / count}"]; "" [label=""]; "" -> a; '
        'a -> b [label="x [g] / beep"]; a -> b [label=y, dir=forward]'),
        "a tick a; a x[g] b; a y b",
    ),
    "labels that are nodes": (
        ('i [class=initial]; i -> a; subgraph cluster_C { label=C; b; c\n'
        ' s [class=initial]; s -> b; "label 1" [label=in, shape=plain] }\n'
        '"label 0" [label="go\\n[g]", shape=plain]\n'
        'a -> "label 0" [arrowhead=none]; "label 0" -> s [lhead=cluster_C]; "label 1" -> c'),
        "a go[g] b; b in c; c in c",
    ),
    "an active state in red": (
        'a -> b [label=x]; c -> a [label=y]; "a" [color = "red"]; "b"; "c"', "a x b; c y a"
    ),
    "points with labels": (
        ('{ node [shape=point]; ENTRY; eof_3; "{\\"e\\"}" } ENTRY -> a [label=IN]; '
         '"{\\"e\\"}" -> a [label="→"]; a -> b [label="x / act"]; b -> a [label="y / act"]; '
         "b -> b [label=z]"),
        "a x b; b y a; b z b",
    ),
    "names in braces": (
        "i [shape=point]; i -> a; a -> {b; c d:n}; b -> {a} [label=x]",
        "a to b b; a to c c; a to d d; b x a",
    ),
    "backwards": ('i [shape=point]; i -> a; b -> a [label=x, dir=back]', "a x b"),
}  # fmt: skip


def dot(text: str) -> Machine:
    machine = parse_labelled_dot(f"digraph {{{text}}}", "m.dot")
    assert isinstance(machine, Machine)
    return machine


@pytest.mark.parametrize("tool", EXPORTS)
def test_an_export_is_the_machine(tool: str) -> None:
    text, expected = EXPORTS[tool]
    machine = dot(text)
    final = {state.name: "*" if state.final else "" for state in machine.states}
    cells = {f"{t.source} {t.event} {t.target}{final[t.target]}" for t in machine.transitions}
    assert cells == set(expected.split("; "))
    assert machine.initial == expected.split()[0]


def test_titles_and_statuses() -> None:
    states = {s.name: (s.title, s.status) for s in dot(STATEMACHINE).states}
    assert states["low"] == ("Low", "On")
    assert states["a1+b2"] == ("a1 + b2", "Par")
    machine = dot(EXPORTS["a status around states"][0])
    assert {s.status for s in machine.states} == {"Sent"}
    assert dot(TRANSITIONS).assumed == ("'off' is initial: it is drawn as active",)
    assert dot(DJANGO).ignored == ("not read: 2 error arrows",)


REFUSED = [
    (DJANGO.replace("touch", "publish").replace(".None\" [label=publish", ".new\" [label=publish"),
     "m.dot:12: 'publish' leads from 'new' to 'new', on line 11 to 'out'"),
    (DJANGO + DJANGO.replace("hop", "ell"), "m.dot:19: a second machine; a file has one"),
    (f"{TRANSITIONS}\noff -> P_b_2 [label=jump]",
     "m.dot:28: the arrow from 'off' to 'P_b_2' enters one region"),
    (f"{TRANSITIONS}\nP_a -> off [label=next]", "m.dot:28: 'next' leaves 'P' from one region"),
    ("subgraph cluster_a { label=x;" * 51 + "a -> b [label=x]" + "}" * 51,
     "m.dot:1: more than 50 clusters"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[r[1] for r in REFUSED])
def test_refused(text: str, message: str) -> None:
    text = text.replace("cluster_a", "cluster_%s")
    parts = text.split("%s")
    text = parts[0] + "".join(f"a{i}{part}" for i, part in enumerate(parts[1:]))
    with pytest.raises(MachineError) as caught:
        dot(text)
    assert str(caught.value).startswith(message)
