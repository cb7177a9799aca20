"""Changing a NATS key while everything runs: for a while two are valid, so that nobody is cut off.

A new key is written down as the second one, made valid, proved, and only then becomes the first, which
services read again by themselves (`kit/rekey.py`). Taking the old one back is a step of its own, for when
everybody who holds it has the new one.
"""

from __future__ import annotations

from chuishao.files import write_private
from chuishao.secrets import Secrets, new_seed, second_file, seed_file


class KeyChangeError(RuntimeError):
    """A key cannot be changed or taken back now; the message says why and what to do."""


def nats_user(secrets: Secrets, name: str) -> str:
    """Return the NATS user behind `unit:CODE`, `reader:CODE` or a service's name.

    Raises KeyChangeError for a name nobody has.
    """
    user = name.replace("unit:", "unit_", 1).replace("reader:", "reader_", 1)
    if user in secrets.seeds:
        return user
    msg = (
        f"没有 NATS 用户 {name}；可写 unit:代码、reader:代码或服务名（如 router、router-relay）。\n"
        f"{name} is no NATS user: unit:CODE, reader:CODE or a service (router, router-relay)."
    )
    raise KeyChangeError(msg)


def begin(secrets: Secrets, user: str) -> None:
    """Write down a second key; it is valid once the accounts file is written anew and reloaded.

    Raises KeyChangeError while an earlier change is not finished.
    """
    if user in secrets.second_seeds:
        msg = (
            f"{user} 已有两把有效密钥，请先用 --retire 收回旧的。\n"
            f"{user} has two valid keys already: take the old one back first, with --retire."
        )
        raise KeyChangeError(msg)
    write_private(second_file(secrets.root, user), new_seed(), durable=True)


def take_over(secrets: Secrets, user: str) -> None:
    """Make the second key the first; both stay valid."""
    first, second = secrets.seeds[user], secrets.second_seeds[user]
    write_private(seed_file(secrets.root, user), second, durable=True)
    write_private(second_file(secrets.root, user), first, durable=True)


def retire(secrets: Secrets, user: str) -> None:
    """Forget the old key; it is refused once the accounts file is written anew and reloaded.

    Raises KeyChangeError when there is none.
    """
    if user not in secrets.second_seeds:
        msg = f"{user} 只有一把密钥。\n{user} has one key only: there is nothing to take back."
        raise KeyChangeError(msg)
    second_file(secrets.root, user).unlink()
