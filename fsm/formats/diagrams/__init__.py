"""State diagrams of Mermaid, PlantUML, D2, and DOT with labelled edges.

``lines``, ``d2`` and ``dot`` read a text as a
:class:`~fsm.formats.diagrams.state_diagram.StateDiagram`, ``labels`` the labels of its edges.
``to_machine`` makes a machine of a flat one. ``to_chart`` makes a chart of any other one, from
``chart_nodes`` (its states) and ``routes`` (its arrows through choices and forks; ``branches`` and
``joins`` find what is active together).
"""
