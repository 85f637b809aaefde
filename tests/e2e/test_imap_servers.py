"""Dovecot and Cyrus behind the proxy, common mail clients before it: messages come back as they were stored."""

import base64
import hashlib
import itertools
import json
import os
import subprocess

import pytest

from pysupport import imap_clients as clients
from pysupport.imap_servers import cyrus, dovecot
from pysupport.proxy import BINARY
from pysupport.timing import STEP

SERVERS = ("dovecot", "cyrus")
# Clients that store in one session and fetch in another.
TWICE = ("curl", "mbsync")
# mbsync takes seconds, so it runs in one mode of each kind.
QUICK = ("imaplib", "curl", "openssl")
_numbers = itertools.count()


@pytest.fixture(scope="module")
def servers(certs, folder):
    with (
        dovecot(folder / "dovecot", certs) as first, dovecot(folder / "dovecot-tls", certs, tls=True) as second,
        cyrus(folder / "cyrus", certs) as third, cyrus(folder / "cyrus-tls", certs, tls=True) as fourth,
    ):  # fmt: skip
        yield {"dovecot": (first, second), "cyrus": (third, fourth)}


@pytest.fixture(scope="module")
def imap(servers, front):
    listeners = {}
    for name, (plain, tls) in servers.items():
        host = "127.0.0.2" if name == "dovecot" else "127.0.0.1"
        to_plain = {"tls": "off", "address": f"127.0.0.1:{plain.port}"}
        to_tls = {"tls": "required", "address": f"{host}:{tls.port}"}
        listeners |= {
            f"{name}-front": ("imap", "required", to_plain),
            f"{name}-public": ("imap", "opportunistic", to_plain),
            f"{name}-implicit": ("imap", "implicit", to_plain),
            f"{name}-sidecar": ("imap", "off", to_tls),
            f"{name}-best-effort": ("imap", "opportunistic", {**to_tls, "tls": "opportunistic"}),
            f"{name}-wrapped": ("imap", "off", {"tls": "implicit", "address": f"{host}:{tls.implicit}"}),
            f"{name}-gateway": ("imap", "required", to_tls),
            f"{name}-stripped": ("imap", "off", {**to_plain, "tls": "required"}),
            f"{name}-bare": ("imap", "off", {**to_tls, "tls": "off"}),
        }
    return front(listeners)


def make_message(lines=20):
    """A message with lines of all printable kinds; no two messages are alike."""
    text = base64.encodebytes(os.urandom(57 * lines)).replace(b"\n", b"\r\n")
    return (
        b"From: <a@example.com>\r\nTo: <b@example.net>\r\nSubject: every line arrives\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
        b"Message-ID: <%s@example.com>\r\n\r\n" % os.urandom(8).hex().encode()
        + b"x STARTTLS\r\na OK done\r\n* CAPABILITY STARTTLS\r\n{12}\r\n\"\r\n" + text
    )  # fmt: skip


def body_hash(message):
    """mbsync adds a header; the body must not change."""
    return hashlib.sha256(message.replace(b"\r\n", b"\n").partition(b"\n\n")[2]).hexdigest()


def stores_and_fetches(imap, name, client, tls, lines=20):
    message = make_message(lines)
    user = f"user{next(_numbers)}"
    got = clients.ALL[client](imap.proxy.folder, imap.port(name), user, message, tls)
    assert body_hash(got) == body_hash(message), got[:300]
    return [imap.record(name) for _ in range(2 if client in TWICE else 1)]


def stands(records, client, server):
    for record in records:
        assert (record["client_tls"] != "plain", record["server_tls"] != "plain") == (client, server), record
        ends = {("closed", "none"), ("truncated", "client"), ("reset", "client")}
        if server and record["listener"].startswith("cyrus"):
            ends |= {("truncated", "server"), ("reset", "server")}  # Cyrus sends no close_notify, and may reset after its BYE
        assert (record["end"], record["blame"]) in ends, record


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("mode,client", [("front", c) for c in clients.ALL] + [("public", c) for c in QUICK])
def test_front_of_a_plaintext_server(imap, server, mode, client):
    stands(stores_and_fetches(imap, f"{server}-{mode}", client, "starttls"), True, False)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("client", QUICK)
def test_implicit_front(imap, server, client):
    stands(stores_and_fetches(imap, f"{server}-implicit", client, "implicit"), True, False)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("mode,client", [("sidecar", "imaplib"), ("sidecar", "curl"), ("sidecar", "mbsync"),
                                         ("wrapped", "imaplib"), ("wrapped", "curl")])  # fmt: skip
def test_sidecar_of_a_plaintext_client(imap, server, mode, client):
    stands(stores_and_fetches(imap, f"{server}-{mode}", client, None), False, True)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("mode,client", [("gateway", c) for c in clients.ALL] + [("best-effort", c) for c in QUICK])
def test_gateway(imap, server, mode, client):
    stands(stores_and_fetches(imap, f"{server}-{mode}", client, "starttls"), True, True)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("client", ["imaplib", "curl"])
def test_declining_where_that_is_allowed(imap, server, client):
    stands(stores_and_fetches(imap, f"{server}-public", client, None), False, False)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("client", ["imaplib", "curl", "mbsync"])
def test_without_tls_is_refused(imap, server, client):
    with pytest.raises(clients.Refused):
        clients.ALL[client](imap.proxy.folder, imap.port(f"{server}-front"), f"user{next(_numbers)}", make_message())
    record = imap.record(f"{server}-front")
    assert record["blame"] == "client" or client != "imaplib", record


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_that_insists_and_a_client_that_has_none(imap, server):
    """LOGINDISABLED is the server's own. Its STARTTLS, which no client could use, is removed."""
    with pytest.raises(clients.Refused) as refused:
        clients.python(imap.proxy.folder, imap.port(f"{server}-bare"), "alice", make_message())
    assert "PRIVACYREQUIRED" in str(refused.value) or "TLS" in str(refused.value) or "Login" in str(refused.value)
    assert imap.record(f"{server}-bare")["server_tls"] == "plain"


@pytest.mark.parametrize("server", SERVERS)
def test_required_where_there_is_none(imap, server):
    with pytest.raises(clients.Refused) as refused:
        clients.python(imap.proxy.folder, imap.port(f"{server}-stripped"), "alice", make_message())
    assert "No secure connection" in str(refused.value) or "UNAVAILABLE" in str(refused.value), refused.value
    assert imap.record(f"{server}-stripped")["end"] == "starttls_not_offered"


@pytest.mark.parametrize("name,client,tls", [("dovecot-front", "imaplib", "starttls"), ("cyrus-sidecar", "imaplib", None),
                                             ("cyrus-gateway", "curl", "starttls"), ("dovecot-sidecar", "curl", None)])  # fmt: skip
def test_a_large_message(imap, name, client, tls):
    records = stores_and_fetches(imap, name, client, tls, lines=100000)
    assert sum(record["bytes_in"] for record in records) > 7700000, records
    assert sum(record["bytes_out"] for record in records) > 7700000, records


@pytest.mark.parametrize("server", SERVERS)
def test_probe(servers, certs, server):
    plain, tls = servers[server]
    for port, status in ((tls.port, 0), (plain.port, 1)):
        command = [BINARY, "probe", "--protocol", "imap", f"localhost:{port}", "--json", "--ca", certs.ca]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=STEP, check=False)
        report = json.loads(done.stdout)
        assert done.returncode == status, report
        assert report["greeting"].startswith("* OK ")
        assert report["starttls"] == (status == 0) and "IMAP4rev1" in report["capabilities_before"]
        if status == 0:
            assert report["verification"]["result"] == "passed"
            assert "AUTH=PLAIN" in report["capabilities_after"] and "STARTTLS" not in report["capabilities_after"]
