"""Pools that every log of web requests draws from: agents, hosts, paths, status codes."""

from __future__ import annotations

from random import Random

from benchmarks.generators.columns import Column, Numbers, constant, join, where, whole, written
from benchmarks.generators.noise import Noise

HOSTS = ("www.example.com", "api.example.com", "shop.example.com", "static.example.com")

_SYSTEMS = (
    "Windows NT 10.0; Win64; x64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "X11; Linux x86_64",
    "iPhone; CPU iPhone OS 17_5 like Mac OS X",
    "Linux; Android 14; Pixel 8",
)
BROWSERS = tuple(
    f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko)"
    f" Chrome/{version}.0.0.0 Safari/537.36"
    for version in range(132, 110, -1)
    for system in _SYSTEMS
)
TOOLS = (
    "curl/8.5.0", "python-requests/2.31.0", "Go-http-client/2.0", "okhttp/4.12.0", "Wget/1.21.4",
    "ELB-HealthChecker/2.0", "axios/1.6.8", "Googlebot/2.1 (+http://www.example.com/bot.html)",
)  # fmt: skip
AGENTS = BROWSERS[:40] + TOOLS + BROWSERS[40:]

METHODS = ("GET",) * 12 + ("POST",) * 4 + ("PUT", "DELETE", "HEAD", "OPTIONS")
STATUSES = (200,) * 16 + (304, 301, 302, 404, 404, 403, 401, 400, 500, 502, 503, 504)
PROTOCOLS = ("HTTP/2.0", "HTTP/1.1", "HTTP/1.0")

_WORDS = (
    "api", "v1", "v2", "users", "orders", "items", "cart", "search", "img", "css", "js", "assets",
    "login", "account", "report",
)  # fmt: skip


def paths(count: int) -> tuple[str, ...]:
    """That many paths without a query, the same ones always."""
    chance = Random("paths")
    return tuple(
        "/" + "/".join([*chance.choices(_WORDS, k=chance.randrange(1, 4)), f"{number:x}"])
        for number in range(count)
    )


PATHS = paths(3000)


def status(noise: Noise) -> Numbers:
    """A status code on each line, most of them 200."""
    return noise.between(0, len(STATUSES))


def status_text(places: Numbers) -> Column:
    """The status codes that stand at these places of STATUSES."""
    return written(places, lambda place: str(STATUSES[place]))


def path_and_query(noise: Noise) -> Column:
    """A path, on every third line with a query."""
    path = noise.pick(PATHS)
    query = join(path, constant("?id="), whole(noise.below(10**6)), constant("&lang=en&page=2"))
    return where(noise.chosen(1 / 3), query, path)
