"""All pairs of offices against each other on one real nats-server, and what leaked."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any, Final

from contracts.topology import JS_PREFIX
from tests.support.arena import READER_NOUNS, UNIT_NOUNS, Arena
from tests.support.attacks import ANYTHING, Attack, Office, attacks
from tests.support.leaks import Leak, answered, foreign, lawful, number_of, refused, shown
from tests.support.nats_wire import Heard, Wire
from tests.support.servers import Broker

UNDER_WAY_S: Final = 0.1
"""JetStream answers from a thread of its own: an eavesdropper may get its copy after the office has it."""
ROUND: Final = 14
"""Victims listened to at once: five subjects each stay below an account's limit of subscriptions."""
WIDE: Final = (">", "_INBOX.>", "$JS.EVENT.>", "$SYS.>", "$JS.>", "*.*.*.*.*.*.*")
STEP: Final = 2_000
AT_ONCE: Final = 4
"""Hands that attack at the same time: the server drops JetStream questions beyond ten thousand waiting."""
QUIET_S: Final = 2.0
DELIVERED: Final = ("kept", "live", "ops")
"""Second tokens of what the city itself says: the tap also sees what a pull brings, and answers."""
SPOKEN: Final = ("kept", "live")
"""Events the city itself tells of: the tap sees them again when an office fetches its own."""


class Matrix(Arena):
    """Everybody against everybody else; `leaks` says what got through."""

    def __init__(self, broker: Broker, offices: Sequence[Office]) -> None:
        super().__init__(broker, offices)
        self.tried = 0
        self._names: dict[str, str] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def listen(self) -> None:
        """Row 25: everybody listens to everything, and to each other by name, while the city talks."""
        for start in range(1, len(self.offices), ROUND):
            steps = range(start, min(start + ROUND, len(self.offices)))
            numbers = [
                [ear.subscribe(subject) for subject in self._overheard(n, steps)]
                for n, ear in enumerate(self._ears)
            ]
            await self._flush(self._ears)
            self._say_something_to_everybody("live")
            await self._ops.flush()
            await asyncio.gather(*(self._ask_own(n) for n in range(len(self.offices))))
            await asyncio.sleep(UNDER_WAY_S)
            await self._flush(self._ears)
            for n, ear in enumerate(self._ears):
                self._judge_overheard(n, ear)
                for number in numbers[n]:
                    ear.unsubscribe(number)
            await self._flush(self._ears)

    async def attack(self) -> None:
        """Rows 24 and 26 to 30: everybody tries everything against everybody else."""
        async with asyncio.timeout(30):
            while sum(await self._stored()) < self._said:
                await asyncio.sleep(0.05)
        before = await self.state()
        for office, ear in zip(self.offices, self._ears, strict=True):
            ear.heard.clear()
            ear.subscribe(f"{office.inbox}.>")
        number = self._ops.subscribe(">")
        await self._flush([*self._ears, self._ops])
        self._ops.heard.clear()
        tries = [list(self._tries(n)) for n in range(len(self.offices))]
        self.tried = sum(len(row) for row in tries)
        await asyncio.gather(*(self._try(n, row) for n, row in enumerate(tries)))
        await self._flush([self._ops, *self._ears])
        self._judge_ears()
        self._judge_city(tries)
        self._ops.unsubscribe(number)
        await self._ops.flush()
        self._judge_state(before, await self.state())

    async def _ask_own(self, n: int) -> None:
        """What an office does all day: a pull and a command, answered at its own inbox."""
        office, hand = self.offices[n], self._hands[n]
        hand.heard.clear()
        number = hand.subscribe("_INBOX.own.>")
        own = f"{JS_PREFIX}.CONSUMER.INFO.{office.stream}.{office.durable}"
        hand.publish(own, b"", "_INBOX.own.info")
        pull = f"{JS_PREFIX}.CONSUMER.MSG.NEXT.{office.stream}.{office.durable}"
        hand.publish(pull, ANYTHING, "_INBOX.own.pull")
        async with asyncio.timeout(20):
            while len(hand.heard) < 2:
                await hand.flush()
        hand.unsubscribe(number)

    def _overheard(self, n: int, steps: range) -> Iterator[str]:
        yield from WIDE
        for step in steps:
            other = self.offices[(n + step) % len(self.offices)]
            if other.reader:
                yield from (f"{noun}.*.*.{other.area}" for noun in READER_NOUNS)
            else:
                yield from (f"{noun}.*.{other.code}.>" for noun in UNIT_NOUNS)
                yield f"cmd.*.{other.code}"
            yield f"$JS.ACK.{other.stream}.{other.durable}.>"

    def _judge_overheard(self, n: int, ear: Wire) -> None:
        office = self.offices[n]
        own = [heard for heard in ear.heard if office.code.encode() in heard.data]
        if not own:
            self.leaks.append(Leak("deaf", office.code, "hears not even its own"))
        for heard in ear.heard:
            if foreign(office, heard) and not lawful(office, heard):
                self.leaks.append(Leak("listen", office.code, shown(heard)))
        ear.heard.clear()

    def _tries(self, n: int) -> Iterator[tuple[Office, Attack]]:
        """All attacks on all others; one that is the same for several victims is made once."""
        me = self.offices[n]
        made: set[Attack] = set()
        for phase in (False, True):
            for step in range(1, len(self.offices)):
                other = self.offices[(n + step) % len(self.offices)]
                for attack in attacks(me, other):
                    if attack.destroys is phase and (attack.own_door or attack not in made):
                        made.add(attack)
                        yield other, attack

    async def _try(self, n: int, tries: Sequence[tuple[Office, Attack]]) -> None:
        hand = self._hands[n]
        hand.heard.clear()
        hand.subscribe("_INBOX.hand.>")
        wanted: set[int] = set()
        found: set[int] = set()
        for start in range(0, len(tries), STEP):
            async with self._turns:
                for number in range(start, min(start + STEP, len(tries))):
                    _, attack = tries[number]
                    reply = attack.reply or f"_INBOX.hand.{number}"
                    hand.publish(attack.subject, attack.data, reply, attack.headers)
                    wanted |= {number} if answered(attack) else set()
                found = await self._answers(hand, wanted)
        for number in wanted - found:
            other, attack = tries[number]
            where = f"{self.offices[n].code} of {other.code}"
            self.leaks.append(Leak(attack.name, where, "not refused"))
        for heard in hand.heard:
            self._judge_answer(n, tries, heard)

    async def _answers(self, hand: Wire, wanted: set[int]) -> set[int]:
        """Numbers of the tries that were answered; goes on until all are, or nothing more comes."""
        deadline = time.monotonic() + QUIET_S
        found: set[int] = set()
        seen = 0
        while not wanted <= found and time.monotonic() < deadline:
            await hand.flush()
            new = hand.heard[seen:]
            seen += len(new)
            found |= {number for heard in new if (number := number_of(heard)) is not None}
            if new:
                deadline = time.monotonic() + QUIET_S
        return found

    def _judge_answer(self, n: int, tries: Sequence[tuple[Office, Attack]], heard: Heard) -> None:
        me = self.offices[n]
        number = number_of(heard)
        if number is None:  # a fetched message comes under the subject it was published on
            if foreign(me, heard):
                self.leaks.append(Leak("fetched", me.code, shown(heard)))
            return
        other, attack = tries[number]
        if not refused(heard) and (not attack.own_door or foreign(me, heard)):
            self.leaks.append(Leak(attack.name, f"{me.code} of {other.code}", shown(heard)))

    def _judge_ears(self) -> None:
        for office, ear in zip(self.offices, self._ears, strict=True):
            for heard in ear.heard:
                name = self._named(heard.subject)
                self.leaks.append(Leak(name, f"ear of {office.code}", shown(heard)))

    def _judge_city(self, tries: Sequence[Sequence[tuple[Office, Attack]]]) -> None:
        doors = Counter(
            attack.subject.replace(f"{JS_PREFIX}.", "$JS.API.", 1)
            for row in tries
            for _, attack in row
            if attack.own_door and not attack.subject.startswith("$SYS.")
        )
        seen = Counter(
            heard.subject
            for heard in self._ops.heard
            if not heard.subject.startswith(("_R_.", "_INBOX.ops"))
            and heard.subject.split(".")[1] not in SPOKEN
        )
        for subject, times in seen.items():
            if times > doors[subject]:
                what = f"{times} times, {doors[subject]} expected"
                self.leaks.append(Leak(self._named(subject), "city", f"{subject}: {what}"))

    def _judge_state(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        for name, was in before.items():
            for old, new in zip(was, after[name], strict=True):
                changed = [key for key in old or {} if (new or {}).get(key) != old[key]]
                if changed:
                    self.leaks.append(Leak("state", name, f"{changed}: {old} became {new}"))

    def _named(self, subject: str) -> str:
        """The attack that would make this subject appear."""
        if not self._names:
            for me, other in permutations(self.offices, 2):
                for attack in attacks(me, other):
                    for place in (attack.subject, attack.reply, attack.headers.decode()[-60:]):
                        self._names.setdefault(place.rpartition(": ")[2], attack.name)
        return self._names.get(subject, subject)
