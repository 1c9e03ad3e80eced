"""The month before the town began, so that nobody arrives in an empty place."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from webcare.demo import voices
from webcare.demo.player import Player
from webcare.demo.residents import RESIDENTS
from webcare.demo.scenes import SCENES
from webcare.demo.storyteller import Draft, Storyteller, ordinary_pieces
from webcare.demo.texts import Piece
from webcare.demo.things import Account, Status
from webcare.demo.town import ACCOUNTS
from webcare.demo.world import World

POSTS = 250
DAYS = 30
UNANSWERED_HOURS = 5
_THREADS_SHARE = 0.5
_LEAN_TO_NOW = 1.5
_BUSY_HOURS = {
    7: 3,
    8: 6,
    9: 6,
    10: 5,
    11: 4,
    12: 6,
    13: 4,
    14: 4,
    15: 4,
    16: 6,
    17: 7,
    18: 5,
}
_BUSY_HOURS |= {19: 8, 20: 9, 21: 8, 22: 4, 23: 2, 0: 1, 6: 1}
_AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@dataclass(order=True, slots=True)
class _Moment:
    at: int
    order: int
    piece: Piece
    turn: int
    draft: Draft | None
    parent: Status | None


def write_past(world: World, player: Player, now: int, seed: int, said: set[int]) -> None:
    """Fill the thirty days before `now` (milliseconds) with about 250 posts and answers.

    Most questions are answered, some after minutes and some after a day; what came in during the
    last hours still waits for the desk.
    """
    rng = random.Random(seed)
    teller = Storyteller(SCENES["quiet-tuesday"], seed, said, neighbour_share=0.15)
    moments = [
        _Moment(at, order, piece, 0, None, None)
        for order, (at, piece) in enumerate(_agenda(rng, now))
    ]
    heapq.heapify(moments)
    order = len(moments)
    while moments:
        this = heapq.heappop(moments)
        status, draft = _say(world, player, teller, this)
        turn = this.turn + 1
        if turn >= len(this.piece.turns):
            continue
        at = this.at + _pause(rng, this.piece, turn)
        recent = now - UNANSWERED_HOURS * 3_600_000
        if at < now - 60_000 and (this.piece.turns[turn].speaker != "town" or this.at < recent):
            order += 1
            heapq.heappush(moments, _Moment(at, order, this.piece, turn, draft, status))


def _agenda(rng: random.Random, now: int) -> list[tuple[int, Piece]]:
    """Return when each thread begins: conversations first, single posts fill the rest."""
    pieces = list(ordinary_pieces())
    rng.shuffle(pieces)
    answered = [one for one in pieces if any(turn.speaker == "town" for turn in one.turns)]
    single = [one for one in pieces if one not in set(answered)]
    open_questions = [one for one in single if one.direct][:6]
    chosen: list[Piece] = []
    count = 0
    for one in answered:
        if count >= POSTS * _THREADS_SHARE:
            break
        chosen.append(one)
        count += len(one.turns)
    chosen += [one for one in single if not one.direct][: max(0, POSTS - 6 - count)]
    agenda = [(_moment(rng, now), one) for one in chosen]
    latest = UNANSWERED_HOURS * 3_600_000
    agenda += [(now - rng.randrange(60_000, latest), one) for one in open_questions]
    return agenda


def _moment(rng: random.Random, now: int) -> int:
    day = datetime.fromtimestamp(now / 1000, UTC).astimezone(_AMSTERDAM).date()
    while True:
        hour = rng.choices(list(_BUSY_HOURS), list(_BUSY_HOURS.values()))[0]
        date = day - timedelta(days=int(DAYS * rng.random() ** _LEAN_TO_NOW))
        local = datetime(
            date.year, date.month, date.day, hour, rng.randrange(60), rng.randrange(60),
            rng.randrange(1_000_000), tzinfo=_AMSTERDAM,
        )  # fmt: skip
        at = int(local.timestamp() * 1000)
        if at < now - 60_000:
            return at


def _pause(rng: random.Random, piece: Piece, turn: int) -> int:
    """Return the milliseconds before this turn; the municipality's median is about 40 minutes."""
    if piece.turns[turn].speaker == "town":
        return int(rng.lognormvariate(3.7, 1.2) * 60_000)
    return int(rng.lognormvariate(2.3, 1.0) * 60_000)


def _say(
    world: World, player: Player, teller: Storyteller, this: _Moment
) -> tuple[Status, Draft | None]:
    speaker = this.piece.turns[this.turn].speaker
    if speaker == "town":
        slots = this.draft.slots if this.draft else teller.slots_for(RESIDENTS[0])
        return _answer(world, this, slots), this.draft
    if this.turn == 0:
        draft = teller.begin_with(this.piece)
        return player.post(draft.resident, draft.text, None, draft.private, this.at), draft
    assert this.parent is not None
    if this.draft is None:
        handle = world.accounts[this.parent.account].acct
        reply = teller.answer_town(this.piece, this.turn, handle)
    else:
        names = player.addressed(this.draft, this.turn, this.parent)
        reply = teller.go_on(this.draft, this.turn, names)
    status = player.post(reply.resident, reply.text, this.parent, reply.private, this.at)
    return status, this.draft


def _answer(world: World, this: _Moment, slots: dict[str, str]) -> Status:
    """Let the account that was addressed answer, or the general account speak for itself."""
    text = voices.fill(this.piece.turns[this.turn].text, slots)
    account = _account_for(world, this.parent)
    if this.parent is None:
        return world.post(account, text, at=this.at)
    return world.post(
        account,
        f"@{world.accounts[this.parent.account].acct} {text}",
        reply_to=this.parent.id,
        visibility=this.parent.visibility,
        at=this.at,
    )


def _account_for(world: World, parent: Status | None) -> Account:
    municipal = [world.by_acct[one.handle] for one in ACCOUNTS]
    named = [one for one in municipal if parent and one.id in parent.mentions]
    return named[0] if named else municipal[0]
