"""Jinja2 for templates of the operator's, with a limit on all work that one can do.

Jinja2's own sandbox keeps a template from Python's insides; it is no limit of resources:
`'x' * 300000000` renders there. Here each step of a loop, each call and each character
that is made is paid for out of a purse, and what is not listed below does not exist: a
template that asks for too much ends with a fault, at a line. What is shown is escaped for
where it stands, so that a title cannot end the string of JSON in which it is quoted.
"""

from monitor.send.sandbox.environment import MOST_SOURCE, Sandbox
from monitor.send.sandbox.purse import render
from monitor.send.sandbox.showing import Mode

__all__ = ["MOST_SOURCE", "Mode", "Sandbox", "render"]
