"""Files with several machines: diagrams of PlantUML, and templates with state machines."""

import json
from pathlib import Path

import pytest

import fsm
from fsm.errors import MachineError

DOOR = "@startuml door\n[*] --> shut\nshut --> open : push\n@enduml\n"
LAMP = "@startuml\n[*] --> off\noff --> lit : press\n@enduml\n"
CHAT = "@startuml\nAda -> Bo : hello\n@enduml\n"

TASK = '{"StartAt": "Pay", "States": {"Pay": {"Type": "Task", "Resource": "r", "End": true}}}'
CLOUD = """\
Resources:
  Function: {Type: 'AWS::Serverless::Function', Properties: {Role: !GetAtt Role.Arn}}
  Order:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !Sub "${Role.Arn}"
      DefinitionString: !Sub |
        {
          "StartAt": "Pay",
          "States": {"Pay": {"Type": "Task", "Resource": "${Pay.Arn}", "End": true}}
        }
"""
SAM = """\
Resources:
  Ship:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: Send
        States:
          Send: {Type: Task, Resource: !GetAtt Send.Arn, End: true}
"""
SERVERLESS = """\
stepFunctions:
  stateMachines:
    order:
      definition:
        StartAt: Pay
        States: {Pay: {Type: Task, Resource: {'Fn::GetAtt': [pay, Arn]}, End: true}}
"""
_PROPERTIES = {"DefinitionString": {"Fn::Sub": [TASK, {}]}}
_ORDER = {"Type": "AWS::StepFunctions::StateMachine", "Properties": _PROPERTIES}
JSON = "\n" + json.dumps({"Resources": {"Order": _ORDER}})

READ = {
    "a named diagram": ("m.puml#door", DOOR + LAMP, "shut push m.puml:3"),
    "a diagram by its line": ("m.puml#L5", DOOR + LAMP, "off press m.puml:7"),
    "the only state diagram": ("m.puml", CHAT + DOOR, "shut push m.puml:6"),
    "CloudFormation, a text": ("m.yaml", CLOUD, "Pay Pay succeeded m.yaml:10"),
    "CloudFormation, by name": ("m.yaml#Order", CLOUD, "Pay Pay succeeded m.yaml:10"),
    "CloudFormation, JSON": ("m.json", JSON, "Pay Pay succeeded m.json:2"),
    "SAM": ("m.yml", SAM, "Send Send succeeded m.yml:8"),
    "Serverless": ("m.yml", SERVERLESS, "Pay Pay succeeded m.yml:6"),
    "one beside another file": (
        "m.yml#order",
        SERVERLESS + "    other: ${file(other.yml)}\n",
        "Pay Pay succeeded m.yml:6",
    ),
    "a text with variables": (
        "m.json",
        JSON.replace('Pay\\"', '${P}\\"').replace("{}", '{"P": "Pay"}'),
        "Pay Pay succeeded m.json:2",
    ),
    "one of two": ("m.yaml#Ship", CLOUD + SAM.partition("\n")[2], "Send Send succeeded m.yaml:18"),
}


@pytest.mark.parametrize("case", READ)
def test_a_part_of_a_file_is_a_machine(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, text, expected = READ[case]
    monkeypatch.chdir(tmp_path)
    Path(name.partition("#")[0]).write_text(text)
    first = fsm.load(name).transitions[0]
    assert first.origin is not None
    place = f"{first.origin.file}:{first.origin.line}"
    assert f"{first.source} {first.event} {place}" == expected


def test_what_else_is_in_the_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "m.puml").write_text(CHAT + DOOR)
    assert fsm.load(str(tmp_path / "m.puml")).assumed == (
        f"{tmp_path / 'm.puml'}:4: the only state diagram; 1 other diagram in the file",
    )


REFUSED = {
    "two diagrams": (
        "m.puml", DOOR + LAMP, "5: 2 state diagrams; name one: m.puml#door, m.puml#L5",
    ),
    "no such diagram": ("m.puml#dor", DOOR + LAMP, "1: no diagram 'dor'; did you mean 'door'?"),
    "two of a template": (
        "m.yaml", CLOUD + SAM.partition("\n")[2],
        "15: 2 state machines; name one: m.yaml#Order, m.yaml#Ship",
    ),
    "no such machine": ("m.yaml#Odrer", CLOUD, "1: no state machine 'Odrer'; did you mean 'Order'"),
    "no machine at all": ("m.yaml", "Resources: {}\n", "1: a template without a state machine"),
    "in another file": (
        "m.yaml", SAM[: SAM.index("Definition:")] + "DefinitionUri: ship.asl.json\n",
        "5: the definition is in another file, 'ship.asl.json': name that file",
    ),
    "computed": (
        "m.yaml", CLOUD[: CLOUD.index("!Sub |")] + "!Join ['', [a, b]]\n" + "# " + TASK,
        "6: DefinitionString is computed",
    ),
    "not JSON": ("m.yaml", CLOUD.replace('"Pay",', "Pay,"), "9: not JSON: Expecting value"),
    "elsewhere": ("m.yml", "stepFunctions: ${file(machines.yml)}\n", "1: stepFunctions has no"),
    "a part of one machine": ("m.json#x", TASK, "1: one machine, which has no parts"),
    "a function outside of a template": ("m.yaml", "a: !Ref b\n", "1: the tag '!Ref' is not read"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_its_line(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, text, message = REFUSED[case]
    monkeypatch.chdir(tmp_path)
    file = name.partition("#")[0]
    Path(file).write_text(text)
    with pytest.raises(MachineError) as error:
        fsm.load(name)
    assert str(error.value).startswith(f"{file}:{message}")
