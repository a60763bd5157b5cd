"""The limit: the best that we can write by hand. A bare ASGI application, and statements that answer finished JSON.

Text is put together by `||` and `string_agg`, which takes PostgreSQL less time than its JSON functions do.
"""

import os
from typing import Any, Final

import asyncpg
import orjson
import uvicorn

from bench import worlds
from bench.worlds import POOL, Asker

_OPEN: Final = "l.status in ('TODO', 'STANDBY')"


class _Unreset(asyncpg.Connection):
    """Statements leave no state in a session, so nothing needs to be reset on the way back into the pool."""

    def get_reset_query(self) -> str:
        return ""


def _at(column: str) -> str:
    written = f"""replace(to_char({column}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')"""
    return f"""coalesce('"' || {written} || '"', 'null')"""


def _text(column: str) -> str:
    return f"to_json({column}::text)::text"


def _named(row: str, word: str) -> str:
    return f"""'{{"id":"{word}_' || {row}.id || '","name":' || {_text(row + ".name")} || '}}'"""


_AMOUNT: Final = """coalesce('{"amount":"' || round(l.amount, 2) || '","currency":"' || l.currency || '"}', 'null')"""
_STARRED: Final = "case when l.is_starred then 'true' else 'false' end"
_OWNER: Final = f"coalesce({_named('o', 'user')}, 'null')"
_STEP: Final = _named("s", "step")
_PIPELINE: Final = _named("p", "pipeline")
_DUE: Final = """coalesce(
  (select due_at from reminders r where r.id = l.waking_reminder_id and r.state in ('PENDING', 'FIRED')),
  (select due_at from reminders r where r.account_id = l.account_id and r.lead_id = l.id and r.state = 'FIRED'
   order by due_at desc limit 1))"""
_HEAD: Final = (
    f"""'{{"id":"lead_' || l.id || '","number":' || l.number || ',"title":' || {_text("l.title")}"""
    f""" || ',"amount":' || {_AMOUNT} || ',"status":"' || l.status || '"'"""
)
_CARD: Final = f"""{_HEAD} || ',"isStarred":' || {_STARRED} || ',"dueAt":' || {_at("d.due_at")}"""
_SUMS: Final = """coalesce('[' || string_agg('{"currency":"' || currency || '","amount":"' || round(amount, 2)
  || '","weighted":"' || round(weighted, 2) || '"}', ',' order by currency)
  filter (where currency is not null) || ']', '[]')"""
_WEIGHTED: Final = "sum(l.weighted + l.unweighted * coalesce(s.probability, 0) * 0.01)"
_SEEN: Final = "($2::uuid[] is null or l.owner_id is null or l.owner_id = any($2))"

_BOARD: Final = f"""
select '{{"data":{{"pipeline":{{"id":"pipeline_' || p.id || '","name":' || {_text("p.name")} || ',"board":{{"columns":['
  || string_agg('{{"step":' || {_STEP} || ',"count":' || t.count || ',"sums":' || t.sums || ',"leads":{{"nodes":['
  || coalesce(c.cards, '') || ']}}}}', ',' order by s.position) || ']}}}}}}}}'
from pipelines p join steps s on s.account_id = p.account_id and s.pipeline_id = p.id and s.archived_at is null
cross join lateral (
  select coalesce(sum(count), 0) as count, {_SUMS} as sums from (
    select l.currency, sum(l.leads) as count, sum(l.amount) as amount, {_WEIGHTED} as weighted
    from lead_totals l where l.leads > 0 and l.account_id = $1 and l.step_id = s.id and {_OPEN} and /*seen*/
    group by l.currency) g) t
cross join lateral (
  select string_agg(card, ',' order by rank) as cards from (
    select l.rank, {_CARD} || ',"owner":' || {_OWNER} || '}}' as card
    from (select * from leads l where l.account_id = $1 and l.step_id = s.id and {_OPEN} and /*seen*/
          order by rank limit 50) l
    left join users o on o.id = l.owner_id cross join lateral (select {_DUE} as due_at) d) cards) c
where p.account_id = $1 and p.id = $3 group by p.id, p.name
"""

_TODO: Final = f"""
select '{{"data":{{"todo":{{"nodes":[' || coalesce(string_agg('{{"moment":' || {_at("l.moment")}
  || ',"lead":' || {_CARD}
  || ',"step":' || {_STEP} || '}}}}', ',' order by l.moment, l.id), '') || ']}}}}}}'
from (
  select l.*, l.todo_at as moment from leads l where l.account_id = $1 and l.owner_id = $2 and {_OPEN}
    and case l.status when 'TODO' then true
      else l.todo_at < (date_trunc('day', now() at time zone $3) + interval '1 day') at time zone $3 end
  order by l.todo_at, l.id limit 25) l
join steps s on s.id = l.step_id cross join lateral (select {_DUE} as due_at) d
"""

_LEAD: Final = f"""
select '{{"data":{{"lead":' || {_CARD.replace(',"isStarred":', ',"version":').replace(_STARRED, "l.version")}
  || ',"description":' || {_text("l.description")} || ',"createdAt":' || {_at("l.created_at")} || ',"step":' || {_STEP}
  || ',"pipeline":' || {_PIPELINE} || ',"owner":' || {_OWNER} || ',"history":{{"nodes":[' || coalesce((
    select string_agg('{{"kind":"' || upper(replace(e.kind, '.', '_')) || '","at":' || {_at("e.at")} || ',"actor":'
      || coalesce('{{"name":' || {_text("a.name")} || '}}', 'null') || '}}', ',' order by e.position)
    from (select kind, at, actor_id, position from journal where account_id = $1 and lead_id = $3
          order by position desc limit 20) e left join users a on a.id = e.actor_id), '') || ']}}}}}}}}'
from leads l join steps s on s.id = l.step_id join pipelines p on p.id = s.pipeline_id
left join users o on o.id = l.owner_id cross join lateral (select {_DUE} as due_at) d
where l.account_id = $1 and l.id = $3 and /*seen*/
"""

_LIST: Final = f"""
with found as (
  select l.*, s.probability as step_probability from leads l join steps s on s.id = l.step_id
  where l.account_id = $1 and l.owner_id = $3 and l.status = 'TODO' and l.amount >= $4 and /*seen*/)
select '{{"data":{{"leads":{{"totalCount":' || t.count || ',"sums":' || t.sums || ',"nodes":[' || coalesce((
  select string_agg({_CARD} || ',"owner":' || {_OWNER} || '}}', ',' order by l.number desc)
  from (select * from found order by number desc limit 25) l left join users o on o.id = l.owner_id
  cross join lateral (select {_DUE} as due_at) d), '') || ']}}}}}}'
from (select coalesce(sum(count), 0) as count, {_SUMS} as sums from (
  select currency, count(*), sum(amount) as amount,
    sum(amount * coalesce(probability, step_probability)) / 100 as weighted from found group by currency) g) t
"""

_MOVE: Final = f"""
select '{{"data":{{"leadMove":{{"errors":[],"lead":' || {_HEAD} || ',"version":' || l.version || ',"step":' || {_STEP}
  || ',"pipeline":' || {_PIPELINE} || ',"owner":' || {_OWNER} || '}}}}}}}}'
from bench_move($1, $2, $3, $4) l join steps s on s.id = l.step_id join pipelines p on p.id = s.pipeline_id
left join users o on o.id = l.owner_id
"""


def _sql(text: str, asker: Asker) -> str:
    """Only who does not see everything pays for the question whom they see."""
    return text.replace("/*seen*/", "$2::uuid[] is null" if asker.sees is None else _SEEN)


def _key(id: str) -> str:
    return id.partition("_")[2]


def _asked(asker: Asker, operation: str, variables: dict[str, Any]) -> tuple[str, list[Any]]:
    account, sees = asker.account_id, asker.sees
    match operation:
        case "board":
            return _BOARD, [account, sees, _key(variables["pipeline"])]
        case "todo":
            return _TODO, [account, asker.user_id, asker.time_zone]
        case "lead":
            return _LEAD, [account, sees, _key(variables["id"])]
        case "list":
            return _LIST, [account, sees, _key(variables["owner"]), variables["amount"]]
        case "move":
            given = variables["input"]
            return _MOVE, [account, asker.user_id, _key(given["id"]), _key(given["stepId"])]
    raise KeyError(operation)


class Limit:
    """The ASGI application; `/shared` and `/private` say who asks."""

    def __init__(self, world: worlds.World) -> None:
        self._askers = {f"/{asker.name}": asker for asker in world.askers}
        self._url = world.url
        self._pool: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return await self._live(receive, send)
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        question = orjson.loads(body)
        asker = self._askers[scope["path"]]
        sql, values = _asked(asker, question["operationName"], question["variables"])
        answer: str = await self._pool.fetchval(_sql(sql, asker), *values) or '{"data":null}'
        sent = answer.encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(sent))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": sent})
        return None

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        settings = {"jit": "off", "timezone": "UTC", "plan_cache_mode": "force_generic_plan"}
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=POOL,
            connection_class=_Unreset,
            server_settings=settings,
            max_cacheable_statement_size=0,
        )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})


if __name__ == "__main__":
    uvicorn.run(
        Limit(worlds.read(os.environ[worlds.ENVIRONMENT])),
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )
