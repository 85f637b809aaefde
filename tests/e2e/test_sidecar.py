"""Clients without TLS and servers that require it; and TLS on both legs."""

import pytest

from pysupport import clients
from pysupport.daemons import delivered
from pysupport.mail_servers import exim, postfix


@pytest.fixture(scope="module")
def servers(certs, folder):
    ports = {"plain": "none", "encrypt": "encrypt", "wrapped": "encrypt\n  -o smtpd_tls_wrappermode=yes"}
    first, second = postfix(folder / "postfix", certs, ports), exim(folder / "exim", certs)
    with first, second:
        yield {"postfix": first, "exim": second}


@pytest.fixture(scope="module")
def sidecar(servers, front):
    postfix_ports, exim_ports = servers["postfix"].ports, servers["exim"].ports

    def to(port, mode):
        return {"address": f"127.0.0.1:{port}", "tls": mode}

    return front(
        {
            "postfix": ("smtp", "off", to(postfix_ports["encrypt"], "required")),
            "exim": ("smtp", "off", to(exim_ports["tls"], "required")),
            "postfix-opportunistic": ("smtp", "off", to(postfix_ports["encrypt"], "opportunistic")),
            "postfix-plain": ("smtp", "off", to(postfix_ports["plain"], "opportunistic")),
            "postfix-implicit": ("smtp", "off", to(postfix_ports["wrapped"], "implicit")),
            "postfix-gateway": ("smtp", "required", to(postfix_ports["encrypt"], "required")),
            "exim-gateway": ("smtp", "implicit", to(exim_ports["tls"], "required")),
            "stripped": ("smtp", "off", to(postfix_ports["plain"], "required")),
        }
    )


def check(servers, sidecar, name, message, encrypted=True):
    text = delivered(servers[name.partition("-")[0]].folder / "mail", message.token)
    assert message.arrived_in(text), text
    assert (b"ESMTPS" in text.upper()) == encrypted, "as logged by the server itself"
    record = sidecar.record(name)
    assert (record["server_tls"] != "plain") == encrypted, record
    return record


PLAIN = ["swaks", "curl", "msmtp", "smtplib"]


@pytest.mark.parametrize("name", ["postfix", "exim", "postfix-opportunistic", "postfix-implicit"])
@pytest.mark.parametrize("client", PLAIN)
def test_a_legacy_client(servers, sidecar, message, name, client):
    result = clients.ALL[client](sidecar.port(name), message)
    assert result.sent, result.text
    record = check(servers, sidecar, name, message)
    assert record["client_tls"] == "plain" and record["server_tls"]["version"] == "TLSv1.3"
    assert (record["end"], record["blame"]) == ("closed", "none")


def test_opportunistic_where_there_is_none(servers, sidecar, message):
    result = clients.swaks(sidecar.port("postfix-plain"), message)
    assert result.sent, result.text
    check(servers, sidecar, "postfix-plain", message, encrypted=False)


@pytest.mark.parametrize("client", PLAIN)
def test_required_where_there_is_none(sidecar, message, client):
    result = clients.ALL[client](sidecar.port("stripped"), message)
    assert not result.sent and "421" in result.text, result.text
    record = sidecar.record("stripped")
    assert (record["end"], record["blame"]) == ("starttls_not_offered", "server")


@pytest.mark.parametrize("client", clients.ALL)
@pytest.mark.parametrize("name,tls", [("postfix-gateway", "starttls"), ("exim-gateway", "implicit")])
def test_gateway(servers, sidecar, message, name, tls, client):
    result = clients.ALL[client](sidecar.port(name), message, tls)
    assert result.sent, result.text
    record = check(servers, sidecar, name, message)
    assert record["client_tls"]["version"] == record["server_tls"]["version"] == "TLSv1.3"


@pytest.mark.parametrize("client", ["swaks", "curl", "smtplib"])
def test_the_client_does_not_see_starttls(sidecar, message, client):
    """A client that requires STARTTLS fails, because its leg offers none."""
    result = clients.ALL[client](sidecar.port("postfix"), message, "starttls")
    assert not result.sent
    sidecar.record("postfix")
