"""PostgreSQL addresses: one server's DSN turned into that of another role or database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

DATABASE: Final = "chuishao"
MAINTENANCE: Final = "postgres"


@dataclass(frozen=True, slots=True)
class Dsn:
    """A parsed DSN; `query` keeps a unix socket's folder and further options as they were."""

    user: str
    password: str
    place: str
    database: str
    query: str

    @classmethod
    def parse(cls, text: str) -> Dsn:
        """Read `postgresql://user:password@host:port/database?…`; raises ValueError for another."""
        parts = urlsplit(text)
        if parts.scheme not in {"postgresql", "postgres"} or not parts.username:
            msg = "a PostgreSQL address looks like postgresql://user:password@host:port/database"
            raise ValueError(msg)
        return cls(
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            place=parts.netloc.rpartition("@")[2],
            database=unquote(parts.path.removeprefix("/")),
            query=parts.query,
        )

    @property
    def our_database(self) -> str:
        """The database to use: the one named, or `chuishao` where none of its own is named."""
        return DATABASE if self.database in {"", MAINTENANCE} else self.database

    def text(self, *, database: str | None = None) -> str:
        """Write the DSN with its password, for another database if one is given."""
        return self._text(self.user, self.password, database or self.database)

    def of_role(self, role: str) -> str:
        """Write the DSN of one of our roles in our database, without a password."""
        return self._text(role, "", self.our_database)

    def _text(self, user: str, password: str, database: str) -> str:
        secret = f":{quote(password, safe='')}" if password else ""
        netloc = f"{quote(user, safe='')}{secret}@{self.place}"
        return urlunsplit(("postgresql", netloc, f"/{quote(database, safe='')}", self.query, ""))
