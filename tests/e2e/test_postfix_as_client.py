"""Postfix as the client: it relays through the proxy and verifies our TLS as it would any server's."""

import pytest

from pysupport import clients
from pysupport.daemons import delivered
from pysupport.mail_servers import postfix


@pytest.fixture(scope="module")
def legacy(certs, folder):
    with postfix(folder / "legacy", certs, {"plain": "none"}) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def relay(legacy, front):
    """The proxy, in front of the legacy server."""
    to = {"address": f"127.0.0.1:{legacy.ports['plain']}", "tls": "off"}
    return front({"required": ("smtp", "required", to), "off": ("smtp", "off", to)})


def sender(folder, certs, relay, listener, level):
    """A Postfix that sends all outgoing mail to that listener."""
    main = f"""
virtual_mailbox_domains =
relayhost = [localhost]:{relay.port(listener)}
smtp_tls_security_level = {level}
smtp_tls_verify_cert_match = nexthop
smtp_address_preference = ipv4
"""
    return postfix(folder / f"sender-{listener}-{level}", certs, {"submit": "none"}, main)


@pytest.mark.parametrize("level,says", [("encrypt", "TLS connection established"), ("verify", "Verified TLS connection established"),
                                        ("secure", "Verified TLS connection established")])  # fmt: skip
def test_relays_through_us(certs, folder, legacy, relay, message, level, says):
    with sender(folder, certs, relay, "required", level) as outgoing:
        result = clients.python(outgoing.ports["submit"], message)
        assert result.sent, result.text
        text = delivered(legacy.folder / "mail", message.token)
        assert message.arrived_in(text), text
        assert "TLSv1.3" in outgoing.logged(says)
        outgoing.logged("status=sent")
    record = relay.record("required")
    assert record["client_tls"]["version"] == "TLSv1.3" and record["server_tls"] == "plain"
    assert record["sni"] in (None, "localhost")
    assert (record["end"], record["blame"]) == ("closed", "none")


def test_is_deferred_where_we_offer_none(certs, folder, relay, message):
    with sender(folder, certs, relay, "off", "encrypt") as outgoing:
        assert clients.python(outgoing.ports["submit"], message).sent
        assert "TLS is required, but was not offered" in outgoing.logged("status=deferred")
    relay.record("off")
