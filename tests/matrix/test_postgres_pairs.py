"""PostgreSQL in all sixteen pairs of TLS modes; the client upgrades or not.

If the client leg is `off`, the proxy answers SSLRequest with `N` whatever the server leg has: most clients ask first and
continue without TLS. The server is dialled only after the startup message, so a refused client does not cost it a
connection.
"""

import pytest
from session import PairSession
from table import cases

from pysupport.postgres import GSS, SSL, TERMINATE, Server, fields, query, startup
from pysupport.rig import Rig, pairs


@pytest.fixture(scope="module")
def rig(certs, folder):
    alpn = {"alpn": ["postgresql"]}
    rig = Rig(certs, folder, pairs("postgres"))
    rig.server_tls = certs.server_context(**alpn)
    rig.client_tls = certs.client_context(**alpn)
    yield rig
    rig.close()


class Session(PairSession):
    least_bytes = len(startup())

    def make_server(self):
        tls = self.tls and self.place.rig.server_tls
        return Server(tls=tls, implicit=self.case.server == "implicit")

    def ours(self):
        asks = self.case.server in ("opportunistic", "required")
        return rb"\x00\x00\x00\x08\x04\xd2\x16/" if asks else b""

    def arrive(self):
        self.client = self.place.dial()
        if self.case.client == "implicit":
            self.client.start_tls(self.place.rig.client_tls, "localhost")
        elif self.case.upgrades:
            assert self.client.ask(GSS) == b"N"
            if self.case.client == "off":
                assert self.client.ask() == b"N"
            else:
                self.client.upgrade(self.place.rig.client_tls)
                assert self.client.tls.selected_alpn_protocol() == "postgresql"

    def work(self):
        self.arrive()
        assert self.client.login()[:1] == b"R"
        assert self.client.query(b"select 'any\xffthing'")[5:] == b"select 'any\xffthing'\x00"
        self.client.quit()
        self.ended_in_order()
        self.crossed += startup() + query(b"select 'any\xffthing'") + TERMINATE

    def refused(self):
        self.client = self.place.dial()
        assert fields(self.client.login()) | {"M": ""} == {"S": "FATAL", "V": "FATAL", "C": "28000", "M": ""}
        assert self.client.rest() == b""
        self.client.close()

    def no_upstream(self):
        self.arrive()
        assert fields(self.client.login())["C"] == "08006"
        assert self.client.rest() == b""
        self.ended_in_order()
        self.client.close()

    def garbled(self):
        self.client = self.place.dial()
        self.client.send(startup())
        assert self.client.rest()[:1] in (b"", b"\x15")
        self.client.close()

    def check_upstream(self):
        if self.case.outcome == "530":
            assert self.place.upstream.connections == []
            return
        super().check_upstream()
        if self.case.outcome not in ("421", "garbled"):
            assert self.server.started == [startup()]

    def check_record(self):
        if self.case.outcome != "530":
            return super().check_record()
        record = self.place.record(self.client)
        assert (record["end"], record["blame"]) == ("tls_required", "client")
        assert (record["client_tls"], record["server_tls"]) == ("plain", "plain")
        return None


def outcomes():
    """The cases of the table, except that a client without required TLS is refused before the server is dialled."""
    found = cases()
    for case in found:
        if case.client == "required" and not case.upgrades:
            case.outcome = "530"
    return found


@pytest.mark.parametrize("case", outcomes(), ids=str)
def test_pair(rig, case):
    Session(rig, "postgres", case).run()


@pytest.mark.parametrize("client", ["off", "opportunistic", "required", "implicit"])
def test_an_upstream_that_leaves(rig, client):
    place = rig.at("postgres", client, "required")
    place.serve(lambda channel: channel.exactly(8))
    peer = place.dial()
    if client == "implicit":
        peer.start_tls(rig.client_tls, "localhost")
    if client == "required":
        peer.upgrade(rig.client_tls)
    assert fields(peer.login())["C"] == "08006"
    assert peer.rest() == b""
    peer.close()
    record = place.record(peer)
    assert (record["end"], record["blame"]) in (("closed", "server"), ("reset", "server"))


def test_byte_by_byte(rig):
    place = rig.at("postgres", "required", "required")
    fake = Server(tls=rig.server_tls)
    client = place.serve(fake).dial()
    for byte in GSS + SSL:
        client.send(bytes([byte]))
    assert client.exactly(2) == b"NS"
    client.start_tls(rig.client_tls, "localhost")
    for byte in startup():
        client.send(bytes([byte]))
    assert client.reply()[:1] == b"R"
    assert client.reply()[:1] == b"Z"
    client.quit()
    assert fake.started == [startup()]
