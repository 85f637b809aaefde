"""PostgreSQL 15 and psql through the proxy: a server without TLS, a client without TLS, both with TLS; channel binding,
s_client, the probe, and direct TLS.
"""

import json
import re
import signal
import socket
import subprocess

import pytest

from pysupport.daemons import inside
from pysupport.postgres import SSL, Client, fields, startup
from pysupport.postgres_servers import LEGACY, USER, postgresql, psql
from pysupport.proxy import Proxy, run
from pysupport.rig import certificates

WHO = "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()"


@pytest.fixture(scope="module")
def daemon(certs, folder):
    with postgresql(folder / "pg", certs) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def proxy(front, daemon):
    plain, tls = f"127.0.0.1:{daemon.plain}", f"127.0.0.1:{daemon.tls}"
    return front(
        {
            "front": ("postgres", "required", {"address": plain, "tls": "off"}),
            "public": ("postgres", "opportunistic", {"address": plain, "tls": "off"}),
            "sidecar": ("postgres", "off", {"address": tls, "tls": "required"}),
            "sidecar-if-offered": ("postgres", "off", {"address": plain, "tls": "opportunistic"}),
            "gateway": ("postgres", "required", {"address": tls, "tls": "required"}),
            "declined": ("postgres", "opportunistic", {"address": tls, "tls": "required"}),
            "untouched": ("postgres", "off", {"address": tls, "tls": "off"}),
        }
    )


def good(proxy, name):
    record = proxy.record(name)
    assert (record["end"], record["blame"]) == ("closed", "none"), record
    return record


# -- psql in every useful mode

WAYS = [
    # listener, client's sslmode, whether the client leg uses TLS, what the server reports about its own
    ("front", "require", True, b"f|\n"),
    ("front", "verify-full", True, b"f|\n"),
    ("front", "prefer", True, b"f|\n"),
    ("front", "allow", True, b"f|\n"),  # refused first, in a way that makes the client ask for TLS
    ("public", "verify-full", True, b"f|\n"),
    ("public", "disable", False, b"f|\n"),
    ("sidecar", "disable", False, b"t|TLSv1.3\n"),
    ("sidecar", "prefer", False, b"t|TLSv1.3\n"),
    ("sidecar-if-offered", "disable", False, b"f|\n"),
    ("gateway", "verify-full", True, b"t|TLSv1.3\n"),
]


@pytest.mark.parametrize("name, mode, tls, server", WAYS, ids=lambda value: str(value)[:20])
def test_psql(proxy, folder, name, mode, tls, server):
    user = LEGACY if name == "sidecar" else USER
    result = psql(folder, proxy.port(name), WHO, sslmode=mode, channel_binding="disable", user=user)
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
    """The server requires TLS, and neither leg uses it."""
    result = psql(folder, proxy.port("untouched"), "select 1", sslmode="disable")
    assert not result.ok and re.search('no pg_hba.conf entry for host "127.0.0.1".*no encryption', result.text)
    proxy.record("untouched")


def test_a_wrong_password(proxy, folder):
    result = psql(folder, proxy.port("gateway"), "select 1", sslmode="require", password="wrong", channel_binding="disable")
    assert not result.ok and "password authentication failed" in result.text
    proxy.record("gateway")


# -- channel binding


def test_channel_binding_with_one_certificate_on_both_legs(proxy, folder):
    """SCRAM-SHA-256-PLUS binds to the certificate: with the same one on both legs it works through the proxy."""
    result = psql(folder, proxy.port("gateway"), "select 1", sslmode="verify-full", channel_binding="require")
    assert result.ok, result.text
    good(proxy, "gateway")


@pytest.mark.parametrize("binding, ok", [("require", False), ("prefer", False), ("disable", True)])
def test_channel_binding_with_two_certificates(daemon, certs, folder, binding, ok):
    leg = {"address": f"127.0.0.1:{daemon.tls}", "tls": "required", "ca": certs.ca, "server_name": "localhost"}
    listener = {"name": "other", "listen": "127.0.0.1:0", "protocol": "postgres",
                "client": {"tls": "required", "certificates": ["rsa"]}, "server": leg}  # fmt: skip
    with Proxy({"certificates": certificates(certs, ["rsa"]), "listeners": [listener]}, folder) as proxy:
        result = psql(folder, proxy.port(), "select 1", sslmode="verify-full", channel_binding=binding)
        proxy.logged("the server offers channel binding")
    assert result.ok == ok, result.text
    if not ok:
        assert "SCRAM channel binding check failed" in result.text


def test_channel_binding_before_a_server_without_tls(proxy, folder):
    """The server offers none: a client that requires it fails, and one that prefers it goes on without."""
    result = psql(folder, proxy.port("front"), "select 1", sslmode="require", channel_binding="require")
    assert not result.ok and "channel binding" in result.text, result.text
    proxy.record("front")


@pytest.mark.parametrize("name, mode", [("sidecar", "disable"), ("sidecar", "prefer"), ("declined", "disable")])
@pytest.mark.parametrize("binding", ["disable", "prefer"])
def test_a_client_without_tls_logs_in_with_scram(proxy, folder, name, mode, binding):
    """libpq treats SCRAM-SHA-256-PLUS without TLS as an attack, so the proxy does not offer it there."""
    result = psql(folder, proxy.port(name), WHO, sslmode=mode, channel_binding=binding, user=USER)
    assert result.ok and result.out == b"t|TLSv1.3\n", result.text
    record = good(proxy, name)
    assert record["client_tls"] == "plain" and record["server_tls"] != "plain"


def test_a_client_without_tls_that_insists_on_channel_binding(proxy, folder):
    result = psql(folder, proxy.port("sidecar"), "select 1", sslmode="disable", channel_binding="require")
    assert not result.ok and "channel binding" in result.text, result.text
    proxy.record("sidecar")


def test_a_client_without_tls_and_a_wrong_password(proxy, folder):
    result = psql(folder, proxy.port("sidecar"), "select 1", sslmode="disable", password="wrong", user=USER)
    assert not result.ok and "password authentication failed" in result.text
    proxy.record("sidecar")


# -- s_client and the probe


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
    assert head[:1] == b"R" and head[8] == 10, "the server asks for SASL"
    proxy.record(name)


def test_probe(daemon, certs):
    done = run(["probe", "--protocol", "postgres", f"localhost:{daemon.tls}", "--json", "--ca", certs.ca])
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert "SCRAM-SHA-256-PLUS" in json.dumps(report) and "TLSv1.3" in json.dumps(report)


def test_probe_without_tls(daemon):
    done = run(["probe", "--protocol", "postgres", f"127.0.0.1:{daemon.plain}", "--insecure"])
    assert done.returncode == 1
    assert "offer" in done.stdout + done.stderr


# -- one Starlock behind another, by PostgreSQL 17's direct TLS; and a direct client in Python


def test_direct_tls_between_two_of_us(front, daemon, certs, folder):
    behind = front({"behind": ("postgres", "implicit", {"address": f"127.0.0.1:{daemon.plain}", "tls": "off"})})
    before = front({"before": ("postgres", "off", {"address": f"127.0.0.1:{behind.port('behind')}", "tls": "implicit"})})
    result = psql(folder, before.port("before"), WHO, sslmode="disable")
    assert result.ok and result.out == b"f|\n", result.text
    assert good(before, "before")["server_tls"]["version"] == "TLSv1.3"
    assert good(behind, "behind")["client_tls"]["version"] == "TLSv1.3"
    client = Client(behind.port("behind"))
    client.start_tls(certs.client_context(alpn=["postgresql"]), "localhost")
    assert client.tls.selected_alpn_protocol() == "postgresql"
    client.send(startup(b"starlock", b"postgres"))
    assert client.reply()[:1] == b"R"
    client.close()


def test_ssl_request_between_two_of_us(front, daemon, folder):
    behind = front({"behind": ("postgres", "required", {"address": f"127.0.0.1:{daemon.tls}", "tls": "required"})})
    before = front({"before": ("postgres", "off", {"address": f"127.0.0.1:{behind.port('behind')}", "tls": "required"})})
    result = psql(folder, before.port("before"), WHO, sslmode="disable", user=LEGACY)
    assert result.ok and result.out == b"t|TLSv1.3\n", result.text
    good(before, "before")
    good(behind, "behind")


def test_a_drain_in_mid_negotiation(front, daemon):
    proxy = front({"front": ("postgres", "required", {"address": f"127.0.0.1:{daemon.plain}", "tls": "off"})})
    client = Client(proxy.port("front"))
    client.send(SSL[:4])
    socket.create_connection(("127.0.0.1", proxy.port("front"))).close()  # accepted after ours
    proxy.record("front")
    proxy.proxy.signal(signal.SIGTERM)
    assert fields(client.reply())["C"] == "57P01"
    client.close()
    assert proxy.record("front")["end"] == "drained"
    assert proxy.proxy.wait() == 0
