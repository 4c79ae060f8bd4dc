"""The result of a suite as JUnit XML, which continuous integration shows."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from fsm.suites.execution.origins import describe_mistake
from fsm.suites.execution.suite_runs import FinishedTest, SuiteRun
from fsm.text import shortened, visible

__all__ = ["junit_xml"]

_LONGEST_NAME = 200


def junit_xml(result: SuiteRun) -> bytes:
    """Return the tests that were run, one case each, without times: same result, same bytes.

    Tests that were not run are counted in a property; JUnit's readers take cases only.
    """
    suite = result.suite
    title = visible(f"{suite.mealy.name} by {suite.method.name}")
    root = Xml.Element("testsuites")
    counts = {"tests": str(result.run), "failures": str(result.failed), "errors": "0"}
    node = Xml.SubElement(root, "testsuite", {"name": title, **counts})
    properties = Xml.SubElement(node, "properties")
    facts = {
        "implementation": result.name,
        "guarantee": str(suite.guarantee),
        "every test was run": "yes" if result.is_whole else "no",
        "tests that ended early": str(result.shortened),
    }
    for name, value in facts.items():
        Xml.SubElement(properties, "property", {"name": name, "value": visible(value)})
    explained = {failure.first.number: failure for failure in result.failures}
    for test in result.tests:
        case = Xml.SubElement(node, "testcase", {"classname": title, "name": _name(test)})
        if test.run.agrees:
            continue
        message = describe_mistake(result.suite, test.run)
        text = str(test.run)
        if failure := explained.get(test.number):
            text = "\n".join(
                filter(None, (text, str(failure.reproduction), str(failure.specified)))
            )
        Xml.SubElement(case, "failure", {"message": message}).text = text
    Xml.indent(root)
    document: bytes = Xml.tostring(root, "utf-8", xml_declaration=True)
    return document + b"\n"


def _name(test: FinishedTest) -> str:
    trace = shortened(visible(", ".join(test.test)), _LONGEST_NAME) or "(reset)"
    return f"{test.number}: {trace}"
