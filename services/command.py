"""The `relance` command: one line for each thing it does, one sentence for each thing that is wrong."""

import argparse
import asyncio
import re
import sys
from collections.abc import Callable, Sequence

from services.settings import CannotStart, Settings

_EPILOG = """\
examples:
  relance up                             everything, on port 8000
  PORT=8001 DATA_DIR=.second relance up  a second one beside it
  relance migration add_lead_colours     after a change of the tables

environment:
  PORT          where the API listens (8000)
  HOST          on which address (127.0.0.1)
  DATA_DIR      where `up` keeps its data, and mail goes without SMTP_URL (.data)
  SECRET_KEY    seals addresses and secrets of webhooks, devices and chats (openssl rand -hex 32); `up` makes its own
  DATABASE_URL  postgresql://user:password@host:5432/relance; `up` brings its own, and the other
                commands find that one by DATA_DIR while it runs
  REDIS_URL     redis://host:6379/0, or unix:///folder/valkey.sock; `up` brings its own
  SMTP_URL      smtp://user:password@host:587?starttls, or smtps://...; without it, mail becomes files
  MAIL_PROVIDER resend: e-mail by this provider's API instead of SMTP_URL, with
  MAIL_API_KEY  its key, and MAIL_API_URL where it isn't at its usual address
  PUBLIC_URL    where browsers find Relance (http://localhost:PORT)
  MAIL_FROM     who e-mail comes from (Relance <relance@localhost>)
  MAIL_BOUNCES  bounce@host: e-mails come back to an address of their own, bounce+dlv_...@host
  BOUNCE_TOKEN  opens POST /bounces/<BOUNCE_TOKEN> for a mail provider's news (openssl rand -hex 32)
  VAPID_PRIVATE_KEY  push messages to browsers: 32 bytes of a P-256 key in base64url; `up` makes its own
  FCM_CREDENTIALS    push messages to telephones: the JSON file of a Google service account
  MAIL_RATE, WEB_PUSH_RATE, FCM_RATE
                how fast messages leave, such as 14/s or 600/min, by all workers together (as fast as can)
  APPRISE_SCHEMES    what else apprise may send to, such as mattermost,ntfys (nothing)
  ALLOWED_NETWORKS   10.0.0.0/8,...: networks that aren't public and may be sent to (none; `up`: loopback)
  LOG_LEVEL     DEBUG, INFO, WARNING or ERROR (INFO)
  TRUSTED_PROXIES  addresses of proxies whose X-Forwarded-For counts (127.0.0.1)
  UNDO_SECONDS  how long people are kept from hearing of what can be undone (15)
  LIMIT_DEPTH, LIMIT_FIELDS, LIMIT_ALIASES, LIMIT_TOKENS, LIMIT_COST
                what one document may ask for (15, 2000, 50, 3000, and 20000 rows)
  RETENTION_DAYS  how long deliveries that are finished are kept (90)
  METRICS_TOKEN  who has it may read /metrics (only this machine may)
  PERSISTED_MANIFEST  a file with the only operations that run (any operation runs)
"""
_MIGRATION_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0, 1 after a sentence on stderr, 2 for a wrong call."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int | None] = options.run
    try:
        return run(options) or 0
    except KeyboardInterrupt:
        return 130
    except CannotStart as problem:
        print(f"relance: {problem}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="relance",
        description="A sales pipeline in which no follow-up is forgotten.",
        epilog=_EPILOG,
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, max_help_position=16, width=100),
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int | None], help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
        added.set_defaults(run=run)
        return added

    up = command("up", _up, "run everything on this machine, with demo data, until Ctrl-C")
    up.add_argument("--empty", action="store_true", help="without demo data (`relance account` opens an account)")
    command("api", _api, "serve GraphQL over HTTP")
    command("worker", _worker, "wake leads, tell people, send what is due")
    command("migrate", _migrate, "bring the database up to date; safe to run again")
    command("demo", _demo, "load the demo data where there is none, and print how to sign in")
    account = command("account", _account, "open an account for a company, and print how its administrator signs in")
    account.add_argument("name", metavar="COMPANY", help="what the company is called")
    account.add_argument("--person", required=True, help="its administrator's name")
    account.add_argument("--email", required=True, help="its administrator's e-mail address")
    account.add_argument("--locale", choices=["en", "fr"], default="en", help="the language of its first steps (en)")
    account.add_argument("--currency", default="EUR", help="an ISO 4217 code (EUR)")
    account.add_argument("--time-zone", default="Europe/Paris", help="an IANA name (Europe/Paris)")
    command("vapid-key", _vapid_key, "print a new key for push messages to browsers (VAPID_PRIVATE_KEY)")
    schema = command("schema", _schema, "write schema/api.graphql and sales/tables.sql anew")
    schema.add_argument("--check", action="store_true", help="write nothing; exit 1 if they aren't up to date")
    migration = command("migration", _migration, "write the migration for what changed in the tables")
    migration.add_argument("name", type=_migration_name, metavar="NAME", help="what it does, such as add_lead_colours")
    failures = command("failures", _failures, "what the clock and the dispatch set aside")
    failures.add_argument("action", choices=["list", "replay"], help="show them, or try them again")
    failures.add_argument("ids", nargs="*", metavar="ID", help="which ones (default: all)")
    return parser


def _up(options: argparse.Namespace) -> None:
    from services.local import up

    up.run(Settings.from_environment(), empty=options.empty)


def _api(_: argparse.Namespace) -> None:
    settings = asyncio.run(_with_database())
    from services.api import app
    from services.reach import check_port

    check_port(settings.host, settings.port)

    app.serve(settings)


def _worker(_: argparse.Namespace) -> None:
    settings = asyncio.run(_with_database())
    from services.worker import process

    process.run(settings)


def _vapid_key(_: argparse.Namespace) -> None:
    from services import vapid

    print(vapid.new_private_key())


def _migrate(_: argparse.Namespace) -> None:
    asyncio.run(_migrated())


async def _migrated() -> None:
    url = Settings.from_environment().needed_database_url()
    from sales import database
    from services.reach import check_database

    await check_database(url)
    await database.migrate(url)


def _demo(_: argparse.Namespace) -> None:
    from services.local import demo

    for line in asyncio.run(demo.load(Settings.from_environment().needed_database_url())):
        print(line)


def _account(options: argparse.Namespace) -> None:
    settings = asyncio.run(_with_database())
    from services import accounts

    print(asyncio.run(accounts.open_with_password(settings.needed_database_url(), options)))


def _schema(options: argparse.Namespace) -> int:
    from services import contract

    return contract.write(check=options.check)


def _migration(options: argparse.Namespace) -> None:
    from sales import database

    written = asyncio.run(database.make_migration(options.name))
    print(f"wrote {written.name}; read it before you commit it" if written else "no table has changed")


def _failures(options: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    settings.needed_database_url()
    from services import failures

    return failures.run(settings, action=options.action, ids=options.ids)


async def _with_database() -> Settings:
    """The settings, once the database is known to answer. Redis may come and go: it only makes things faster."""
    settings = Settings.from_environment()
    from services.reach import check_database

    await check_database(settings.needed_database_url())
    return settings


def _migration_name(value: str) -> str:
    if not _MIGRATION_NAME.fullmatch(value):
        raise argparse.ArgumentTypeError(f"'{value}' must be lower-case words joined by _, such as add_lead_colours")
    return value


if __name__ == "__main__":
    sys.exit(main())
