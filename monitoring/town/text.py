"""A report as text for a terminal or a mail: Dutch, at most 80 characters wide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from monitoring.town.report import TOP_AUTHORS, Report, Theme
from monitoring.town.windows import HERE, HOURLY
from monitoring.town.words import TENORS, name_platform, name_theme

DAYS: Final = ("ma", "di", "wo", "do", "vr", "za", "zo")
MONTHS: Final = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)
LEVELS: Final = " ▁▂▃▄▅▆▇█"
#: Darkest is criticism; read from left to right, what remains is neutral.
SHADES: Final = (("criticism", "█"), ("mixed", "▓"), ("support", "▒"), ("neutral", "░"))
BAR: Final = 16
GAPS_SHOWN: Final = 12


def report_as_text(report: Report, municipality: str) -> str:
    return "\n".join(_lines(report, municipality)) + "\n"


def _lines(report: Report, municipality: str) -> Iterator[str]:
    yield f"De praat van {municipality}"
    yield f"{_moment(report.since)} tot {_moment(report.until)}"
    yield f"daarvoor: {_moment(report.previous_since)} tot {_moment(report.previous_until)}"
    yield ""
    yield from _volume(report)
    if report.total:
        yield from _tenor_and_places(report)
        yield from _line(report)
    if report.themes:
        yield from _themes(report.themes)
    yield from _honesty(report)


def _volume(report: Report) -> Iterator[str]:
    if not report.total:
        yield "  Niemand zei iets. (Stilte is ook een uitkomst; kijk wel of er werd geluisterd.)"
    else:
        yield (
            f"  {_number(report.total)} {_plural(report.total, 'bericht', 'berichten')}"
            f" van {_number(report.authors)} {_plural(report.authors, 'afzender', 'afzenders')}"
            f"   {_change(report.total, report.previous_total)}".rstrip()
        )
    yield (f"  daarvoor {_number(report.previous_total)} van {_number(report.previous_authors)}")


def _tenor_and_places(report: Report) -> Iterator[str]:
    shares = (f"{TENORS[name]} {_share(report.tenor[name], report.total)}" for name, _ in SHADES)
    yield ""
    yield f"  Teneur  {' · '.join(shares)}"
    estimates = {one.tenor: one for one in report.tenor_shares}
    likely = (
        f"{TENORS[name]} {round(100 * estimates[name].low)}–{_percent(estimates[name].high)}"
        for name, _ in SHADES
        if name in estimates
    )
    yield from _wrapped("  geschat ", " · ".join(likely))
    where = (f"{name_platform(item.platform)} {_number(item.count)}" for item in report.platforms)
    yield from _wrapped("  Waar    ", " · ".join(where))


def _line(report: Report) -> Iterator[str]:
    top = max(point.count for point in report.series)
    line = "".join(LEVELS[-(-point.count * (len(LEVELS) - 1) // top)] for point in report.series)
    first, last = report.series[0].at, report.series[-1].at
    name = _clock if report.until - report.since <= HOURLY else _day
    yield ""
    yield from _wrapped("  Verloop ", f"{name(first)} {line} {name(last)}  hoogste: {_number(top)}")


def _themes(themes: list[Theme]) -> Iterator[str]:
    widest = max(theme.count for theme in themes) or 1
    yield ""
    yield f"  {'Thema':<20}{'nu':>7}{'eerder':>8}{'':>8}  {'teneur':<{BAR}}{'afz.':>7}{'top 5':>7}"
    for theme in themes:
        yield (
            f"  {name_theme(theme.theme)[:19]:<20}{_number(theme.count):>7}"
            f"{_number(theme.previous):>8}{_change(theme.count, theme.previous):>8}"
            f"  {_bar(theme, widest):<{BAR}}{_number(theme.authors):>7}"
            f"{_percent(theme.top_authors_share):>7}"
        )
    yield "  " + "   ".join(f"{sign} {TENORS[name]}" for name, sign in SHADES)
    yield "  Een bericht kan over meer thema's gaan."


def _honesty(report: Report) -> Iterator[str]:
    yield ""
    if report.total:
        yield (
            f"  Dit is een stem, niet dé stem: de {TOP_AUTHORS} actiefste afzenders schreven"
            f" {_percent(report.top_authors_share)}."
        )
        yield (
            f"  Labels zijn van de machine ({report.labels.model or 'onbekend'}), bij"
            f" {_percent(report.labels.unsure_share)} niet zeker van de teneur."
        )
        yield "  Geschat is met haar vergissingen erbij; 19 van de 20 keer ligt het daartussen."
    if not report.gaps:
        yield "  Er is zonder onderbreking geluisterd."
        return
    yield "  Niet geluisterd:"
    for gap in report.gaps[:GAPS_SHOWN]:
        yield f"    {gap.source}: {_moment(gap.since)} – {_moment(gap.until)}"
        yield from _wrapped("      ", gap.reason)
    if len(report.gaps) > GAPS_SHOWN:
        yield f"    en nog {len(report.gaps) - GAPS_SHOWN} keer"


def _bar(theme: Theme, widest: int) -> str:
    """Length says how much, shades say with what tenor; every part rounds up from below."""
    length = max(1, round(BAR * theme.count / widest)) if theme.count else 0
    bar, seen = "", 0
    for name, sign in SHADES:
        seen += theme.tenor[name]
        bar += sign * (round(length * seen / theme.count) - len(bar)) if theme.count else ""
    return bar


def _change(now: int, before: int) -> str:
    if not before:
        return "nieuw" if now else ""
    change = round(100 * (now - before) / before)
    if abs(change) >= 1000:
        return f"▲ ×{_number(round(now / before))}"
    return f"▲ {change}%" if change > 0 else f"▼ {-change}%" if change < 0 else "gelijk"


def _share(part: int, whole: int) -> str:
    return _percent(part / whole if whole else 0.0)


def _percent(share: float) -> str:
    return f"{round(100 * share)}%"


def _number(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _plural(number: int, one: str, more: str) -> str:
    return one if number == 1 else more


def _moment(at: datetime) -> str:
    local = at.astimezone(HERE)
    month = MONTHS[local.month - 1]
    return f"{DAYS[local.weekday()]} {local.day} {month} {local.year} {local:%H.%M} uur"


def _day(at: datetime) -> str:
    local = at.astimezone(HERE)
    return f"{DAYS[local.weekday()]} {local.day}-{local.month}"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(HERE):%H.%M}"


def _wrapped(head: str, text: str) -> Iterator[str]:
    line = head
    for word in text.split(" "):
        if len(line) + len(word) > 80 and line.strip():
            yield line.rstrip()
            line = " " * len(head)
        line += word + " "
    if line.strip():
        yield line.rstrip()
