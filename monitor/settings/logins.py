"""How a receiver behind a login is logged in to: by username and password, or by a token."""

from typing import Annotated, Self

from pydantic import SecretStr, model_validator

from monitor import documents
from monitor.settings.kinds import Strict, check_given_once, written_as


class LoginSettings(Strict):
    """What a receiver over HTTP may ask for: basic authentication, or a bearer token."""

    # A colon ends the name in what is sent (RFC 7617, 2).
    username: Annotated[
        str, written_as(r"[^:\x00-\x1f\x7f]*", "a name without a colon", "check it")
    ] = ""
    password: SecretStr | None = None
    password_file: str | None = None
    token: SecretStr | None = None
    """Sent as `Authorization: Bearer`."""
    token_file: str | None = None

    @property
    def has_login(self) -> bool:
        """Whether it logs in."""
        return bool(self.username or self.token or self.token_file)

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        check_given_once(self, "password", "token")
        password = self.password or self.password_file
        if (self.username or password) and (self.token or self.token_file):
            raise documents.wrong(
                "these are two ways to log in",
                "write username and password_file, or token_file",
            )
        check_password(self.username, password, "; without one, token or token_file")
        return self


def check_password(username: str, password: object, instead: str = "") -> None:
    """Refuse a username or a password without the other."""
    if username and not password:
        raise documents.wrong(
            "a username without a password", "set password_file, or leave username out"
        )
    if password and not username:
        raise documents.wrong(
            "a password without its username", f"write username too{instead}"
        )
