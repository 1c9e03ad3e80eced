"""Lets the residents speak: plays scenes at a rate, and lets people react to the municipality."""

from __future__ import annotations

import asyncio
import heapq
import random
from dataclasses import dataclass, field
from typing import Any

from webcare.demo import reactions
from webcare.demo.newspaper import Newspaper
from webcare.demo.residents import Resident
from webcare.demo.scenes import SCENES, Scene
from webcare.demo.storyteller import Draft, Storyteller
from webcare.demo.things import Account, Status, Visibility
from webcare.demo.town import ACCOUNTS
from webcare.demo.world import World

MAX_RATE = 10_000.0
MAX_POSTS = 2_000_000
KEPT_PLAYS = 20
_BATCH = 100
_TICK = 0.02
_MUNICIPAL = {one.handle for one in ACCOUNTS}


class PlayRefused(Exception):
    """The order to play makes no sense; the text says what does."""


@dataclass(slots=True)
class Play:
    """One order. `made` counts posts by residents, the threads among them included."""

    number: int
    scene: str
    posts: int
    rate: float
    direct: float
    made: int = 0
    addressed: int = 0
    seconds: float = 0.0
    done: bool = False
    error: str = ""
    stopped: bool = False
    task: asyncio.Task[None] | None = None

    def stop(self) -> None:
        self.stopped = True

    def report(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "scene": self.scene,
            "posts": self.posts,
            "rate": self.rate,
            "direct": self.direct,
            "made": self.made,
            "addressed": self.addressed,
            "seconds": round(self.seconds, 3),
            "done": self.done,
            "stopped": self.stopped,
            "error": self.error,
        }


@dataclass(order=True, slots=True)
class _Waiting:
    """A reply that comes after so many more posts."""

    after: int
    order: int
    draft: Draft = field(compare=False)
    turn: int = field(compare=False)
    parent: Status = field(compare=False)


class Player:
    """Owns the plays and the reactions that wait. Works on the event loop that owns the world."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.plays: dict[int, Play] = {}
        self.reacting = True
        self.newspaper = Newspaper(world)
        # A town that starts again goes on; it does not begin its conversations anew.
        self._rng = random.Random(f"{seed}-{len(world.ids)}")
        self.said = {hash(status.text) for status in world.statuses.values()}
        self._chat = Storyteller(SCENES["quiet-tuesday"], seed, self.said)
        self._tasks: set[asyncio.Task[None]] = set()
        self._answered: dict[int, int] = {}

    def start(
        self,
        scene: str,
        *,
        posts: int,
        rate: float,
        direct: float | None = None,
        seed: int | None = None,
        react: bool = True,
    ) -> dict[str, Any]:
        """Begin to play in the background; return its first report. Raises PlayRefused."""
        if scene not in SCENES:
            raise PlayRefused(f"Unknown scene: {scene}. There are: {', '.join(SCENES)}")
        if not 1 <= posts <= MAX_POSTS:
            raise PlayRefused(f"posts must be between 1 and {MAX_POSTS}")
        if not 0 < rate <= MAX_RATE:
            raise PlayRefused(f"rate must be above 0 and at most {MAX_RATE:.0f} a second")
        share = SCENES[scene].direct if direct is None else direct
        if not 0 <= share <= 1:
            raise PlayRefused("direct must be a share between 0 and 1")
        self.reacting = react
        number = max(self.plays, default=0) + 1
        play = self.plays[number] = Play(number, scene, posts, rate, share)
        for old in [one for one in self.plays if self.plays[one].done][:-KEPT_PLAYS]:
            del self.plays[old]
        chosen = self._rng.randrange(2**31) if seed is None else seed
        teller = Storyteller(SCENES[scene], chosen, self.said)
        play.task = asyncio.create_task(self._play(play, SCENES[scene], teller))
        return play.report()

    async def _play(self, play: Play, scene: Scene, teller: Storyteller) -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        waiting: list[_Waiting] = []
        articles = list(scene.articles)
        try:
            while play.made < play.posts and not play.stopped:
                due = min(play.posts, int((clock() - began) * play.rate) + 1)
                for _ in range(min(_BATCH, due - play.made)):
                    self._step(play, teller, waiting)
                while articles and play.made >= articles[0][0] * play.posts:
                    self.newspaper.publish(articles.pop(0)[1])
                self.world.commit()
                play.seconds = clock() - began
                next_due = began + play.made / play.rate
                await asyncio.sleep(max(0.0, min(_TICK * 10, next_due - clock())))
        except (OSError, ValueError) as error:
            play.error = str(error)
        finally:
            play.seconds = clock() - began
            play.done = True

    def _step(self, play: Play, teller: Storyteller, waiting: list[_Waiting]) -> None:
        """Make one post: a reply whose time has come, or something new."""
        if waiting and waiting[0].after <= play.made:
            last = heapq.heappop(waiting)
            turn, parent = last.turn, last.parent
            draft = teller.go_on(last.draft, turn, self.addressed(last.draft, turn, parent))
            speaker = draft.resident
            thread = Draft(last.draft.resident, "", last.draft.private, draft.piece, draft.slots)
        else:
            wish = play.direct + (play.direct * play.made - play.addressed) * 0.5
            draft = teller.begin(play.made / play.posts, teller.rng.random() < wish)
            turn, parent, speaker, thread = 0, None, draft.resident, draft
        status = self.post(speaker, draft.text, parent, draft.private)
        play.made += 1
        play.addressed += any(self.world.accounts[one].token for one in status.mentions)
        if turn + 1 < len(draft.piece.live_turns()):
            gap = teller.rng.randrange(2, 12)
            heapq.heappush(waiting, _Waiting(play.made + gap, play.made, thread, turn + 1, status))

    def addressed(self, draft: Draft, turn: int, parent: Status) -> list[str]:
        """Whom a reply in a thread mentions, as Mastodon fills in: the author above, and the
        municipality where the first author goes on."""
        author = self.world.accounts[parent.account]
        named = [self.world.accounts[one] for one in parent.mentions]
        if draft.piece.turns[turn].speaker == "first":
            return [author.acct, *(one.acct for one in named if one.token)]
        return [author.acct]

    def post(
        self,
        resident: Resident,
        text: str,
        parent: Status | None,
        private: bool,
        at: int = 0,
    ) -> Status:
        """Let `resident` say `text`; the caller commits. `at` as in `World.post`."""
        visibility: Visibility = "direct" if private else "public"
        return self.world.post(
            self.account_of(resident),
            text,
            reply_to=parent.id if parent else 0,
            visibility=visibility,
            language=resident.language,
            at=at,
        )

    def account_of(self, resident: Resident) -> Account:
        found = self.world.find_account(resident.handle, resident.server)
        assert found is not None
        return found

    def waiting(self) -> int:
        """How many residents are about to react."""
        return len(self._tasks)

    def hear(self, answer: Status) -> None:
        """Let the resident who was answered react, or not, some seconds later."""
        parent = self.world.statuses.get(answer.reply_to)
        if parent is None or not self.reacting:
            return
        resident = self.world.accounts[parent.account].resident
        if resident is None:
            return
        first = self.world.ancestors(answer)[0].id
        times = self._answered[first] = self._answered.get(first, 0) + 1
        kind = reactions.choose(resident, answer.text, times, self._rng)
        if kind == "silence":
            return
        delay = self._rng.uniform(*reactions.DELAY_SECONDS)
        task = asyncio.create_task(self._react(resident, answer, kind, delay))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _react(self, resident: Resident, answer: Status, kind: str, delay: float) -> None:
        await asyncio.sleep(delay)
        if answer.id not in self.world.statuses:
            return
        if kind == "like":
            self.world.like(self.account_of(resident), answer)
        else:
            text = reactions.words(resident, kind, self._rng)
            handle = self.world.accounts[answer.account].acct
            said = self._chat.react(text, resident, f"@{handle}", kind)
            self.post(resident, said, answer, answer.visibility == "direct")
        self.world.commit()

    def close(self) -> None:
        """End everything that still waits."""
        for play in self.plays.values():
            play.stop()
        for task in self._tasks:
            task.cancel()
