"""Postfix and Exim without TLS behind the proxy; each client brings its own TLS."""

import pytest

from pysupport import clients
from pysupport.daemons import delivered
from pysupport.mail_servers import exim, postfix

SERVERS = ("postfix", "exim")


@pytest.fixture(scope="module")
def servers(certs, folder):
    first, second = postfix(folder / "postfix", certs, {"plain": "none"}), exim(folder / "exim", certs)
    with first, second:
        yield {"postfix": first, "exim": second}


@pytest.fixture(scope="module")
def legacy(servers, front):
    listeners = {}
    for name, server in servers.items():
        for mode in ("required", "opportunistic", "implicit"):
            to = {"tls": "off", "address": f"127.0.0.1:{server.ports['plain']}"}
            listeners[f"{name}-{mode}"] = ("smtp", mode, to)
    return front(listeners)


def check(servers, legacy, server, mode, message, encrypted):
    text = delivered(servers[server].folder / "mail", message.token)
    assert message.arrived_in(text), text
    assert b"ESMTPS" not in text.upper(), "the server itself must not see TLS"
    record = legacy.record(f"{server}-{mode}")
    assert record["server_tls"] == "plain" and (record["client_tls"] != "plain") == encrypted, record
    return record


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("mode", ["required", "opportunistic"])
@pytest.mark.parametrize("client", clients.ALL)
def test_starttls(servers, legacy, message, server, mode, client):
    result = clients.ALL[client](legacy.port(f"{server}-{mode}"), message, "starttls")
    assert result.sent, result.text
    record = check(servers, legacy, server, mode, message, True)
    assert (record["end"], record["blame"]) in (("closed", "none"), ("truncated", "client")), record


@pytest.mark.parametrize("client", clients.ALL)
def test_implicit(servers, legacy, message, client):
    result = clients.ALL[client](legacy.port("postfix-implicit"), message, "implicit")
    assert result.sent, result.text
    check(servers, legacy, "postfix", "implicit", message, True)


@pytest.mark.parametrize("client", ["swaks", "curl", "msmtp", "smtplib"])
def test_without_tls_is_refused(legacy, message, client):
    result = clients.ALL[client](legacy.port("postfix-required"), message)
    assert not result.sent
    assert "530" in result.text, result.text
    record = legacy.record("postfix-required")
    assert (record["end"], record["blame"]) == ("tls_required", "client")


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("client", ["swaks", "curl", "msmtp", "smtplib"])
def test_without_tls_where_that_is_allowed(servers, legacy, message, server, client):
    result = clients.ALL[client](legacy.port(f"{server}-opportunistic"), message)
    assert result.sent, result.text
    check(servers, legacy, server, "opportunistic", message, False)


@pytest.mark.parametrize(
    "options",
    [["-tls1_2"], ["-tls1_3"], ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], ["-tls1_3", "-sigalgs", "RSA-PSS+SHA256"],
     ["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], ["-groups", "P-256"]],
    ids="_".join,
)  # fmt: skip
def test_clients_that_insist(servers, legacy, message, options):
    result = clients.openssl(legacy.port("postfix-required"), message, options=options)
    assert result.sent, result.text
    tls = check(servers, legacy, "postfix", "required", message, True)["client_tls"]
    assert tls["version"] == ("TLSv1.2" if "-tls1_2" in options else "TLSv1.3")
    assert tls["group"] == ("P-256" if "-groups" in options else "X25519")


def test_swaks_with_tls_1_2_only(servers, legacy, message):
    result = clients.swaks(legacy.port("postfix-required"), message, "starttls", options=["--tls-protocol", "tlsv1_2"])
    assert result.sent, result.text
    assert check(servers, legacy, "postfix", "required", message, True)["client_tls"]["version"] == "TLSv1.2"


def test_a_pipelining_client(servers, legacy, message):
    result = clients.swaks(legacy.port("postfix-required"), message, "starttls", options=["--pipeline"])
    assert result.sent, result.text
    check(servers, legacy, "postfix", "required", message, True)


def test_the_banner_is_the_servers(legacy, message):
    result = clients.swaks(legacy.port("postfix-required"), message, "starttls", options=["--quit-after", "TLS"])
    assert "220 postfix.example.net ESMTP Postfix" in result.text, result.text
    legacy.record("postfix-required")
