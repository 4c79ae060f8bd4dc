"""State diagrams in their flat forms: Mermaid, PlantUML, and DOT with labelled edges.

``lines`` and ``dot`` read a text as a :class:`~fsm.formats.diagrams.state_diagram.StateDiagram`,
``labels`` the labels of its edges, and ``to_machine`` makes a machine of both.
"""
