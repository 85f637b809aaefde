"""Dovecot's LMTP server: without TLS, and with TLS for a client without it."""

import pytest

from pysupport import clients
from pysupport.daemons import delivered
from pysupport.mail_servers import dovecot_lmtp
from pysupport.smtp import Client


@pytest.fixture(scope="module")
def servers(certs, folder):
    with dovecot_lmtp(folder / "plain", certs) as plain, dovecot_lmtp(folder / "tls", certs, tls=True) as tls:
        yield {"plain": plain, "tls": tls}


@pytest.fixture(scope="module")
def lmtp(servers, front):
    def to(name, mode):
        return {"address": f"127.0.0.1:{servers[name].port}", "tls": mode}

    return front(
        {
            "front": ("lmtp", "required", to("plain", "off")),
            "public": ("lmtp", "opportunistic", to("plain", "off")),
            "sidecar": ("lmtp", "off", to("tls", "required")),
            "gateway": ("lmtp", "required", to("tls", "required")),
        }
    )


def check(servers, lmtp, server, name, message):
    text = delivered(servers[server].folder / "mail", message.token)
    assert message.arrived_in(text), text
    assert (b"TLS" in text.partition(b"\n\n")[0]) == (server == "tls"), "as logged by Dovecot itself"
    record = lmtp.record(name)
    assert record["protocol"] == "lmtp"
    assert (record["client_tls"] == "plain", record["server_tls"] == "plain") == (name == "sidecar", server == "plain")


@pytest.mark.parametrize("server,name", [("plain", "front"), ("plain", "public"), ("tls", "gateway")])
@pytest.mark.parametrize("client", ["swaks", "openssl"])
def test_starttls(servers, lmtp, message, server, name, client):
    result = clients.ALL[client](lmtp.port(name), message, "starttls", lmtp=True)
    assert result.sent, result.text
    check(servers, lmtp, server, name, message)


@pytest.mark.parametrize("client", ["swaks", "smtplib"])
def test_a_legacy_client(servers, lmtp, message, client):
    result = clients.ALL[client](lmtp.port("sidecar"), message, lmtp=True)
    assert result.sent, result.text
    check(servers, lmtp, "tls", "sidecar", message)


def test_without_tls_is_refused(lmtp, message):
    result = clients.swaks(lmtp.port("front"), message, lmtp=True)
    assert not result.sent and "530" in result.text, result.text
    assert lmtp.record("front")["end"] == "tls_required"


def test_one_reply_for_each_recipient(servers, lmtp, message):
    client = Client(lmtp.port("sidecar"), protocol="lmtp")
    client.reply()
    client.hello()
    assert client.command(b"MAIL FROM:<a@example.com>").startswith(b"250 ")
    for name in (b"one", b"two"):
        assert client.command(b"RCPT TO:<" + name + b"@example.net>").startswith(b"250 ")
    assert client.command(b"DATA").startswith(b"354 ")
    client.send(message.bytes.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    assert b"one@example.net" in client.reply() and b"two@example.net" in client.reply()
    client.quit()
    for name in ("one", "two"):
        text = delivered(servers["tls"].folder / "mail" / name, message.token)
        assert message.arrived_in(text)
    lmtp.record("sidecar")
