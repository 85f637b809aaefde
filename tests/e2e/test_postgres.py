"""PostgreSQL 15 and its own clients, through us: in front of a server without TLS, beside a client without TLS, between
two that have it; channel binding, cancelling, large transfers, s_client, and the probe."""

import hashlib
import json
import os
import re
import signal
import socket
import subprocess

import pytest

from pysupport.daemons import inside
from pysupport.postgres import SSL, Client, Server, cancel, fields, startup
from pysupport.postgres_servers import command, pgbench, postgresql, psql
from pysupport.proxy import run
from pysupport.timing import Deadline
from pysupport.upstream import Upstream, refusing_port

WHO = "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()"


@pytest.fixture(scope="module")
def plain(certs, folder):
    with postgresql(folder / "pg-plain", certs, "off") as daemon:
        yield daemon


@pytest.fixture(scope="module")
def secure(certs, folder):
    with postgresql(folder / "pg-secure", certs, "hostssl") as daemon:
        yield daemon


@pytest.fixture(scope="module")
def other(certs, folder):
    """A certificate of its own, for the same name."""
    with postgresql(folder / "pg-other", certs, "hostssl", certs.rsa) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def proxy(front, plain, secure, other):
    def to(daemon, tls):
        return {"address": f"127.0.0.1:{daemon.port}", "tls": tls}

    return front(
        {
            "front": ("postgres", "required", to(plain, "off")),
            "public": ("postgres", "opportunistic", to(plain, "off")),
            "sidecar": ("postgres", "off", to(secure, "required")),
            "sidecar-if-offered": ("postgres", "off", to(plain, "opportunistic")),
            "gateway": ("postgres", "required", to(secure, "required")),
            "gateway-other": ("postgres", "required", to(other, "required")),
            "untouched": ("postgres", "off", to(secure, "off")),
        }
    )


def good(proxy, name):
    record = proxy.record(name)
    assert (record["end"], record["blame"]) == ("closed", "none"), record
    return record


# -- psql in every mode that makes sense

WAYS = [
    # listener, client's sslmode, is the client's leg TLS, what the server says of its own
    ("front", "require", True, b"f|\n"),
    ("front", "verify-full", True, b"f|\n"),
    ("front", "prefer", True, b"f|\n"),
    ("front", "allow", True, b"f|\n"),  # refused first, in a way that makes it ask for TLS
    ("public", "verify-full", True, b"f|\n"),
    ("public", "disable", False, b"f|\n"),
    ("sidecar", "disable", False, b"t|TLSv1.3\n"),
    ("sidecar", "prefer", False, b"t|TLSv1.3\n"),
    ("sidecar-if-offered", "disable", False, b"f|\n"),
    ("gateway", "verify-full", True, b"t|TLSv1.3\n"),
]


@pytest.mark.parametrize("name, mode, tls, server", WAYS, ids=lambda value: str(value)[:20])
def test_psql(proxy, folder, name, mode, tls, server):
    result = psql(folder, proxy.port(name), WHO, sslmode=mode, channel_binding="disable")
    assert result.ok and result.out == server, result.text
    if mode == "allow":
        assert proxy.record(name)["end"] == "tls_required"
    record = good(proxy, name)
    assert (record["client_tls"] != "plain") == tls
    assert (record["server_tls"] != "plain") == server.startswith(b"t")


def test_a_client_that_asks_for_kerberos_first(proxy, folder):
    result = psql(folder, proxy.port("front"), "select 1", sslmode="require", gssencmode="prefer", channel_binding="disable")
    assert result.ok, result.text
    good(proxy, "front")


def test_required_and_declined(proxy, folder):
    result = psql(folder, proxy.port("front"), "select 1", sslmode="disable")
    assert not result.ok and "TLS is required here" in result.text
    assert proxy.record("front")["end"] == "tls_required"


def test_not_to_be_had(proxy, folder):
    result = psql(folder, proxy.port("sidecar"), "select 1", sslmode="require")
    assert not result.ok and "server does not support SSL, but SSL was required" in result.text
    proxy.record("sidecar")


def test_the_servers_own_refusal_reaches_the_client(proxy, folder):
    """The server demands TLS, and neither leg has any."""
    result = psql(folder, proxy.port("untouched"), "select 1", sslmode="disable")
    assert not result.ok and re.search('no pg_hba.conf entry for host "127.0.0.1".*no encryption', result.text)
    proxy.record("untouched")


def test_a_wrong_password(proxy, folder):
    result = psql(folder, proxy.port("gateway"), "select 1", sslmode="require", password="wrong", channel_binding="disable")
    assert not result.ok and "password authentication failed" in result.text
    proxy.record("gateway")


# -- channel binding


def test_channel_binding_with_one_certificate_on_both_legs(proxy, folder):
    """SCRAM-SHA-256-PLUS binds to the certificate: with the same one on both legs it holds across us."""
    result = psql(folder, proxy.port("gateway"), "select 1", sslmode="verify-full", channel_binding="require")
    assert result.ok, result.text
    good(proxy, "gateway")


@pytest.mark.parametrize("binding, ok", [("require", False), ("prefer", False), ("disable", True)])
def test_channel_binding_with_two_certificates(proxy, folder, binding, ok):
    result = psql(folder, proxy.port("gateway-other"), "select 1", sslmode="verify-full", channel_binding=binding)
    assert result.ok == ok, result.text
    if not ok:
        assert "SCRAM channel binding check failed" in result.text
    proxy.record("gateway-other")


def test_channel_binding_before_a_server_without_tls(proxy, folder):
    """It offers none, so whoever insists is refused, and whoever only prefers it sees a downgrade by somebody."""
    result = psql(folder, proxy.port("front"), "select 1", sslmode="require", channel_binding="require")
    assert not result.ok and "channel binding" in result.text, result.text
    proxy.record("front")


# -- cancelling


def sleeper(port, folder, mode):
    """psql in a long query: the process, once the server is at it."""
    line = command("psql", port, "-X", "-q", "-A", "-t", "-c", r"\echo begun", "-c", "select pg_sleep(60)", "-d",
                   sslmode=mode, channel_binding="disable")  # fmt: skip
    process = subprocess.Popen(inside("clients", folder, line), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"begun\n"
    return process


def asleep(daemon, folder):
    """Waits until one backend is in pg_sleep."""
    deadline = Deadline(30)
    query = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
    mode = "disable" if daemon.folder.name == "pg-plain" else "require"
    while True:
        found = psql(folder, daemon.port, query, sslmode=mode, channel_binding="disable")
        if found.out == b"1\n":
            return
        deadline.left(f"a query to sleep: {found.text}")


@pytest.mark.parametrize("name, mode", [("front", "require"), ("gateway", "require"), ("sidecar", "disable")])
def test_psql_cancels(proxy, request, folder, name, mode):
    """Ctrl-C in psql: its CancelRequest is plaintext, whatever its session is."""
    process = sleeper(proxy.port(name), folder, mode)
    try:
        asleep(request.getfixturevalue("plain" if name == "front" else "secure"), folder)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=Deadline(20).left())
    finally:
        process.kill()
        process.wait()
    assert b"canceling statement due to user request" in errors, errors
    records = [good(proxy, name), good(proxy, name)]
    plain_legs = [record for record in records if record["client_tls"] == "plain"]
    assert len(plain_legs) == (2 if mode == "disable" else 1)
    assert all((record["server_tls"] == "plain") == (name == "front") for record in records)


# -- cancelling with more than one address


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
    assert [fake.cancelled for fake in fakes] == [[cancel()]] * 3, "all of them know when the client does"
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
    """Where TLS is required there is no sending it in the clear; and no failure, for another one could be told."""
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
    assert fields(client.message())["C"] == "08006"
    assert client.rest() == b""
    client.close()
    record = proxy.record("each")
    assert (record["end"], record["blame"]) == ("connect_failed", "server")
    holder.close()


# -- volume


@pytest.mark.parametrize("name, mode", [("front", "require"), ("gateway", "require"), ("sidecar", "disable")])
def test_a_large_copy_in_and_out(proxy, folder, name, mode):
    lines = b"".join(b"%d\t%s\n" % (number, os.urandom(750).hex().encode()) for number in range(20000))
    table = f"copied_{name}"
    options = {"sslmode": mode, "channel_binding": "disable"}
    made = psql(folder, proxy.port(name), f"create unlogged table {table} (number int primary key, text text)", **options)
    assert made.ok, made.text
    put = psql(folder, proxy.port(name), f"copy {table} from stdin", lines, **options)
    assert put.ok, put.text
    got = psql(folder, proxy.port(name), f"copy (select * from {table} order by number) to stdout", **options)
    assert hashlib.sha256(got.out).digest() == hashlib.sha256(lines).digest()
    good(proxy, name)
    assert good(proxy, name)["bytes_in"] > len(lines)
    assert good(proxy, name)["bytes_out"] > len(lines)


@pytest.mark.parametrize("name, mode", [("front", "require"), ("gateway", "require"), ("sidecar", "disable")])
def test_pgbench(proxy, folder, name, mode):
    options = {"sslmode": mode, "channel_binding": "disable"}
    filled = pgbench(folder, proxy.port(name), "-i", "-q", **options)
    assert filled.ok, filled.text
    good(proxy, name)
    done = pgbench(folder, proxy.port(name), "-n", "-c", "4", "-j", "2", "-t", "50", **options)
    assert done.ok and "number of transactions actually processed: 200/200" in done.text, done.text
    for _ in range(5):
        good(proxy, name)


# -- s_client, and the probe


@pytest.mark.parametrize("name", ["front", "public", "gateway"])
def test_openssl(proxy, folder, name):
    line = ["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.port(name)}", "-starttls", "postgres", "-quiet",
            "-servername", "localhost", "-CAfile", "/mnt/certs/ca.pem", "-verify_return_error",
            "-verify_hostname", "localhost"]  # fmt: skip
    process = subprocess.Popen(inside("clients", folder, line), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)  # fmt: skip
    try:
        process.stdin.write(startup(b"starlock", b"postgres"))
        process.stdin.flush()
        head = process.stdout.read(9)
    finally:
        process.kill()
        process.communicate()
    assert head[:1] == b"R" and head[8] == 10, "SASL is asked for"
    proxy.record(name)


def test_probe(secure, certs):
    done = run(["probe", "--protocol", "postgres", f"localhost:{secure.port}", "--json", "--ca", certs.ca])
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert "SCRAM-SHA-256-PLUS" in json.dumps(report) and "TLSv1.3" in json.dumps(report)


def test_probe_without_tls(plain):
    done = run(["probe", "--protocol", "postgres", f"127.0.0.1:{plain.port}", "--insecure"])
    assert done.returncode == 1
    assert "offer" in done.stdout + done.stderr


# -- Starlock to Starlock, by PostgreSQL 17's direct TLS, and a client of that from Python


def test_direct_tls_between_two_of_us(front, plain, certs, folder):
    behind = front({"behind": ("postgres", "implicit", {"address": f"127.0.0.1:{plain.port}", "tls": "off"})})
    before = front({"before": ("postgres", "off", {"address": f"127.0.0.1:{behind.port('behind')}", "tls": "implicit"})})
    result = psql(folder, before.port("before"), WHO, sslmode="disable")
    assert result.ok and result.out == b"f|\n", result.text
    assert good(before, "before")["server_tls"]["version"] == "TLSv1.3"
    assert good(behind, "behind")["client_tls"]["version"] == "TLSv1.3"
    client = Client(behind.port("behind"))
    client.start_tls(certs.client_context(alpn=["postgresql"]), "localhost")
    assert client.tls.selected_alpn_protocol() == "postgresql"
    client.send(startup(b"starlock", b"postgres"))
    assert client.message()[:1] == b"R"
    client.close()


def test_ssl_request_between_two_of_us(front, secure, folder):
    behind = front({"behind": ("postgres", "required", {"address": f"127.0.0.1:{secure.port}", "tls": "required"})})
    before = front({"before": ("postgres", "off", {"address": f"127.0.0.1:{behind.port('behind')}", "tls": "required"})})
    result = psql(folder, before.port("before"), WHO, sslmode="disable")
    assert result.ok and result.out == b"t|TLSv1.3\n", result.text
    good(before, "before")
    good(behind, "behind")


def test_a_drain_in_mid_negotiation(front, plain):
    proxy = front({"front": ("postgres", "required", {"address": f"127.0.0.1:{plain.port}", "tls": "off"})})
    client = Client(proxy.port("front"))
    client.send(SSL[:4])
    socket.create_connection(("127.0.0.1", proxy.port("front"))).close()  # accepted behind it, so ours is too
    proxy.record("front")
    proxy.proxy.signal(signal.SIGTERM)
    assert fields(client.message())["C"] == "57P01"
    client.close()
    assert proxy.record("front")["end"] == "drained"
    assert proxy.proxy.wait() == 0
