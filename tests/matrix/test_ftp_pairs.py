"""FTP in all sixteen pairs of TLS modes: login, download and upload; each leg's data as its PROT demands."""

import re

import pytest
from session import PairSession
from table import cases

from pysupport.channel import End
from pysupport.ftp import BANNER, FILE, Server
from pysupport.rig import Rig, pairs


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("ftp"))
    yield rig
    rig.close()


class Session(PairSession):
    farewell = b"(QUIT\r\n)?"
    least_bytes = len(FILE)

    def ours(self):
        prot = b"PBSZ 0\r\nPROT P\r\n"
        if self.case.leg == "starttls":
            self.crossed = self.crossed if self.crossed.startswith(prot) else prot + self.crossed
            return rb"AUTH TLS\r\n"
        if self.case.leg == "implicit":
            self.crossed = self.crossed if self.crossed.startswith(prot) else prot + self.crossed
            return b""
        return b"" if self.case.server == "off" else rb"AUTH TLS\r\n"

    def check_upstream(self):
        self.ours()  # ours() puts the proxy's own commands inside TLS in front of `crossed`
        super().check_upstream()

    def features(self, auth, prot):
        """Sends FEAT and checks that the reply is the upstream's own, except for TLS."""
        names = self.client.features()
        expected = [b"AUTH TLS"] * auth + [b"PBSZ", b"PROT"] * prot
        assert [name for name in names if name in (b"AUTH TLS", b"PBSZ", b"PROT")] == expected, names
        if self.case.client == "required" and auth:
            assert names == expected
            return
        assert [name for name in names if name not in expected] == [b"UTF8", b"MDTM"], names
        self.crossed += b"FEAT\r\n"

    def work(self):
        outcome = self.case.outcome
        inside = outcome in ("tls", "inside")
        self.client = self.place.arrive()
        assert self.client.greeting == BANNER
        on_offer = outcome in ("declined", "tls")
        self.features(on_offer, on_offer or inside)
        if outcome == "502":
            for line in (b"AUTH TLS", b"PBSZ 0", b"PROT P"):
                assert self.client.command(line).startswith(b"502 ")
        if outcome == "tls":
            assert self.client.upgrade(self.certs.client_context()).startswith(b"234 ")
            self.features(False, True)
        if inside:
            assert self.client.command(b"AUTH TLS").startswith(b"503 ")
            self.client.protect(self.certs.client_context())
        assert self.client.login().endswith(b"230 in\r\n")
        got, reply = self.client.get(b"PASV")
        assert got == FILE and reply == b"226 all done\r\n"
        assert self.client.data_end is (End.CLOSE_NOTIFY if inside else End.FIN)
        assert self.client.put(FILE[::-1], b"EPSV") == b"226 all done\r\n"
        assert self.server.stored == [FILE[::-1]]
        for data in self.server.data_channels:
            assert (data.tls is not None) == (self.case.leg != "plain")
        assert self.client.quit() == b"221 old.example.net says bye\r\n"
        self.ended_in_order()
        self.crossed += b"USER a\r\nPASS b\r\nEPSV\r\nRETR file\r\nEPSV\r\nSTOR file\r\nQUIT\r\n"

    def refused(self):
        self.client = self.place.arrive()
        assert self.client.greeting == BANNER
        self.features(True, True)
        assert self.client.command(b"NOOP").startswith(b"200 ")
        for command in (b"USER a", b"PASS b", b"PASV", b"EPSV", b"PORT 127,0,0,1,200,200", b"RETR x", b"SYST"):
            assert self.client.command(command).startswith(b"530 "), command
        for command in (b"PBSZ 0", b"PROT P"):
            assert self.client.command(command).startswith(b"503 "), command
        assert self.client.quit().startswith(b"221 ")

    def no_upstream(self):
        self.client = self.place.arrive()
        assert re.match(rb"421 ", self.client.greeting)
        assert self.client.rest() == b""
        self.ended_in_order()
        self.client.close()

    def garbled(self):
        self.client = self.place.dial()
        self.client.send(b"USER a\r\n")
        assert b"2" not in self.client.rest()[:1]
        self.client.close()


@pytest.mark.parametrize("case", cases(), ids=str)
def test_pair(rig, case):
    Session(rig, "ftp", case).run()


@pytest.mark.parametrize("how", [b"PASV", b"EPSV", b"PORT", b"EPRT"], ids=bytes.decode)
@pytest.mark.parametrize("server", ["off", "required"])
@pytest.mark.parametrize("client", ["off", "required"])
def test_every_way_to_open(rig, client, server, how):
    place = rig.at("ftp", client, server)
    fake = Server(tls=rig.certs.server_context() if server == "required" else None)
    session = place.serve(fake).arrive()
    if client == "required":
        session.upgrade(rig.certs.client_context())
        session.protect(rig.certs.client_context())
    session.login()
    for _ in range(3):
        assert session.get(how) == (FILE, b"226 all done\r\n")
        assert session.put(FILE, how) == b"226 all done\r\n"
    assert fake.stored == [FILE] * 3
    session.quit()
    record = place.record(session)
    assert (record["end"], record["blame"]) == ("closed", "none")


def test_a_server_without_epsv_and_with_an_address_that_lies(rig):
    place = rig.at("ftp", "off", "off")
    session = place.serve(Server(epsv=False)).arrive()
    session.login()
    assert session.get() == (FILE, b"226 all done\r\n")
    assert session.get(b"PASV") == (FILE, b"226 all done\r\n")
    session.quit()
