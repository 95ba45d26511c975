"""Whose lease it was, and whether they are still there."""

import subprocess
import sys

from monitor.app.owners import Owner


def test_a_living_process_is_not_gone() -> None:
    me = Owner.this()
    assert not me.is_gone(me.name)


def test_an_earlier_process_with_the_same_pid_is_gone() -> None:
    """In a container every life of the service is process 1."""
    me = Owner.this()
    assert me.is_gone(Owner(me.host, me.pid, "another").name)


def test_a_process_that_ended_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    me = Owner.this()
    assert me.is_gone(Owner(me.host, child.pid, "x").name)


def test_nothing_is_known_of_other_machines_and_other_names() -> None:
    me = Owner.this()
    assert not me.is_gone(Owner("elsewhere", 1, "x").name)
    assert not me.is_gone("nonsense")
