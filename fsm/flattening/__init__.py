"""From a :class:`fsm.chart.Chart` to a :class:`fsm.machine.Machine`.

``stepper`` computes what one event does, ``configurations`` explores all configurations.
"""
