"""PostgreSQL 15 through the proxy under load: cancel requests to one and several addresses, COPY, pgbench."""

import hashlib
import os
import signal
import subprocess

import pytest

from pysupport.daemons import inside
from pysupport.postgres import Client, Server, cancel, fields
from pysupport.postgres_servers import LEGACY, USER, command, pgbench, postgresql, psql
from pysupport.timing import Deadline
from pysupport.upstream import Upstream, refusing_port

# listener, the client's settings (a client without TLS cannot use SCRAM, see test_postgres.py)
WAYS = {
    "front": {"sslmode": "require", "channel_binding": "disable", "user": USER},
    "gateway": {"sslmode": "require", "channel_binding": "require", "user": USER},
    "sidecar": {"sslmode": "disable", "channel_binding": "disable", "user": LEGACY},
}


@pytest.fixture(scope="module")
def daemon(certs, folder):
    with postgresql(folder / "pg-load", certs) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def proxy(front, daemon):
    plain, tls = f"127.0.0.1:{daemon.plain}", f"127.0.0.1:{daemon.tls}"
    return front(
        {
            "front": ("postgres", "required", {"address": plain, "tls": "off"}),
            "sidecar": ("postgres", "off", {"address": tls, "tls": "required"}),
            "gateway": ("postgres", "required", {"address": tls, "tls": "required"}),
        }
    )


def good(proxy, name):
    record = proxy.record(name)
    assert (record["end"], record["blame"]) == ("closed", "none"), record
    return record


# -- cancel requests


def sleeper(port, folder, **settings):
    """A psql process that is about to start a long query."""
    line = command("psql", port, "-X", "-q", "-A", "-t", "-c", r"\echo begun", "-c", "select pg_sleep(60)", "-d", **settings)
    process = subprocess.Popen(inside("clients", folder, line), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"begun\n", process.communicate()
    return process


def asleep(port, folder, mode):
    """Waits until a backend is in pg_sleep."""
    deadline = Deadline(30)
    query = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
    while True:
        found = psql(folder, port, query, sslmode=mode)
        if found.out == b"1\n":
            return
        deadline.left(f"a query to sleep: {found.text}")


@pytest.mark.parametrize("name", WAYS)
def test_psql_cancels(proxy, daemon, folder, name):
    """Ctrl-C in psql: its CancelRequest is plaintext, even if the session is not."""
    process = sleeper(proxy.port(name), folder, **WAYS[name])
    try:
        asleep(*((daemon.plain, folder, "disable") if name == "front" else (daemon.tls, folder, "require")))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=Deadline(20).left())
    finally:
        process.kill()
        process.wait()
    assert b"canceling statement due to user request" in errors, errors
    records = [good(proxy, name), good(proxy, name)]
    assert sum(record["client_tls"] == "plain" for record in records) == (2 if name == "sidecar" else 1)
    assert all((record["server_tls"] == "plain") == (name == "front") for record in records)


# -- cancel requests with more than one address


def to_each(front, addresses, tls="off", client="required"):
    return front({"each": ("postgres", client, {"address": addresses, "tls": tls})})


@pytest.mark.parametrize("tls", ["off", "required"])
def test_a_cancel_request_reaches_every_address(front, certs, tls):
    holder, dead = refusing_port()
    fakes = [Server(tls=certs.server_context()) for _ in range(3)]
    upstreams = [Upstream(fake) for fake in fakes]
    addresses = [upstreams[0].address, f"127.0.0.1:{dead}", upstreams[1].address, upstreams[2].address, f"127.0.0.1:{dead}"]
    proxy = to_each(front, addresses, tls)
    client = Client(proxy.port("each"))
    client.send(cancel())
    assert client.rest() == b""
    client.close()
    assert [fake.cancelled for fake in fakes] == [[cancel()]] * 3, "all servers get it before the client is answered"
    record = good(proxy, "each")
    assert (record["server_tls"] == "plain") == (tls == "off")
    holder.close()


def test_a_cancel_request_of_a_client_that_does_not_wait(front, certs):
    fakes = [Server(), Server()]
    upstreams = [Upstream(fake) for fake in fakes]
    proxy = to_each(front, [upstream.address for upstream in upstreams])
    client = Client(proxy.port("each"))
    client.send(cancel())
    client.half_close()
    assert client.rest() == b""
    client.close()
    assert [fake.cancelled for fake in fakes] == [[cancel()]] * 2
    good(proxy, "each")


def test_a_cancel_request_passes_over_a_server_without_tls(front, certs):
    """If TLS is required, a cancel request is never sent in plaintext. The other server gets it, so nothing has failed."""
    bare, fake = Server(), Server(tls=certs.server_context())
    upstreams = [Upstream(bare), Upstream(fake)]
    proxy = to_each(front, [upstream.address for upstream in upstreams], "required")
    client = Client(proxy.port("each"))
    client.send(cancel())
    assert client.rest() == b""
    client.close()
    assert (bare.cancelled, fake.cancelled) == ([], [cancel()])
    good(proxy, "each")


def test_a_cancel_request_that_nobody_gets(front):
    holder, dead = refusing_port()
    proxy = to_each(front, [f"127.0.0.1:{dead}", f"127.0.0.1:{dead}"])
    client = Client(proxy.port("each"))
    client.send(cancel())
    assert fields(client.reply())["C"] == "08006"
    assert client.rest() == b""
    client.close()
    record = proxy.record("each")
    assert (record["end"], record["blame"]) == ("connect_failed", "server")
    holder.close()


# -- volume


@pytest.mark.parametrize("name", WAYS)
def test_a_large_copy_in_and_out(proxy, folder, name):
    lines = b"".join(b"%d\t%s\n" % (number, os.urandom(750).hex().encode()) for number in range(20000))
    table = f"copied_{name}"
    options = WAYS[name]
    made = psql(folder, proxy.port(name), f"create unlogged table {table} (number int primary key, text text)", **options)
    assert made.ok, made.text
    put = psql(folder, proxy.port(name), f"copy {table} from stdin", lines, **options)
    assert put.ok, put.text
    got = psql(folder, proxy.port(name), f"copy (select * from {table} order by number) to stdout", **options)
    assert hashlib.sha256(got.out).digest() == hashlib.sha256(lines).digest()
    good(proxy, name)
    assert good(proxy, name)["bytes_in"] > len(lines)
    assert good(proxy, name)["bytes_out"] > len(lines)


@pytest.mark.parametrize("name", WAYS)
def test_pgbench(proxy, folder, name):
    options = WAYS[name]
    filled = pgbench(folder, proxy.port(name), "-i", "-q", **options)
    assert filled.ok, filled.text
    good(proxy, name)
    done = pgbench(folder, proxy.port(name), "-n", "-c", "4", "-j", "2", "-t", "50", **options)
    assert done.ok and "number of transactions actually processed: 200/200" in done.text, done.text
    for _ in range(5):
        good(proxy, name)


