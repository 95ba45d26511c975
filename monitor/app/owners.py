"""Who holds a lease: this process, another one, or one that has ended."""

import os
import secrets
import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Owner:
    """A process on a machine, named so that its end can be noticed."""

    host: str
    pid: int
    nonce: str
    """Tells this process from an earlier one that had the same pid."""

    @classmethod
    def this(cls) -> "Owner":
        """Return this process, under a name no other has had."""
        return cls(socket.gethostname(), os.getpid(), secrets.token_hex(4))

    @property
    def name(self) -> str:
        """The name that stands in leases."""
        return f"{self.host}:{self.pid}:{self.nonce}"

    def is_gone(self, name: str) -> bool:
        """Return whether a lease's owner was on this machine and has ended.

        Of other machines nothing is known: their leases run out by themselves.
        """
        host, _, rest = name.rpartition(":")[0].rpartition(":")
        nonce = name.rpartition(":")[2]
        if host != self.host or not rest.isdigit():
            return False
        pid = int(rest)
        if pid == self.pid:
            return nonce != self.nonce
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return False
