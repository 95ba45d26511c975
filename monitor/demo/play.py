"""Plays 29 July to 14 August 2020 through the real program, on this machine.

A local server publishes the feeds, the program polls them on its own schedule under
a clock that is moved on step by step, and a webhook receiver and a mail server take
the alerts. Only the clock differs from the service.
"""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from monitor.app.compose import Clocks, Tocsin
from monitor.app.loading import load
from monitor.app.observers import Observers, Summary
from monitor.clock import SteppedClock, SystemClock
from monitor.demo import content
from monitor.demo.configuring import MORNING, Ends, no_environment, write_configuration
from monitor.demo.feedserver import FeedServer
from monitor.demo.keeping import folder_for, keep_received, look_around
from monitor.demo.receivers import Mail, MailReceiver, Received, WebhookReceiver
from monitor.demo.results import Result, spread
from monitor.model import Verdict
from monitor.pipeline.reports import DeliveryReport, PollReport
from monitor.send import signatures
from monitor.store.records import Store, open_store

STEP = timedelta(minutes=30)
"""How far the clock moves at a time."""
EVERY = timedelta(hours=3)
"""The shortest time between two polls of one feed, in the clock's time."""
_LAST_POLL = timedelta(hours=12)
_SETTLING = 50
"""Steps after the last poll in which deliveries that failed are tried again."""


@dataclass(slots=True)
class _Watch:
    """Times each message from its decision to the webhook's receiver."""

    server: FeedServer
    clock: SteppedClock
    decided: dict[str, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)

    def polled(self, report: PollReport) -> None:
        """Note when each alert was decided."""
        for finding in report.findings:
            if finding.alert is not None:
                alert = finding.alert
                self.decided[f"{alert.id} {alert.sequence}"] = monotonic()

    def delivered(self, report: DeliveryReport) -> None:
        """Leave attempts to the summary."""

    def received(self, message: Received) -> None:
        """Note when a message came."""
        data = message.body["data"]
        began = self.decided.get(f"{data['alert_id']} {data['sequence']}")
        if began is not None and message.attempts == 1:
            self.took.append(monotonic() - began)
        published = self.server.published(data["items"][0]["url"])
        if published is not None:
            waited = self.clock.now() - published
            self.latencies.append(max(0.0, waited.total_seconds()))


def _is_digest(mail: Mail) -> bool:
    return bool(mail.message["X-Tocsin-Kind"] == "digest")


class _Terminal(Console):
    """Notes when nobody reads on: what prints here is no place to end the play."""

    unread = False

    def on_broken_pipe(self) -> None:
        with suppress(SystemExit):  # after it has turned the output away
            super().on_broken_pipe()
        self.unread = True


class _Stage:
    """The terminal: alerts as they come, and how far the weeks have gone."""

    def __init__(
        self, console: _Terminal, *, quiet: bool, also: Callable[[str], None] | None
    ) -> None:
        self.console = console
        self.quiet = quiet
        self._also = also
        self._progress = Progress(
            TextColumn("{task.fields[date]}"),
            BarColumn(),
            TextColumn("{task.fields[told]} alerts"),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=1.0, date="", told=0)
        self._told = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, text: str, *, as_it_is: bool = False) -> None:
        """Print an explanation; `as_it_is` breaks no line, so that commands stay whole."""
        if not self.quiet:
            self.console.print(Text(text, style="dim"), soft_wrap=as_it_is)

    def write(self, text: str) -> None:
        """Print an alert, as the console receiver has rendered it."""
        self._told += 1
        if self._also is not None:
            self._also(text)
        if self.quiet:
            return
        head, _, rest = text.partition("\n")
        severity = head.split(" ", 1)[0]
        style = {"CRITICAL": "bold red", "HIGH": "bold yellow"}.get(severity, "bold")
        shown = Text(head, style=style)
        if rest:
            shown.append(f"\n{rest}", style="not bold default")
        self.console.print(shown, soft_wrap=True)

    def mailed(self, mail: Mail) -> None:
        """Print that a digest came; its alerts were printed before."""
        if _is_digest(mail) and not self.quiet:
            told = f"mail to {MORNING}: {mail.message['Subject']}"
            self.console.print(Text(told, style="bold cyan"))

    def at(self, moment: datetime, share: float) -> None:
        """Move the progress on; BrokenPipeError where nobody reads on."""
        if self.console.unread:
            raise BrokenPipeError
        self._progress.update(
            self._task, completed=share, date=f"{moment:%d %B %H:%M}", told=self._told
        )


async def play(
    duration: timedelta,
    *,
    quiet: bool,
    every: timedelta = EVERY,
    write: Callable[[str], None] | None = None,
    keep: Path | None = None,
) -> Result:
    """Play the weeks in about `duration` of real time and return what happened.

    `quiet` prints nothing; `write` takes each alert's text all the same. `every` is
    the shortest time between two polls of one feed, in the clock's time. What this
    machine cannot do in the time takes longer; the result is the same. `keep` is a
    new or empty folder for the configuration, the database and what was received.
    """
    with folder_for(keep) as folder:
        async with AsyncExitStack() as stack:
            stage = _Stage(_Terminal(), quiet=quiet, also=write)
            player = await _Player.set_up(stack, folder, stage, every)
            result = await player.play(duration)
        if keep is not None:
            keep_received(folder, player.hook.messages.values(), player.post.messages)
            stage.say(look_around(keep), as_it_is=True)
        return result


@dataclass(kw_only=True)
class _Player:
    clock: SteppedClock
    tocsin: Tocsin
    store: Store
    server: FeedServer
    hook: WebhookReceiver
    post: MailReceiver
    summary: Summary
    watch: _Watch
    stage: _Stage
    every: timedelta

    @classmethod
    async def set_up(
        cls, stack: AsyncExitStack, folder: Path, stage: _Stage, every: timedelta
    ) -> "_Player":
        clock = SteppedClock(content.BEGIN)
        outlets, items = content.load()
        server = FeedServer(items, outlets, clock)
        await server.start()
        stack.push_async_callback(server.stop)
        watch, summary = _Watch(server, clock), Summary()
        secret = signatures.new_secret(secrets.token_bytes(24))
        hook = WebhookReceiver(secret, on_message=watch.received)
        post = MailReceiver(stage.mailed)
        ends = Ends(
            secret=secret,
            hook=await hook.start(),
            post=await post.start(),
            every=every,
        )
        config = write_configuration(folder, server, ends)
        stack.push_async_callback(hook.stop)
        stack.push_async_callback(post.stop)
        with no_environment():
            loaded = load(config)
        store = open_store(loaded.configuration.store_url)
        stack.callback(store.close)
        tocsin = Tocsin(
            loaded,
            store,
            Observers([watch, summary]),
            clocks=Clocks(clock=clock, wall=SystemClock()),
            write=stage.write,
        )
        stack.push_async_callback(tocsin.aclose)
        return cls(
            clock=clock,
            tocsin=tocsin,
            store=store,
            server=server,
            hook=hook,
            post=post,
            summary=summary,
            watch=watch,
            stage=stage,
            every=every,
        )

    async def play(self, duration: timedelta) -> Result:
        began = monotonic()
        self.tocsin.begin()
        self.stage.say(
            "Sixteen outlets that do not exist report what happened in Belarus, on "
            "the gas market and in opera houses; Tocsin polls them."
        )
        steps = (content.END - content.BEGIN) // STEP
        pause = duration.total_seconds() / steps
        with self.stage:
            for number in range(steps):
                self.stage.at(self.clock.now(), number / steps)
                await self.tocsin.crew.run_until_idle()
                self.tocsin.lifecycles.look(self.clock.now())
                await self.tocsin.seal()
                self.clock.step(STEP)
                left = began + pause * (number + 1) - monotonic()
                await asyncio.sleep(max(0.0, left))
            await self._settle()
            await self.tocsin.seal()
        result = self._result(monotonic() - began)
        self._close(result)
        return result

    async def _settle(self) -> None:
        """Poll every feed a last time and let what is still due be delivered."""
        self.clock.step(_LAST_POLL)
        self.store.make_due(None, self.clock.now())
        for _ in range(_SETTLING):
            await self.tocsin.crew.run_until_idle()
            counts = self.store.counts(self.clock.now())
            if not counts["deliveries_pending"]:
                return
            self.clock.step(STEP)

    def _result(self, took: float) -> Result:
        counts = self.store.counts(self.clock.now())
        summary, hook, posted = self.summary, self.hook, self.post.messages
        digests = [mail for mail in posted if _is_digest(mail)]
        return Result(
            outlets=len(self.server.sources()),
            published=len(content.load()[1]),
            polls=summary.polls.total(),
            unchanged=summary.polls["unchanged"],
            items=int(counts["items"]),
            matched=summary.matched_items,
            stories=int(counts["stories"]),
            alerts=summary.verdicts[Verdict.RAISE.value],
            updates=summary.verdicts[Verdict.UPDATE.value],
            corrections=summary.verdicts[Verdict.CORRECT.value],
            held_back=summary.verdicts[Verdict.JOIN.value]
            + summary.verdicts[Verdict.HOLD.value],
            exact_copies=summary.copies,
            webhooks=hook.counts.verified,
            webhook_retries=hook.counts.busy,
            refused_signatures=hook.counts.bad,
            mails=sum(1 for mail in posted if MORNING not in mail.recipients),
            digests=len(digests),
            digested=sum(int(mail.message["X-Tocsin-Alerts"]) for mail in digests),
            duplicates=hook.counts.duplicates + self.post.duplicates,
            waiting=int(counts["deliveries_pending"]),
            dead=int(counts["deliveries_dead"]),
            latency=spread(self.watch.latencies),
            processing=spread(self.watch.took),
            every=self.every.total_seconds(),
            took=took,
        )

    def _close(self, result: Result) -> None:
        if self.stage.quiet:
            return
        self.stage.console.print(result.table())
        if not result.complete:
            self.stage.console.print("NOT COMPLETE: see the figures above", style="red")
        self.stage.say(
            "Now yours: `tocsin init my-desk` writes a configuration and these rule "
            "packs to change; `tocsin run` watches real feeds."
        )
