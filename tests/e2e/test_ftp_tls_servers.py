"""FTP servers that require TLS for session and data; two of them require the control connection's TLS session."""

import ftplib
import json
import subprocess

import pytest

from pysupport import ftp_clients
from pysupport.ftp_servers import proftpd, pure_ftpd, vsftpd
from pysupport.proxy import BINARY
from pysupport.timing import STEP

# name → client mode, server, mode of the server leg
WAYS = {
    "sidecar-vsftpd": ("off", "vsftpd-tls", "required"),
    "sidecar-proftpd": ("off", "proftpd-tls", "required"),
    "sidecar-proftpd12": ("off", "proftpd-tls12", "required"),
    "sidecar-pure-ftpd": ("off", "pure-ftpd-tls", "required"),
    "sidecar-implicit": ("off", "vsftpd-implicit", "implicit"),
    "gateway-vsftpd": ("required", "vsftpd-tls", "required"),
    "gateway-proftpd": ("required", "proftpd-tls", "required"),
    "ftps-gateway": ("implicit", "vsftpd-tls", "required"),
    "stripped": ("off", "plain", "required"),
}


@pytest.fixture(scope="module")
def servers(certs, folder):
    made = {
        "vsftpd-tls": vsftpd(folder / "vsftpd-tls", certs, tls=True),
        "vsftpd-implicit": vsftpd(folder / "vsftpd-implicit", certs, tls=True, implicit=True),
        "proftpd-tls": proftpd(folder / "proftpd-tls", certs, tls=True),
        "proftpd-tls12": proftpd(folder / "proftpd-tls12", certs, tls=True, versions="TLSv1.2"),
        "pure-ftpd-tls": pure_ftpd(folder / "pure-tls", certs, tls=True),
        "plain": vsftpd(folder / "vsftpd-plain", certs),
    }
    yield made
    for server in made.values():
        server.stop()


@pytest.fixture(scope="module")
def ways(servers, front, certs, folder):
    return ftp_clients.Ways(WAYS, servers, front, certs, folder)


@pytest.mark.parametrize("client", ftp_clients.ALL)
@pytest.mark.parametrize("name", [name for name in WAYS if name != "stripped"])
def test_both_ways(ways, name, client):
    ways.both_ways(name, client)


@pytest.mark.parametrize("client", ftp_clients.ALL)
@pytest.mark.parametrize("name", ["sidecar-vsftpd", "gateway-proftpd"])
def test_active(ways, name, client):
    ways.active(name, client)


def test_abort(ways):
    """ProFTPD only without TLS: with TLS it sometimes exits when its data connection is reset."""
    ways.abort("sidecar-vsftpd")


def test_the_servers_insist(certs, servers):
    """The control: without the control connection's TLS session these servers transfer no data."""
    for name in ("vsftpd-tls", "proftpd-tls"):
        session = ftplib.FTP_TLS(context=certs.client_context())
        session.connect("localhost", servers[name].port, timeout=STEP)
        session.login("anonymous", "a@b")
        session.prot_p()
        with pytest.raises((ftplib.Error, OSError, EOFError)):
            session.retrbinary("RETR file", lambda _: None)
        session.close()


def test_required_where_there_is_none(ways):
    with pytest.raises(ftplib.error_temp, match="421"):
        ftplib.FTP().connect("localhost", ways.port("stripped"), timeout=STEP)
    record = ways.record("stripped")
    assert (record["end"], record["blame"]) == ("starttls_not_offered", "server")


@pytest.mark.parametrize("name", ["vsftpd-tls", "proftpd-tls", "pure-ftpd-tls"])
def test_probe(certs, servers, name):
    command = [BINARY, "probe", "--protocol", "ftp", f"localhost:{servers[name].port}", "--json", "--ca", certs.ca]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=STEP, check=False)
    report = json.loads(done.stdout)
    assert done.returncode == 0, report
    assert report["starttls"] is True and report["greeting"].startswith("220")
    assert "REST STREAM" in report["capabilities_after"]
    assert report["verification"]["result"] == "passed"
