"""Statecharts of other programs, each read as a :class:`fsm.chart.Chart` and flattened.

``recognition`` tells the formats of JSON and YAML apart by their members; ``chart_parts`` assembles
the chart. Each other module reads one format. What decides there by data becomes a guard that
is known by its text; what cannot be a table exactly is refused with its line.
"""
