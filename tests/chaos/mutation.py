"""Five ways to build it wrongly, as patches of a copy of the source: each has to turn the verdict red.

A checker that finds nothing where something is wrong proves nothing (reliability.md E.2, end).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.chaos.faults.rollout import NOT_RUN
from tests.chaos.verdict import Class

ROOT: Final = Path(__file__).parents[2]
COPIED: Final = ("chuishao", "contracts", "kit", "services", "tests", "benchmarks")

Patch = tuple[str, Callable[[str], str]]
"""A file, and what becomes of its text."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One wrong way, the faults under which it shows, and what the checker must call it."""

    name: str
    wrong: str
    kinds: tuple[str, ...]
    expected: Class
    rules: frozenset[str]
    """At least one of these rules must be broken, so that it is red for the right reason."""
    patches: tuple[Patch, ...]


def swap(old: str, new: str) -> Callable[[str], str]:
    """Replace every `old`. Raises LookupError when there is none: then the code has moved on."""

    def patch(text: str) -> str:
        if old not in text:
            raise LookupError(old)
        return text.replace(old, new)

    return patch


def append(more: str) -> Callable[[str], str]:
    """Add at the end; what was defined above is defined anew."""
    return lambda text: f"{text}\n{more}"


_ONE_ACCOUNT: Final = '''
_offices_apart = render_accounts


def render_accounts(units, readers, public_keys, second=None):
    """All offices in the city's own account, with allow-lists and the usual grant of `_INBOX.>`."""
    text = _offices_apart((), readers, public_keys, second)
    lines = []
    for unit in units:
        durable = f"TICKETS.unit_{unit}"
        publish = [
            f"$JS.API.CONSUMER.INFO.{durable}", f"$JS.API.CONSUMER.MSG.NEXT.{durable}",
            "$JS.ACK.>", f"cmd.*.{unit}",
        ]
        lines.append(f"      {_user(public_keys[f'unit_{unit}'], publish, ['_INBOX.>'])}")
    head, mark, rest = text.partition(f"  {CITY} {{\\n    jetstream: enabled\\n    users = [\\n")
    assert mark
    return head + mark + "\\n".join(lines) + "\\n" + rest
'''
MUTATIONS: Final = (
    Mutation(
        "inbox_off",
        "consumers do not remember which events they have applied",
        ("reset_clocks", "kill_notifier"),
        Class.DOUBLE_EFFECT,
        frozenset({"applied, and tried again"}),
        (
            (
                "kit/inbox.py",
                swap(
                    'return {row["event_id"] for row in await conn.fetch(SQL_CLAIM, consumer, event_ids)}',
                    "return set(event_ids)",
                ),
            ),
        ),
    ),
    Mutation(
        "sync_default",
        "nats-server writes to the disk every two minutes, as it does when nothing is said",
        ("power_cut_nats",),
        Class.LOST,
        frozenset({"the stream forgot what it had delivered", "published and not in its stream"}),
        (
            ("chuishao/embedded/nats.py", swap("  sync_interval: {sync_interval}\n", "")),
            (
                "chuishao/broker_check.py",
                swap('(bool(jetstream.get("sync_always")), "not always")', '(True, "")'),
            ),
        ),
    ),
    Mutation(
        "work_queue",
        "complaints lie in a work queue: it gives each to one consumer and then forgets it",
        ("kill_router",),
        Class.LOST,
        frozenset({"published and not in its stream"}),
        (
            (
                "kit/provision.py",
                swap(
                    '"retention": "limits"',
                    '"retention": "workqueue" if spec.name == "COMPLAINTS" else "limits"',
                ),
            ),
            (
                "contracts/topology.py",
                swap(
                    '"router-complaints", COMPLAINTS, (every("complaint"),)',
                    '"router-complaints", COMPLAINTS, ("complaint.received.*.*.*.*",)',
                ),
            ),
            (
                "contracts/topology.py",
                swap(
                    '"notifier-complaints", COMPLAINTS, (every("complaint"),)',
                    '"notifier-complaints", COMPLAINTS, ("complaint.callback_recorded.*.*.*.*",)',
                ),
            ),
            (
                "contracts/topology.py",
                swap(
                    '"console-complaints", COMPLAINTS, (every("complaint"),)',
                    '"console-complaints", COMPLAINTS, ("complaint.shown.*.*.*.*",)',
                ),
            ),
            (
                "contracts/topology.py",
                swap(
                    "ConsumerSpec(name, stream, own, acknowledged=False, headers_only=True)",
                    'ConsumerSpec(name, stream, ("complaint.none.>",) if stream == COMPLAINTS else own,'
                    " acknowledged=stream == COMPLAINTS, headers_only=True)",
                ),
            ),
        ),
    ),
    Mutation(
        "shared_inbox",
        "offices share one account, each with the usual grant of `_INBOX.>`",
        ("kill_router",),
        Class.WRONG_READER,
        frozenset({"overheard"}),
        (
            ("kit/accounts.py", append(_ONE_ACCOUNT)),
            ("kit/accounts.py", swap('publish.append("_R_.>")', 'publish.append("_INBOX.>")')),
            (
                "contracts/topology.py",
                swap('JS_PREFIX: Final = "JS.city"', 'JS_PREFIX = "$JS.API"'),
            ),
        ),
    ),
    Mutation(
        "reject_on_error",
        "a message whose handler failed is rejected for good, as FastStream does by default",
        ("kill_postgres", "kill_postgres"),
        Class.LOST,
        frozenset({"no ticket", "dispatched without a running clock"}),
        (
            (
                "kit/delivery.py",
                swap(".message.nak(delay=LOST_DELAY_S)", ".message.term()"),
            ),
        ),
    ),
)


def mutate(mutation: Mutation, tree: Path) -> Path:
    """Copy the source to `tree` and patch it. Raises LookupError when a patch does not apply."""
    for name in COPIED:
        shutil.copytree(
            ROOT / name,
            tree / name,
            ignore=NOT_RUN,
            dirs_exist_ok=True,
        )
    for name, patch in mutation.patches:
        file = tree / name
        text = file.read_text("utf-8")
        changed = patch(text)
        if changed == text:
            raise LookupError(f"{mutation.name}: {name} did not change")
        file.write_text(changed, "utf-8")
    return tree
