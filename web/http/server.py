"""How uvicorn serves the site."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a witness runs without what settings need
    from web.settings import Settings

MAX_HEAD = 32 * 1024  # bytes of a request that are not its body


def options(settings: Settings) -> dict[str, Any]:
    """How uvicorn serves this site, here and where it is measured."""
    return {
        **limits(),
        "factory": True,
        "loop": "auto",  # uvloop where it is installed
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": settings.trusted_proxies,
        "log_level": settings.log_level,
    }


def limits() -> dict[str, Any]:
    """What one client may take of a server: of the site, and of a witness."""
    fast = find_spec("httptools") is not None
    return {
        "http": "web.http.protocol:BoundedProtocol" if fast else "h11",
        "h11_max_incomplete_event_size": MAX_HEAD,
        "access_log": False,  # it would keep addresses and paths
        "server_header": False,
        "timeout_keep_alive": 15,
        "timeout_graceful_shutdown": 30,
        "limit_concurrency": 1000,
    }
