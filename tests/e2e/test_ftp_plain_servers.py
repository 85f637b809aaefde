"""vsftpd, ProFTPD and Pure-FTPd without TLS behind the proxy; lftp, curl and ftplib as clients."""

import ftplib
import subprocess

import pytest

from pysupport import ftp_clients
from pysupport.daemons import inside
from pysupport.ftp_servers import proftpd, pure_ftpd, vsftpd
from pysupport.timing import STEP

# name → client mode, server, mode of the server leg
WAYS = {
    "front-vsftpd": ("required", "vsftpd", "off"),
    "front-proftpd": ("required", "proftpd", "off"),
    "front-pure-ftpd": ("required", "pure-ftpd", "off"),
    "public-vsftpd": ("opportunistic", "vsftpd", "off"),
    "ftps-vsftpd": ("implicit", "vsftpd", "off"),
    "best-effort": ("off", "vsftpd", "opportunistic"),
    "any-session": ("required", "vsftpd", "off", {"data_session": "any"}),
}


@pytest.fixture(scope="module")
def ways(certs, folder, front):
    plain, pro = vsftpd(folder / "vsftpd", certs), proftpd(folder / "proftpd", certs)
    with plain, pro, pure_ftpd(folder / "pure", certs) as pure:
        yield ftp_clients.Ways(WAYS, {"vsftpd": plain, "proftpd": pro, "pure-ftpd": pure}, front, certs, folder)


@pytest.mark.parametrize("client", ftp_clients.ALL)
@pytest.mark.parametrize("name", WAYS)
def test_both_ways(ways, name, client):
    ways.both_ways(name, client)


@pytest.mark.parametrize("client", ftp_clients.ALL)
def test_tls_1_2(ways, front, certs, folder, client):
    """Data connections resume in TLS 1.2 as well."""
    only = {"front": ("required", "vsftpd", "off")}
    older = ftp_clients.Ways(only, ways.servers, lambda listeners: front(listeners, tls={"max_version": "1.2"}), certs, folder)
    older.both_ways("front", client)


def test_a_client_that_does_not_resume(ways, certs):
    """ftplib by itself, with data_session: required. The control is any-session."""
    session = ftplib.FTP_TLS(context=certs.client_context())
    session.connect("localhost", ways.port("front-vsftpd"), timeout=STEP)
    session.login("anonymous", "a@b")
    session.prot_p()
    with pytest.raises((ftplib.Error, OSError, EOFError)):
        session.retrbinary("RETR file", lambda _: None)
    with pytest.raises(ftplib.error_temp, match="426"):
        session.getresp()
    session.close()
    ways.front.proxy.logged("did not resume the control connection's TLS session")
    ways.record("front-vsftpd")


@pytest.mark.parametrize("client", ftp_clients.ALL)
def test_active(ways, client):
    ways.active("front-vsftpd", client)


@pytest.mark.parametrize("name", ["front-vsftpd", "front-proftpd", "front-pure-ftpd"])
def test_abort(ways, name):
    ways.abort(name)


def test_a_client_that_declines(ways):
    job = ways.job("public-vsftpd", None)
    ftp_clients.lftp(job)
    ways.check("public-vsftpd", job)
    assert ways.record("public-vsftpd")["client_tls"] == "plain"


def test_openssl(ways, folder):  # s_client prints what it receives after the upgrade
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{ways.port('front-vsftpd')}", "-starttls", "ftp"]
    command += ["-crlf", "-quiet", "-CAfile", "/mnt/certs/ca.pem", "-verify_return_error", "-verify_hostname", "localhost"]
    done = subprocess.run(
        inside("clients", folder, command), input=b"USER anonymous\nPBSZ 0\nPROT P\nPWD\nQUIT\n",
        capture_output=True, timeout=STEP,
    )  # fmt: skip
    codes = [line[:3] for line in done.stdout.splitlines()]
    assert codes == [b"230", b"200", b"200", b"257", b"221"], done
    ways.record("front-vsftpd")
