"""How a service over HTTP is logged in to: one header, whose secrets are not shown; pure."""

from base64 import b64encode
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Login:
    """The value of `Authorization`, and what of it is a secret."""

    value: str = field(default="", repr=False)
    hide: tuple[str, ...] = field(default=(), repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What is sent; nothing where there is no login."""
        return {"authorization": self.value} if self.value else {}


NO_LOGIN = Login()


def login(username: str, secret: str) -> Login:
    """Return basic authentication (RFC 7617) for a username, else a bearer token (RFC 6750)."""
    if username:
        pair = b64encode(f"{username}:{secret}".encode()).decode()
        return Login(f"Basic {pair}", (secret, pair))
    return Login(f"Bearer {secret}", (secret,)) if secret else NO_LOGIN
