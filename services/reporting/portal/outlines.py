"""Outlines: the shapes of districts and sub-districts as short SVG paths, made once and kept."""

import json
import math
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

import data
from services.reporting.levels.scopes import is_roll_up
from shared.base import areas

WIDTH = {"nation": 1000, "province": 640, "district": 480}  # of the drawing, in its own units
HEIGHT_AT_MOST = 620
FILES = {"district": "districts.geojson", "subdistrict": "subdistricts_seed_districts.geojson"}
MARGIN = 4
LEAST_AREA = 3  # islands below it, in square units, are left out; each place keeps its largest
Ring = list[tuple[int, int]]
Point = tuple[float, float]


class Drawing(NamedTuple):
    """width, height: of the view box. paths: `d` by area, in order of code."""

    width: int
    height: int
    paths: dict[str, str]


@cache
def drawing(area: str) -> Drawing | None:
    """The districts of the nation or a province, or the sub-districts of a district, where their outlines are known."""
    kind = "district" if is_roll_up(area) else "subdistrict"
    shapes = {code: rings for code, rings in shapes_of(kind).items() if areas.lies_in(code, area)}
    if not shapes:
        return None
    scale = scale_of(shapes, WIDTH[areas.level_of(area)])
    drawn = {code: rings_drawn(rings, scale) for code, rings in shapes.items()}
    return Drawing(scale.width, scale.height, {code: path_of(rings) for code, rings in sorted(drawn.items())})


@cache
def shapes_of(kind: str) -> dict[str, list[list[Point]]]:
    """Every ring of every shape, in degrees. Holes are drawn as rings too: the even-odd rule leaves them open."""
    features: list[Any] = json.loads((data.FOLDER / FILES[kind]).read_text(encoding="utf-8"))[
        "features"
    ]  # Any: GeoJSON
    return {each["properties"]["code"]: list(rings_of(each["geometry"])) for each in features}


def rings_of(geometry: Any) -> Iterator[list[Point]]:  # Any: GeoJSON
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for polygon in polygons:
        yield from polygon


class Scale(NamedTuple):
    """Equirectangular about the middle latitude: true enough for a country on the equator."""

    west: float
    north: float
    by_longitude: float
    by_latitude: float
    width: int
    height: int

    def point(self, longitude: float, latitude: float) -> tuple[int, int]:
        x = (longitude - self.west) * self.by_longitude + MARGIN
        return round(x), round((self.north - latitude) * self.by_latitude + MARGIN)


def scale_of(shapes: dict[str, list[list[Point]]], width: int) -> Scale:
    points = [point for rings in shapes.values() for ring in rings for point in ring]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    squeeze = math.cos(math.radians((south + north) / 2))
    by_latitude = min((width - 2 * MARGIN) / ((east - west) * squeeze), (HEIGHT_AT_MOST - 2 * MARGIN) / (north - south))
    by_longitude = by_latitude * squeeze
    wide, high = (east - west) * by_longitude + 2 * MARGIN, (north - south) * by_latitude + 2 * MARGIN
    return Scale(west, north, by_longitude, by_latitude, math.ceil(wide), math.ceil(high))


def rings_drawn(rings: Iterable[list[Point]], scale: Scale) -> list[Ring]:
    """On whole units, so that a border shared stays shared."""
    drawn = [straightened([scale.point(x, y) for x, y in ring]) for ring in rings]
    largest = max(drawn, key=surface)
    return [ring for ring in drawn if ring is largest or (len(ring) > 2 and surface(ring) >= LEAST_AREA)]


def straightened(points: Ring) -> Ring:
    """Without repeated points, and without those in the middle of a straight line."""
    found: Ring = []
    for point in points:
        if found and point == found[-1]:
            continue
        if len(found) > 1 and turn(found[-2], found[-1], point) == 0:
            found[-1] = point
        else:
            found.append(point)
    return found[:-1] if len(found) > 1 and found[0] == found[-1] else found


def turn(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def surface(ring: Ring) -> float:
    following = ring[1:] + ring[:1]
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(ring, following, strict=True))) / 2


def path_of(rings: Iterable[Ring]) -> str:
    """Relative steps: shorter than places."""
    return "".join(ring_path(ring) for ring in rings)


def ring_path(ring: Ring) -> str:
    (x, y), *others = ring
    steps, here = [], (x, y)
    for point in others:
        steps.append(pair(point[0] - here[0], point[1] - here[1]))
        here = point
    if not steps:
        return f"M{x} {y}h1v1h-1z"  # too small to draw, and still on the map
    return f"M{x} {y}l{joined(steps)}z"


def pair(x: int, y: int) -> str:
    return f"{x}{'' if y < 0 else ' '}{y}"


def joined(steps: list[str]) -> str:
    return "".join(step if number == 0 or step.startswith("-") else f" {step}" for number, step in enumerate(steps))
