"""STARTTLS once more, inside TLS (F4), for every protocol: it is refused, never forwarded, and not offered (P1)."""

import re

import pytest
from common import all_seen, control
from speech import each, pairs

from pysupport import managesieve, nntp, smtp
from pysupport.rig import Rig

# The client leg, the server leg, and whether the server offers STARTTLS.
MODES = [
    *((client, "off", offer) for client in ("opportunistic", "required", "implicit") for offer in (False, True)),
    *((client, "required", True) for client in ("opportunistic", "required")),
]
# PostgreSQL's direct TLS (implicit) has an ALPN name of its own; nothing is filtered there.
NOT_FILTERED = [("postgres", "implicit")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs(sorted({mode[:2] for mode in MODES})))
    yield rig
    rig.close()


def arrive(place, row, certs):
    """A client inside TLS."""
    if place.client == "implicit":
        return place.arrive()
    client = row.ready(place)
    client.upgrade(certs.client_context())
    return client


@each(MODES, "again", without=NOT_FILTERED)
def test_f4_starttls_inside_tls(rig, row, modes, data, certs):
    client_mode, server_mode, offer = modes
    place = rig.at(row.protocol, client_mode, server_mode).serve_fake(offer=offer)
    client = arrive(place, row, certs)
    assert not row.advertises(client), "STARTTLS is offered inside TLS"
    request = data(client)
    client.send(request)
    if row.ends_session:
        got = client.rest()
        client.close()
        assert re.fullmatch(row.refusal, got, re.DOTALL), got
        record = place.record(client)
        assert (record["end"], record["blame"]) == row.ends_session, record
    else:
        got = client.reply()
        assert re.match(row.refusal, got, re.DOTALL), got
        control(place, client)
    # Without TLS on its leg, the upstream must never see the request. (With TLS it may be the one that refuses it.)
    if row.protocol in ("postgres", "mysql"):
        row.nothing_crossed(place)
    elif server_mode == "off":
        seen = all_seen(place)
        for content in (smtp.BODY, nntp.ARTICLE, managesieve.SCRIPT):  # they contain the word
            seen = seen.replace(content, b"")
        assert request not in seen
