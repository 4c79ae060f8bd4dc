"""Colours of statuses: which one, legible, told apart by everybody; those that authors choose."""

from dataclasses import replace
from itertools import combinations, pairwise
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statemachine import State as StateOfClass
from statemachine import StateChart

from fsm.catalog import load
from fsm.compile import compile_chart
from fsm.drawing import draw
from fsm.drawing.kinds import kind_counted, status_colours
from fsm.drawing.overlay import Tone
from fsm.drawing.paints import (
    COLOURS,
    GREY,
    INK,
    TONES,
    contrast_of,
    dark_colors,
    dark_paint_of,
    paint_of,
)
from fsm.errors import MachineError, PageError
from fsm.exploration import explore
from fsm.formats.json_document import parse_document, to_json
from fsm.formats.scxml import parse_scxml, to_scxml
from fsm.machine import Indicator, Machine, State, Transition
from fsm.status_kinds import StatusKind

KINDS = [kind.value for kind in StatusKind]
THEMES = {"light": paint_of, "dark": dark_paint_of}
PAPERS = {"light": ("#ffffff",), "dark": ("#0f161d", "#18222c")}

# Which colour ---------------------------------------------------------------------------------

NOT_YET, OPEN, GOOD, BAD = "not yet", "open", "good", "bad"
BUILT_IN: dict[str, dict[str | None, str]] = {
    "with-feedback": {None: NOT_YET, "Pending": OPEN, "Sent": GOOD, "Failed": BAD},
    "without-feedback": {None: NOT_YET, "Sent": GOOD, "Failed": BAD},
    "engagement": {"Unopened": NOT_YET, "Opened": GOOD, "Clicked": GOOD},
    "quarantine": {"Valid": NOT_YET, "Erroneous": OPEN, "Quarantine": BAD, "On denylist": BAD},
    "delivery": {
        "In edit": NOT_YET,
        "Ready": NOT_YET,
        "Waiting": OPEN,
        "In progress": OPEN,
        "Sent": GOOD,
        "Stopped": BAD,
    },
}


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_kind_has_one_colour_in_every_machine(name: str) -> None:
    found = {status: its.colour for status, its in status_colours(load(name)).items()}
    assert {status: found[status] for status in BUILT_IN[name]} == BUILT_IN[name]


NAMES = {
    "Delivered": GOOD,
    "PAID": GOOD,
    "Zugestellt": GOOD,
    "Bounces + errors": BAD,
    "Not delivered": BAD,
    "Nicht zugestellt": BAD,
    "Delivered late": BAD,
    "Undelivered": BAD,
    "Active": None,
    "Notes": None,
    "": None,
}


@pytest.mark.parametrize(("name", "kind"), NAMES.items(), ids=lambda value: str(value) or "empty")
def test_the_name_of_an_indicator_tells_the_kind(name: str, kind: str | None) -> None:
    found = kind_counted(Indicator(name, frozenset({"A"})))
    assert (found and found.value) == kind


def line_of(*indicators: Indicator, **colours: str) -> Machine:
    """A machine that goes from status A to B, C and D, where it ends."""
    names = "ABCD"
    return Machine(
        name="line",
        title="Line",
        states=tuple(State(s.lower(), s, s, (s.lower(),), final=s == "D") for s in names),
        events=("go",),
        transitions=tuple(Transition(a.lower(), "go", b.lower(), "go") for a, b in pairwise(names)),
        initial="a",
        indicators=indicators,
        colours=colours,
    )


PAID_C = Indicator("Paid", frozenset("C"))
FAILED_D = Indicator("Failed", frozenset("D"))
ACTIVE_B = Indicator("Active", frozenset("B"))
LINES = {
    "nothing is said": (line_of(), ["status 1", "status 2", "status 3", "status 4"]),
    "nothing is wanted": (line_of(ACTIVE_B), ["status 1", "status 2", "status 3", "status 4"]),
    "one indicator": (line_of(PAID_C), [NOT_YET, OPEN, GOOD, "status 1"]),
    "two indicators": (line_of(PAID_C, FAILED_D), [NOT_YET, OPEN, GOOD, BAD]),
    "one of no kind": (line_of(ACTIVE_B, PAID_C, FAILED_D), [NOT_YET, "status 1", GOOD, BAD]),
    "the author": (line_of(PAID_C, C="bad", B="#B00020"), [NOT_YET, "#b00020", BAD, "status 1"]),
    "the author alone": (line_of(D="good"), ["status 1", "status 2", "status 3", GOOD]),
}


@pytest.mark.parametrize(("machine", "colours"), LINES.values(), ids=LINES)
def test_what_tells_no_kind_has_its_own_colour(machine: Machine, colours: list[str]) -> None:
    found = status_colours(machine)
    assert [found[status].colour for status in "ABCD"] == colours


WRONG = {
    "status": ({"Sentt": "good"}, "colours: no status 'Sentt'; did you mean 'Sent'?"),
    "kind": ({"Sent": "god"}, "the colour of 'Sent': 'god' is no colour; write one of good, bad"),
    "short": ({"Sent": "#fff"}, "the colour of 'Sent': '#fff' is no colour"),
    "number": ({"Sent": 7}, "the colour of 'Sent': 7 is no colour"),
    "list": (["Sent"], "colours is ['Sent'], not a mapping"),
}


@pytest.mark.parametrize(("colours", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_colour_is_refused(colours: object, message: str) -> None:
    with pytest.raises(MachineError) as refused:
        replace(load("with-feedback"), colours=colours)  # type: ignore[arg-type]
    assert message in str(refused.value)


# Legible --------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_is_legible_on_every_ground(theme: str) -> None:
    now = dark_colors() if theme == "dark" else {}
    grounds = [*PAPERS[theme], *(THEMES[theme](colour).fill for colour in COLOURS)]
    texts = [TONES[tone][0] for tone in Tone if tone is not Tone.FADED]  # its text is grey
    for text in [GREY, INK, *texts]:
        for ground in grounds:
            assert contrast_of(now.get(text, text), ground) >= 4.5, (text, ground)


@given(st.integers(0, 0xFFFFFF).map("#{:06x}".format) | st.sampled_from(COLOURS))
def test_every_colour_of_a_status_is_legible(colour: str) -> None:
    for theme, paint in THEMES.items():
        fill, border, text, _ = paint(colour)
        assert contrast_of(text, fill) >= 4.5
        assert min(contrast_of(border, ground) for ground in (fill, *PAPERS[theme])) >= 3
        grey = dark_colors()[GREY] if theme == "dark" else GREY
        assert contrast_of(grey, fill) >= 4.5


# Told apart -----------------------------------------------------------------------------------

# What readers see who lack one kind of cone: linear RGB, after G. M. Machado, M. M. Oliveira,
# L. A. F. Fernandes, A physiologically-based model for simulation of color vision deficiency, 2009.
SEEN = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> list[float]:
    """Red, green and blue as light."""
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]


def lab(colour: str, cones: str) -> tuple[float, float, float]:
    """The colour as somebody sees it, in CIE L*a*b* under D65."""
    light = linear(colour)
    red, green, blue = (
        min(1.0, max(0.0, sum(a * b for a, b in zip(row, light, strict=True))))
        for row in SEEN[cones]
    )
    x, y, z = (
        t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
        for t in (
            (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047,
            0.2126729 * red + 0.7151522 * green + 0.0721750 * blue,
            (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883,
        )
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


Lab = tuple[float, float, float]


def difference(one: Lab, other: Lab) -> float:
    """CIEDE2000, after G. Sharma, W. Wu, E. N. Dalal, The CIEDE2000 color-difference formula."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (hypot(a1, b1) + hypot(a2, b2)) / 2
    stretch = 1 + (1 - sqrt(mean**7 / (mean**7 + 25**7))) / 2
    c1, c2 = hypot(a1 * stretch, b1), hypot(a2 * stretch, b2)
    h1, h2 = (degrees(atan2(b, a * stretch)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    hue = (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    dh = 2 * sqrt(c1 * c2) * sin(radians(turn / 2))
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    waves = ((0.17, 1, -30), (-0.24, 2, 0), (-0.32, 3, 6), (0.2, 4, -63))
    t = 1 - sum(weight * cos(radians(n * hue + shift)) for weight, n, shift in waves)
    off = (lightness - 50) ** 2
    terms = (
        (l2 - l1) / (1 + 0.015 * off / sqrt(20 + off)),
        (c2 - c1) / (1 + 0.045 * chroma),
        dh / (1 + 0.015 * chroma * t),
    )
    bend = 2 * sqrt(chroma**7 / (chroma**7 + 25**7))
    rotation = -bend * sin(radians(60 * exp(-(((hue - 275) / 25) ** 2))))
    return sqrt(sum(term**2 for term in terms) + rotation * terms[1] * terms[2])


# Pairs of the data that the authors of the formula published to test programs with.
SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, -1.0, 2.0), (50.0, 0.0, 0.0), 2.3669),
    ((50.0, 2.5, 0.0), (61.0, -5.0, 29.0), 22.8977),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "published"), SHARMA)
def test_differences_are_those_that_were_published(one: Lab, other: Lab, published: float) -> None:
    assert difference(one, other) == pytest.approx(published, abs=5e-5)


TOGETHER = {
    "a difference": [TONES[t][0] for t in (Tone.PLAIN, Tone.ADDED, Tone.REMOVED, Tone.CHANGED)],
    "traffic": [TONES[t][0] for t in (Tone.PLAIN, Tone.FADED, Tone.REJECTED)],
    "a repair": [TONES[t][0] for t in (Tone.FADED, Tone.MISSING, Tone.EXTRA)],
    "a path": [TONES[t][0] for t in (Tone.FADED, Tone.TAKEN, Tone.REJECTED)],
}


def nearest_pair(colours: list[str], cones: str) -> tuple[float, str, str]:
    """The smallest difference of two colours, with these."""
    seen = {colour: lab(colour, cones) for colour in colours}
    return min((difference(seen[a], seen[b]), a, b) for a, b in combinations(colours, 2))


@pytest.mark.parametrize("cones", SEEN)
@pytest.mark.parametrize("theme", THEMES)
def test_everybody_tells_the_colours_of_kinds_apart(theme: str, cones: str) -> None:
    paints = [THEMES[theme](kind) for kind in KINDS]
    assert nearest_pair([paint.border for paint in paints], cones)[0] >= 17
    assert nearest_pair([paint.text for paint in paints], cones)[0] >= 13
    assert nearest_pair([paint.fill for paint in paints], cones)[0] >= 4
    assert len({paint.line for paint in paints if paint.line}) == 2  # also without any colour


@pytest.mark.parametrize("cones", SEEN)
@pytest.mark.parametrize("theme", THEMES)
def test_everybody_tells_other_colours_apart(theme: str, cones: str) -> None:
    borders = [THEMES[theme](colour).border for colour in COLOURS]
    assert nearest_pair(borders, cones)[0] >= 8


@pytest.mark.parametrize("cones", SEEN)
@pytest.mark.parametrize("colours", TOGETHER.values(), ids=TOGETHER)
@pytest.mark.parametrize("theme", THEMES)
def test_tones_that_stand_together_are_told_apart(
    theme: str, colours: list[str], cones: str
) -> None:
    now = dark_colors() if theme == "dark" else {}
    assert nearest_pair([now.get(colour, colour) for colour in colours], cones)[0] >= 7


# Chosen by the author -------------------------------------------------------------------------

WITH = load("with-feedback")


class Parcel(StateChart[Any]):
    """A parcel, with colours of its own."""

    colours = {"Arrived": "good", "Lost": "#B00020"}
    packed = StateOfClass("Packed", initial=True)
    arrived = StateOfClass("Arrived", final=True)
    lost = StateOfClass("Lost", final=True)
    arrive = packed.to(arrived)
    lose = packed.to(lost)


def test_a_class_chooses_colours() -> None:
    machine = compile_chart(Parcel)
    assert dict(machine.colours) == {"Arrived": "good", "Lost": "#B00020"}
    found = [status_colours(machine)[status].colour for status in machine.statuses]
    assert found == ["status 1", "good", "#b00020"]


def test_a_class_with_wrong_colours_is_refused() -> None:
    for colours, message in (
        ({"Arived": "good"}, "colours: no status 'Arived'; did you mean 'Arrived'?"),
        (["good"], "Wrong: colours is ['good']; write a mapping of statuses to colours"),
    ):
        wrong = type("Wrong", (Parcel,), {"colours": colours})
        with pytest.raises(MachineError) as refused:
            compile_chart(wrong)
        assert message in str(refused.value)


COLOURED = replace(WITH, colours={"Sent": "bad", "Failed": "#B0C0D0"})


@pytest.mark.parametrize("machine", [COLOURED, load("delivery"), compile_chart(Parcel)], ids=str)
def test_colours_are_kept_in_files(machine: Machine) -> None:
    read = parse_document(to_json(machine))
    assert (read, read.colours) == (machine, machine.colours)
    assert parse_scxml(to_scxml(machine).encode()).colours == machine.colours


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"Sent": "bad"', '"Sentt": "bad"', "no status 'Sentt'; did you mean 'Sent'?"),
        ('"#B0C0D0"', '"#B0C0D"', "the colour of 'Failed': '#B0C0D' is no colour; write one of"),
        ('"#B0C0D0"', "3", "Expected `str`, got `int`"),
    ],
    ids=["status", "colour", "number"],
)
def test_a_file_with_wrong_colours_is_refused_with_its_line(
    old: str, new: str, message: str
) -> None:
    text = to_json(COLOURED)
    line = 1 + text[: text.index('"colours"')].count("\n")
    with pytest.raises(MachineError) as refused:
        parse_document(text.replace(old, new), "m.json")
    assert str(refused.value).startswith(f"m.json:{line}: ")
    assert message in str(refused.value)


TABLE = """\
# Parcel

| From | Event | To |
| ---- | ----- | -- |
| packed | sent | on the way |
| on the way | handed over | arrived |
| on the way | gone | lost |
"""
COLUMNS = 'kind = "table"\npage = "parcel.md"\ninitial = "packed"\n'


def test_the_file_of_a_table_chooses_colours(tmp_path: Path) -> None:
    (tmp_path / "parcel.md").write_text(TABLE)
    file = tmp_path / "parcel.toml"
    file.write_text(f'{COLUMNS}[colours]\narrived = "good"\nlost = "#b00020"\n')
    assert dict(load(str(file)).colours) == {"arrived": "good", "lost": "#b00020"}
    for entry, message in {
        'lots = "bad"': "parcel.toml:5: no status 'lots'; did you mean 'lost'?",
        'lost = "red"': "parcel.toml:5: 'red' is no colour; write one of good, bad",
    }.items():
        file.write_text(f"{COLUMNS}[colours]\n{entry}\n")
        with pytest.raises(PageError) as refused:
            load(str(file))
        assert message in str(refused.value)
    file.write_text(f"{COLUMNS}colours = 3\n")
    with pytest.raises(PageError, match=r"parcel.toml:4: write \[colours\]"):
        load(str(file))


def test_colours_of_an_author_are_drawn_and_have_dark_ones() -> None:
    svg = str(draw(COLOURED, "svg"))
    light, dark = paint_of("#b0c0d0"), dark_paint_of("#b0c0d0")
    assert light.border in svg.split("</style>")[1]
    assert f'[stroke="{light.border}"]{{stroke:{dark.border}}}' in svg.split("</style>")[0]
    page = explore(COLOURED)
    assert '"colour":"colour-b0c0d0"' in page
    assert ".colour-b0c0d0{" in page
    assert f"light-dark({light.border},{dark.border})" in page
