"""What a route may ask for: who is signed in, the permission, the transaction."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from audit.database import Actor, Database, UnitOfWork
from audit.errors import Forbidden
from web.http import authority, csrf, parents
from web.http.errors import SignInRequired
from web.http.security import UNSAFE
from web.identity.current import Identity, current
from web.identity.keys import Keys
from web.identity.roles import Role
from web.mail.outgoing import Mailer
from web.settings import Settings
from web.texts.i18n import N_


@dataclass(frozen=True)
class Access:
    """The permission of a route, declared as a dependency. A route without one stops the start."""

    roles: frozenset[Role] = frozenset()
    public: bool = False

    def __call__(self, request: Request) -> None:
        identity = current(request)
        if self.public:
            _require_place(request)
            return
        if identity is None:
            raise SignInRequired(N_("Please sign in first."))
        if self.roles and not identity.has(*self.roles):
            raise Forbidden(N_("Your account does not have the role that this needs."))
        # a later, narrower declaration on the route wins over the one of its router
        acting = next((role for role in Role if role in self.roles & identity.roles), None)
        if acting is not None:
            request.state.acting = acting
        _require_place(request)
        if acting in authority.IMPARTIAL and request.method in UNSAFE:
            with request.app.state.database.read() as uow:
                authority.require_impartial(uow, identity, acting, request.path_params)


def _require_place(request: Request) -> None:
    names = [name for name in request.path_params if name not in parents.PLAIN]
    if len(names) > 1:
        with request.app.state.database.read() as uow:
            parents.require_belonging(uow, names, request.path_params)


def require(*roles: Role) -> Any:
    """Open to the signed-in who have one of the roles; without roles, to everyone signed in."""
    return Depends(Access(frozenset(roles)))


PUBLIC = Depends(Access(public=True))


class Direct(APIRoute):
    """A route whose endpoint takes the request and its body, for what everyone does at once.

    What it declares is what runs: the checks in their order, then the endpoint, all in one change
    of thread. FastAPI would ask for each parameter anew, and change threads for each.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        checks = [dependency.call for dependency in self.dependant.dependencies]
        if not all(isinstance(check, Access) for check in checks):
            raise RuntimeError(f"{self.path}: a direct route knows no dependency but its access")

        def answer(request: Request, body: bytes) -> Response:
            for check in checks:
                check(request)  # type: ignore[misc]
            return self.endpoint(request, body)  # type: ignore[no-any-return]

        async def handle(request: Request) -> Response:
            await csrf.check(request)  # what the whole application depends on
            return await run_in_threadpool(answer, request, await request.body())

        return handle


async def current_account(request: Request) -> Identity:
    """`async`, as all here that waits for nothing: what is not goes through the thread pool."""
    identity = current(request)  # which the permission of the route has looked up
    if identity is None:
        raise SignInRequired(N_("Please sign in first."))
    return identity


def _actor(request: Request) -> Actor:
    identity = current(request)
    if identity is None:
        return Actor("public")
    return identity.actor(getattr(request.state, "acting", None))


def write_transaction(request: Request) -> Iterator[UnitOfWork]:
    """Commits when the route has returned without an error, before the answer is sent.

    A page that shows its form again has called `undo`: that answer is kept, the changes are not.
    """
    try:
        with request.app.state.database.transaction(_actor(request)) as uow:
            savepoint = uow.session.begin_nested()
            yield uow
            if not savepoint.is_active:
                raise _UndoneError
            confirm(request, uow)
    except _UndoneError:
        return
    request.app.state.mailer.wake()


def confirm(request: Request, uow: UnitOfWork) -> None:
    """Before the commit: may this person still do what was done? Raises Forbidden."""
    acting = getattr(request.state, "acting", None)
    authority.confirm(uow, current(request), acting, request.path_params)


class _UndoneError(Exception):
    """Ends the transaction of a refused form without a commit."""


def read_transaction(request: Request) -> Iterator[UnitOfWork]:
    with request.app.state.database.read(_actor(request)) as uow:
        yield uow


async def _database(request: Request) -> Database:
    return request.app.state.database  # type: ignore[no-any-return]


async def _settings(request: Request) -> Settings:
    return request.app.state.settings  # type: ignore[no-any-return]


async def _keys(request: Request) -> Keys:
    return request.app.state.keys  # type: ignore[no-any-return]


async def _mailer(request: Request) -> Mailer:
    return request.app.state.mailer  # type: ignore[no-any-return]


# scope="function": the end of the transaction comes before the answer, so a person never reads
# "done" of what then fails to commit
Uow = Annotated[UnitOfWork, Depends(write_transaction, scope="function")]
Read = Annotated[UnitOfWork, Depends(read_transaction, scope="function")]
CurrentAccount = Annotated[Identity, Depends(current_account)]
AppDatabase = Annotated[Database, Depends(_database)]
AppSettings = Annotated[Settings, Depends(_settings)]
AppKeys = Annotated[Keys, Depends(_keys)]
AppMailer = Annotated[Mailer, Depends(_mailer)]
