"""Charts: bars and lines as SVG text, without styles of their own: the page decides about colour, and about dark."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from markupsafe import Markup, escape

from services.reporting.portal.locale import PageLocale
from services.reporting.schemas.series import PointShape

BAR_HEIGHT = 44
TICKS = 4
STEPS = (1, 2, 5)
YEARS_AT_LEAST = 3  # to be told by years
MARKS = ("circle", "square", "diamond")  # a line is known by its mark too, not by its colour alone
MARK_SIZE = 4.5


class Segment(NamedTuple):
    """kind: names its colour and pattern. value: nothing where it is unknown or below zero."""

    kind: str
    value: Fraction


def bar(segments: Sequence[Segment], label: str) -> Markup:
    """One stacked bar, as wide as its place. Empty where nothing can be drawn."""
    drawn = [segment for segment in segments if segment.value > 0]
    whole = sum((segment.value for segment in drawn), Fraction(0))
    if not whole:
        return Markup("")
    parts, start = [], Fraction(0)
    for segment in drawn:
        at, wide = percent(start, whole), percent(segment.value, whole)
        place = f'x="{at}%" width="{wide}%" height="{BAR_HEIGHT}"'
        parts.append(f'<rect class="s {segment.kind}" {place}/><rect class="over {segment.kind}" {place}/>')
        start += segment.value
    return Markup('<svg class="bar" role="img" aria-label="{}" width="100%" height="{}">{}</svg>').format(
        label, BAR_HEIGHT, Markup("".join(parts))
    )


def percent(part: Fraction, whole: Fraction) -> str:
    return f"{float(100 * part / whole):.3f}"


def swatch(kind: str) -> Markup:
    """The colour and pattern of a segment, for the table beside its bar."""
    inside = f'<rect class="s {kind}" width="16" height="16"/><rect class="over {kind}" width="16" height="16"/>'
    return Markup(f'<svg class="swatch" width="16" height="16" aria-hidden="true">{inside}</svg>')


PATTERNS = Markup(
    '<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>'
    '<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="hatch-ground" width="5" height="5"/><rect class="hatch-line" width="1" height="5"/></pattern>'
    '<pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="texture" width="1.5" height="6"/></pattern>'
    '<pattern id="rising" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">'
    '<rect class="texture" width="1.5" height="6"/></pattern>'
    '<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<circle class="texture" cx="3" cy="3" r="1.2"/></pattern>'
    '<pattern id="bars" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<rect class="texture" width="1.5" height="6"/></pattern>'
    "</defs></svg>"
)


# --------------------------------------------------------------------------------------------------------- lines


class Line(NamedTuple):
    """A figure over time. points: as a series has them, in order of day."""

    name: str
    points: Sequence[PointShape]


class Frame(NamedTuple):
    """Where the lines are drawn: days and numbers to places."""

    first: date
    last: date
    top: Fraction
    width: int
    height: int
    left: int
    right: int

    def x(self, on: date) -> float:
        span = max(1, (self.last - self.first).days)
        return round(self.left + (on - self.first).days / span * (self.width - self.left - self.right), 1)

    def y(self, value: Fraction) -> float:
        foot, head = self.height - 28, 12
        return round(float(foot - value / self.top * (foot - head)), 1)


def lines(drawn: Sequence[Line], until: date, t: PageLocale, label: str, *, width: int, height: int = 260) -> Markup:
    """Lines in steps, as levels are; dashed from the last day that something was said to the view's day."""
    days = [point.on for line in drawn for point in line.points]
    values = [Fraction(point.high) for line in drawn for point in line.points]
    if not days or max(values) <= 0:
        return Markup("")
    ticks = ticks_of(max(values))
    numbers = [t.number(int(tick)) for tick in ticks]
    left = max(len(number) for number in numbers) * 7 + 12
    frame = Frame(begin(min(days), until), until, ticks[-1], width, height, left, 14)
    parts = [*rows(ticks, numbers, frame), *times(frame, t)]
    for number, line in enumerate(drawn):
        parts += steps(number, line.points, frame)
    for number, line in enumerate(drawn):
        parts += anchors(number, line.points, frame)
    return Markup('<svg class="lines" role="img" aria-label="{}" viewBox="0 0 {} {}">{}</svg>').format(
        label, width, height, Markup("".join(parts))
    )


def begin(first: date, last: date) -> date:
    """A little air before the first day; at least a month to draw."""
    air = max(15, (last - first).days // 20)
    return date.fromordinal(first.toordinal() - air)


def ticks_of(top: Fraction) -> list[Fraction]:
    """From 0 in round steps to the first above the top."""
    step = next(step for step in round_steps() if step * TICKS >= top)
    return [Fraction(step * number) for number in range(int(-(-top // step)) + 1)]


def round_steps() -> Iterable[int]:
    power = 1
    while True:
        yield from (power * step for step in STEPS)
        power *= 10


def rows(ticks: Sequence[Fraction], numbers: Sequence[str], frame: Frame) -> Iterable[str]:
    for tick, number in zip(ticks, numbers, strict=True):
        y = frame.y(tick)
        yield f'<path class="row" d="M{frame.left} {y}H{frame.width - frame.right}"/>'
        yield f'<text class="tick end" x="{frame.left - 8}" y="{y + 4}">{escape(number)}</text>'


def times(frame: Frame, t: PageLocale) -> Iterable[str]:
    """The first day of every year, or month where years are too few; of every so many that they do not touch."""
    firsts = [date(year, 1, 1) for year in range(frame.first.year + 1, frame.last.year + 1)]
    pattern, wide = "y", 56
    if len(firsts) < YEARS_AT_LEAST:
        firsts, pattern, wide = list(months(frame.first, frame.last)), "MMM y", 84
    every = -(-len(firsts) * wide // (frame.width - frame.left)) or 1
    for on in firsts[::every]:
        x = frame.x(on)
        if x + wide / 2 > frame.width:
            continue
        yield f'<path class="row" d="M{x} {frame.height - 28}v5"/>'
        yield f'<text class="tick mid" x="{x}" y="{frame.height - 8}">{t.dated(on, pattern)}</text>'


def months(first: date, last: date) -> Iterable[date]:
    """The first day of each month that begins between two days."""
    for number in range(first.year * 12 + first.month, last.year * 12 + last.month):
        yield date(number // 12, number % 12 + 1, 1)


def steps(number: int, points: Sequence[PointShape], frame: Frame) -> Iterable[str]:
    """Solid to the last change, dashed beyond it: nobody has said anything since."""
    if not points:
        return
    last = last_stated_point(points)
    places = [(frame.x(point.on), frame.y(Fraction(point.value))) for point in points]
    solid, carried = places[: last + 1], places[last:]
    yield f'<path class="line l{number}" d="{path_of(solid)}"/>'
    if len(carried) > 1:
        yield f'<path class="line l{number} carried" d="{path_of(carried)}"/>'


def last_stated_point(points: Sequence[PointShape]) -> int:
    """The last point that is an anchor or differs from the one before it."""
    for position in range(len(points) - 1, 0, -1):
        if points[position].anchored or points[position].value != points[position - 1].value:
            return position
    return 0


def path_of(places: Sequence[tuple[float, float]]) -> str:
    (x, y), *others = places
    return f"M{x} {y}" + "".join(f"H{there}V{level}" for there, level in others)


def anchors(number: int, points: Sequence[PointShape], frame: Frame) -> Iterable[str]:
    for point in points:
        if point.anchored:
            yield mark(number, frame.x(point.on), frame.y(Fraction(point.value)))


def mark(number: int, x: float, y: float) -> str:
    draw: Callable[[float, float], str] = {"circle": circle, "square": square, "diamond": diamond}[MARKS[number]]
    return f'<path class="mark l{number}" d="{draw(x, y)}"/>'


def circle(x: float, y: float) -> str:
    r = MARK_SIZE
    return f"M{x - r} {y}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z"


def square(x: float, y: float) -> str:
    r = MARK_SIZE - 0.5
    return f"M{x - r} {y - r}h{2 * r}v{2 * r}h{-2 * r}z"


def diamond(x: float, y: float) -> str:
    r = MARK_SIZE + 1
    return f"M{x} {y - r}l{r} {r}l{-r} {r}l{-r} {-r}z"


def key(number: int) -> Markup:
    """A line's mark, for the table beside the chart."""
    inside = f'<path class="line l{number}" d="M0 8H24"/>{mark(number, 12, 8)}'
    return Markup(f'<svg class="key-line" width="24" height="16" aria-hidden="true">{inside}</svg>')
