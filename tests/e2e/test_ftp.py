"""FTP: vsftpd, ProFTPD and Pure-FTPd behind us; lftp, curl and ftplib before us. Some MB each way, compared by hash."""

import ftplib
import hashlib
import io
import itertools
import os
import random
import ssl
import subprocess

import pytest

from pysupport.daemons import inside
from pysupport.ftp_servers import proftpd, pure_ftpd, vsftpd
from pysupport.proxy import BINARY
from pysupport.timing import STEP, Deadline

CONTENT = random.Random(1).randbytes(3_000_001)
_numbers = itertools.count()


def digest(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def servers(certs, folder):
    made = {
        "vsftpd": vsftpd(folder / "vsftpd", certs),
        "vsftpd-tls": vsftpd(folder / "vsftpd-tls", certs, tls=True),
        "vsftpd-implicit": vsftpd(folder / "vsftpd-implicit", certs, tls=True, implicit=True),
        "proftpd": proftpd(folder / "proftpd", certs),
        "proftpd-tls": proftpd(folder / "proftpd-tls", certs, tls=True),
        "proftpd-tls12": proftpd(folder / "proftpd-tls12", certs, tls=True, versions="TLSv1.2"),
        "pure-ftpd": pure_ftpd(folder / "pure-ftpd", certs),
        "pure-ftpd-tls": pure_ftpd(folder / "pure-ftpd-tls", certs, tls=True),
    }
    for server in made.values():
        (server.folder / "ftp" / "file").write_bytes(CONTENT)
    yield made
    for server in made.values():
        server.stop()


# name → the client's leg, the server, the server's leg
WAYS = {
    "front-vsftpd": ("required", "vsftpd", "off"),
    "front-proftpd": ("required", "proftpd", "off"),
    "front-pure-ftpd": ("required", "pure-ftpd", "off"),
    "public-vsftpd": ("opportunistic", "vsftpd", "off"),
    "sidecar-vsftpd": ("off", "vsftpd-tls", "required"),
    "sidecar-proftpd": ("off", "proftpd-tls", "required"),
    "sidecar-proftpd12": ("off", "proftpd-tls12", "required"),
    "sidecar-pure-ftpd": ("off", "pure-ftpd-tls", "required"),
    "sidecar-implicit": ("off", "vsftpd-implicit", "implicit"),
    "best-effort": ("off", "vsftpd", "opportunistic"),
    "gateway-vsftpd": ("required", "vsftpd-tls", "required"),
    "gateway-proftpd": ("required", "proftpd-tls", "required"),
    "ftps-vsftpd": ("implicit", "vsftpd", "off"),
    "ftps-gateway": ("implicit", "vsftpd-tls", "required"),
    "stripped": ("off", "vsftpd", "required"),
}


@pytest.fixture(scope="module")
def proxy(servers, front):
    return front(
        {
            name: ("ftp", client, {"address": f"127.0.0.1:{servers[server].port}", "tls": mode})
            for name, (client, server, mode) in WAYS.items()
        }
    )


class Job:
    """What a client is to do: fetch /file, and leave the same bytes in /in under a name of its own."""

    def __init__(self, folder, certs, port, tls, active=False):
        self.folder, self.certs, self.port, self.tls, self.active = folder, certs, port, tls, active
        self.name = f"up-{os.getpid()}-{next(_numbers)}"
        self.source = folder / self.name
        self.source.write_bytes(CONTENT)
        self.source.chmod(0o644)
        self.got = folder / f"{self.name}.got"

    def run(self, command):
        done = subprocess.run(
            inside("clients", self.folder, command), stdin=subprocess.DEVNULL, capture_output=True, timeout=Deadline(40).left()
        )
        return done.returncode, (done.stdout + done.stderr).decode(errors="replace")

    def scheme(self):
        return "ftps" if self.tls == "implicit" else "ftp"


def curl(job):
    options = ["--cacert", "/mnt/certs/ca.pem", "--user", "anonymous:a@b", *(["--ssl-reqd"] if job.tls else [])]
    options += ["--ftp-port", "-"] if job.active else []
    base = f"{job.scheme()}://localhost:{job.port}"
    status, text = job.run(["curl", "-4", "-sS", "-v", *options, "-o", f"/mnt/{job.got.name}", f"{base}/file"])
    assert status == 0, text
    status, text = job.run(["curl", "-4", "-sS", "-v", *options, "-T", f"/mnt/{job.name}", f"{base}/in/{job.name}"])
    assert status == 0, text


def lftp(job):
    lines = [
        "set net:max-retries 1", "set net:timeout 20", "set ssl:ca-file /mnt/certs/ca.pem", "set cmd:fail-exit yes",
        f"set ftp:ssl-allow {'yes' if job.tls else 'no'}", f"set ftp:ssl-force {'yes' if job.tls else 'no'}",
        "set ftp:ssl-protect-data yes", f"set ftp:passive-mode {'no' if job.active else 'yes'}", "debug 5",
        f"open -u anonymous,a@b {job.scheme()}://localhost:{job.port}", f"get /file -o /mnt/{job.got.name}",
        f"put /mnt/{job.name} -o /in/{job.name}", "ls /in", "bye",
    ]  # fmt: skip
    status, text = job.run(["lftp", "--norc", "-c", "; ".join(lines)])
    assert status == 0, text
    assert job.name in text


def python(job):
    """ftplib.FTP and FTP_TLS."""
    if job.tls == "implicit":
        pytest.skip("ftplib knows no implicit TLS")
    if job.tls:
        session = ftplib.FTP_TLS(context=ssl.create_default_context(cafile=job.certs.ca))
    else:
        session = ftplib.FTP()
    session.connect("localhost", job.port, timeout=Deadline(40).left())
    session.set_pasv(not job.active)
    session.login("anonymous", "a@b")
    if job.tls:
        session.prot_p()
    parts = []
    assert session.retrbinary("RETR file", parts.append).startswith("226")
    job.got.write_bytes(b"".join(parts))
    assert session.storbinary(f"STOR in/{job.name}", io.BytesIO(CONTENT)).startswith("226")
    assert job.name in [name.rpartition("/")[2] for name in session.nlst("in")]
    assert session.quit().startswith("221")


CLIENTS = {"curl": curl, "lftp": lftp, "ftplib": python}


def check(servers, name, job):
    assert digest(job.got.read_bytes()) == digest(CONTENT)
    stored = (servers[WAYS[name][1]].folder / "ftp" / "in" / job.name).read_bytes()
    assert digest(stored) == digest(CONTENT)
    for path in (job.got, job.source, servers[WAYS[name][1]].folder / "ftp" / "in" / job.name):
        path.unlink()


def records(proxy, name, client):
    """Of each session that the client had (curl has two)."""
    return [proxy.record(name) for _ in range(2 if client == "curl" else 1)]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", [name for name in WAYS if name != "stripped"])
def test_both_ways(certs, folder, servers, proxy, name, client):
    leg, _, server_leg = WAYS[name]
    tls = {"required": "starttls", "implicit": "implicit", "off": None, "opportunistic": "starttls"}[leg]
    job = Job(folder, certs, proxy.port(name), tls)
    if client == "ftplib" and tls == "implicit":
        pytest.skip("ftplib knows no implicit TLS")
    CLIENTS[client](job)
    check(servers, name, job)
    for record in records(proxy, name, client):
        assert (record["client_tls"] == "plain") == (tls is None), record
        assert (record["server_tls"] == "plain") == (name == "best-effort" or server_leg == "off"), record
        # After 221 vsftpd and Pure-FTPd, and most clients, leave without close_notify, or with a reset.
        ends = ("closed",) if tls is None and record["server_tls"] == "plain" else ("closed", "truncated", "reset")
        assert record["end"] in ends, record
        assert record["bytes_in"] + record["bytes_out"] > len(CONTENT), record


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", ["sidecar-vsftpd", "front-vsftpd", "gateway-proftpd"])
def test_active(certs, folder, servers, proxy, name, client):
    tls = None if WAYS[name][0] == "off" else "starttls"
    if client == "curl" and tls:
        pytest.skip("curl 7.88 never begins its handshake there, whoever the server is")
    job = Job(folder, certs, proxy.port(name), tls, active=True)
    CLIENTS[client](job)
    check(servers, name, job)
    records(proxy, name, client)


def test_a_client_that_declines(certs, folder, servers, proxy):
    job = Job(folder, certs, proxy.port("public-vsftpd"), None)
    lftp(job)
    check(servers, "public-vsftpd", job)
    assert proxy.record("public-vsftpd")["client_tls"] == "plain"


def test_required_where_there_is_none(proxy):
    with pytest.raises(ftplib.error_temp, match="421"):
        ftplib.FTP().connect("localhost", proxy.port("stripped"), timeout=STEP)
    record = proxy.record("stripped")
    assert (record["end"], record["blame"]) == ("starttls_not_offered", "server")


def test_openssl(certs, folder, proxy):  # s_client shows what it is told after the upgrade
    job = Job(folder, certs, proxy.port("front-vsftpd"), "starttls")
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{job.port}", "-starttls", "ftp", "-crlf", "-quiet"]
    command += ["-CAfile", "/mnt/certs/ca.pem", "-verify_return_error", "-verify_hostname", "localhost"]
    done = subprocess.run(
        inside("clients", folder, command), input=b"USER anonymous\nPBSZ 0\nPROT P\nPWD\nQUIT\n",
        capture_output=True, timeout=STEP,
    )  # fmt: skip
    codes = [line[:3] for line in done.stdout.splitlines()]
    assert codes == [b"230", b"200", b"200", b"257", b"221"], done
    proxy.record("front-vsftpd")


@pytest.mark.parametrize("name", ["vsftpd-tls", "proftpd-tls", "pure-ftpd-tls"])
def test_probe(certs, servers, name):
    command = [BINARY, "probe", "--protocol", "ftp", f"localhost:{servers[name].port}", "--json", "--ca", certs.ca]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=STEP, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"starttls": true' in done.stdout.replace('":true', '": true')
    assert "REST STREAM" in done.stdout
