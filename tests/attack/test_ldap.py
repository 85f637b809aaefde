"""LDAP's rows of the attacks: what is injected behind StartTLS never crosses."""

import pytest
from common import aborted, all_seen

from pysupport.ldap import Server, bind, result, starttls
from pysupport.rig import Rig

PAIRS = [("ldap", client, "off") for client in ("opportunistic", "required")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS)
    yield rig
    rig.close()


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_c1(rig, pair):
    place = rig.at(*pair).serve(Server())
    client = place.arrive()
    client.send(starttls(1) + bind(2))
    assert result(2, 0x61, 0) not in aborted(place, client, "plaintext_after_starttls", "client")
    assert bind(2) not in all_seen(place)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_c1_control(rig, pair):
    place = rig.at(*pair).serve(Server())
    client = place.arrive()
    client.upgrade(rig.certs.client_context())
    assert client.ask(bind(2)) == result(2, 0x61, 0)
    client.leave()
    assert bind(2) in all_seen(place)
