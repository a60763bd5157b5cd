"""The application: its addresses, and the servers behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from sales import database, sealed, undoing
from sales.endpoints import addresses, offered
from schema.schema import LIMITS
from services import logs
from services.api import feeds, health, ide, landing, mail, persisted
from services.api.bell import Bell
from services.api.graphql import graphql
from services.api.metrics import Metrics
from services.settings import Settings

POOL: Final = 10
DRAIN_SECONDS: Final = 20

_ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def create_app(settings: Settings) -> Starlette:
    """The API; while it lives it holds a pool of connections to the database and one to Redis, if there is one."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        sealed.use(settings.known_secret_key())
        offered.use(settings.offer())
        addresses.allow(settings.allowed_networks)
        undoing.use(timedelta(seconds=settings.undo_seconds))
        async with database.connected(settings.needed_database_url(), pool=POOL):
            yield
            await app.state.bell.close()

    app = Starlette(
        routes=[
            Route("/graphql", graphql, methods=_ALL_METHODS),  # what can't be done there is refused in GraphQL's shape
            ide.assets,
            *landing.ROUTES,
            *feeds.ROUTES,
            *mail.ROUTES,
            Route("/health/live", health.live),
            Route("/health/ready", health.ready),
            Route("/metrics", Metrics(settings.metrics_token).answer),
        ],
        lifespan=lifespan,
    )
    app.state.bell = Bell(settings.redis_url)
    app.state.public_url = settings.public_url
    app.state.bounce_token = settings.bounce_token
    chosen: dict[str, Any] = {**settings.limits}
    app.state.persisted = persisted.load(settings.persisted_manifest)
    app.state.limits = replace(LIMITS, **chosen)
    return app


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests that have begun are finished first."""
    logs.to_stdout(settings.log_level)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        # Sign-ins are limited per client, so behind a proxy the client must be told apart from it.
        forwarded_allow_ips=settings.trusted_proxies,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
