"""What the links in messages lead to: silence an alert, end a subscription.

Opening a link shows a page that asks; only its form changes anything, since mail servers
open links to look behind them. RFC 8058 lets a mail program post to the unsubscribe link
without a page. The pages load nothing and run nothing.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from html import escape
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from monitor.clock import Clock
from monitor.errors import StoreUnavailable
from monitor.model import Silence, stable_id
from monitor.send.links import Claim, Links, Purpose
from monitor.store.records import Store
from monitor.store.views import AuditLine

LARGEST_FORM = 8 * 1024
_COMMENT = 500
_TIMES = {
    "1h": ("one hour", timedelta(hours=1)),
    "8h": ("eight hours", timedelta(hours=8)),
    "1d": ("a day", timedelta(days=1)),
    "7d": ("a week", timedelta(days=7)),
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

Form = dict[str, str]
_Page = Callable[[Claim, datetime], str]
_Act = Callable[[Claim, Form, datetime], str]


class _Refused(Exception):
    """A request that is answered with a page that says why nothing was done."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def routes(store: Store, clock: Clock, links: Links) -> list[Route]:
    """Return the paths below /links."""
    made = _Pages(store, clock, links)
    return [
        *made.routes("silence", made.ask_silence, made.silence),
        *made.routes("unsubscribe", made.ask_unsubscribe, made.unsubscribe),
    ]


class _Pages:
    def __init__(self, store: Store, clock: Clock, links: Links) -> None:
        self._store = store
        self._clock = clock
        self._links = links

    def routes(self, purpose: Purpose, ask: _Page, act: _Act) -> list[Route]:
        """Return the page that asks and the form that acts."""
        path = f"/links/{purpose}/{{token}}"
        return [
            Route(path, self._answered(purpose, self._showing(ask)), methods=["GET"]),
            Route(path, self._answered(purpose, act), methods=["POST"]),
        ]

    def _showing(self, ask: _Page) -> _Act:
        return lambda claim, _, now: ask(claim, now)

    def _answered(
        self, purpose: Purpose, do: _Act
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            now = self._clock.now()
            try:
                form = await _form(request) if request.method == "POST" else {}
                claim = self._claim(purpose, request.path_params["token"], now)
                body = await run_in_threadpool(do, claim, form, now)
            except _Refused as refused:
                return _page(
                    "Nothing was done",
                    f"<p>{escape(_sentence(str(refused)))}</p>",
                    refused.status,
                )
            except StoreUnavailable:
                return _page("Not now", "<p>Try it again in a minute.</p>", 503)
            return _page("Tocsin", body)

        return endpoint

    def _claim(self, purpose: Purpose, token: str, now: datetime) -> Claim:
        claim = self._links.read(purpose, token, now)
        if isinstance(claim, str):
            raise _Refused(403, claim)
        return claim

    # ── silence ──────────────────────────────────────────────────────────────

    def ask_silence(self, claim: Claim, now: datetime) -> str:
        """Return the form that silences; nothing has happened yet."""
        title = self._title(claim)
        times = "".join(
            f'<option value="{key}"{" selected" if key == "1d" else ""}>{words}</option>'
            for key, (words, _) in _TIMES.items()
        )
        running = self._running(claim, now)
        already = "".join(
            f"<p>Silenced until {one.ends:%Y-%m-%d %H:%M} UTC by {escape(one.author)}.</p>"
            for one in running
        )
        return (
            f"<h1>Silence an alert</h1><p><b>{escape(title)}</b></p>{already}"
            '<form method="post"><p><label>What<select name="what">'
            '<option value="story">this story</option>'
            f'<option value="rule">the rule {escape(claim.rule)}</option>'
            "</select></label></p>"
            f'<p><label>For<select name="for">{times}</select></label></p>'
            '<p><label>Why<input name="comment" maxlength="500"'
            ' placeholder="so that others know"></label></p>'
            "<p><button>Silence</button></p></form>"
            "<p>Everybody who would hear of it hears nothing new meanwhile; what waits"
            " already, as for a digest or the morning, still comes. What is held"
            f" back is listed by <code>tocsin alerts held</code>; <code>tocsin silences"
            f" expire</code> ends it early. It will be signed {escape(claim.who)}.</p>"
        )

    def silence(self, claim: Claim, form: Form, now: datetime) -> str:
        """Make the silence, once for a form however often it is sent."""
        _, lasts = _TIMES.get(form.get("for", ""), _TIMES["1d"])
        name, value = (
            ("rule", claim.rule)
            if form.get("what") == "rule"
            else ("story", claim.story)
        )
        ends = now + lasts
        for one in self._running(claim, now):
            lasts_as_long = one.ends >= ends - timedelta(minutes=1)
            is_wanted = lasts_as_long and not one.until_news
            if is_wanted and one.matchers == ((name, "=", value),):
                return _done_silence(one)
        made = Silence(
            id=stable_id("sil", claim.alert, name, value, now.isoformat()),
            matchers=((name, "=", value),),
            starts=now,
            ends=ends,
            created=now,
            author=claim.who,
            comment=form.get("comment", "")[:_COMMENT],
        )
        self._store.add_silence(made)
        self._audit(
            claim, now, "link: silence", f"{name}={value} until {ends.isoformat()}"
        )
        return _done_silence(made)

    def _running(self, claim: Claim, now: datetime) -> list[Silence]:
        wanted = {("story", "=", claim.story), ("rule", "=", claim.rule)}
        return [
            one
            for one in self._store.silences(now)
            if len(one.matchers) == 1 and one.matchers[0] in wanted
        ]

    def _title(self, claim: Claim) -> str:
        found = self._store.alert(claim.alert)
        return found.story.title if found else claim.story

    # ── unsubscribe ──────────────────────────────────────────────────────────

    def ask_unsubscribe(self, claim: Claim, now: datetime) -> str:
        """Return the form that ends a subscription; nothing has happened yet."""
        del now
        return (
            "<h1>No more mail?</h1>"
            f"<p>{escape(claim.recipient)} gets alerts as one of the recipients of"
            f" {escape(claim.receiver)}.</p>"
            '<form method="post"><p><button>Unsubscribe</button></p></form>'
        )

    def unsubscribe(self, claim: Claim, form: Form, now: datetime) -> str:
        """End the subscription; again is no fault."""
        del form
        if self._store.unsubscribe(claim.receiver, claim.recipient, now):
            self._audit(claim, now, "link: unsubscribe", claim.receiver)
        return (
            f"<h1>Unsubscribed</h1><p>{escape(claim.recipient)} gets nothing more of"
            f" {escape(claim.receiver)}. Who runs Tocsin can undo it: <code>tocsin"
            f" receivers resubscribe {escape(claim.receiver)} {escape(claim.recipient)}"
            "</code>.</p>"
        )

    def _audit(self, claim: Claim, now: datetime, action: str, detail: str) -> None:
        self._store.audit(
            AuditLine(at=now, who=claim.who, action=action, detail=detail)
        )


def _done_silence(made: Silence) -> str:
    name, _, value = made.matchers[0]
    return (
        f"<h1>Silenced</h1><p>{escape(name)} {escape(value)} until"
        f" {made.ends:%Y-%m-%d %H:%M} UTC. To end it early:"
        f" <code>tocsin silences expire {made.id}</code></p>"
    )


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


async def _form(request: Request) -> Form:
    read = b""
    try:
        async for chunk in request.stream():
            read += chunk
            if len(read) > LARGEST_FORM:
                raise _Refused(413, "the form is too large")
    except ClientDisconnect:
        raise _Refused(400, "the request broke off") from None
    text = read.decode("utf-8", "replace")
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=20))
    except ValueError:
        raise _Refused(400, "the form has too many fields") from None


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;"
    "padding:0 1rem;color:#101828}h1{font-size:1.3rem}label{display:block}"
    "select,input{display:block;width:100%;font:inherit;padding:.4rem;box-sizing:border-box}"
    "button{font:inherit;padding:.6rem 1.4rem;background:#7a1020;color:#fff;border:0;"
    "border-radius:.3rem}code{word-break:break-all}"
)


def _page(title: str, body: str, status: int = 200) -> Response:
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body>{body}</body></html>"
    )
    return HTMLResponse(page, status, headers=_HEADERS)
