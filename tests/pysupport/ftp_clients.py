"""Real FTP clients: each downloads a file of 3 MB and uploads the same bytes."""

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
from pysupport.ftp import Client
from pysupport.timing import Deadline

CONTENT = random.Random(1).randbytes(3_000_001)
_numbers = itertools.count()


def digest(content):
    return hashlib.sha256(content).hexdigest()


class Job:
    """What a client must do: fetch /file, and store the same bytes in /in under a unique name."""

    def __init__(self, folder, certs, port, tls, active=False, resumes=True):
        self.folder, self.certs, self.port, self.tls, self.active = folder, certs, port, tls, active
        self.resumes = resumes  # whether ftplib resumes the control connection's TLS session, which it does not by itself
        self.name = f"up-{os.getpid()}-{next(_numbers)}"
        self.source = folder / self.name
        self.source.write_bytes(CONTENT)
        self.source.chmod(0o644)
        self.got = folder / f"{self.name}.got"

    def run(self, command):
        command = inside("clients", self.folder, command)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=Deadline(40).left())
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


class ResumingFtp(ftplib.FTP_TLS):
    """Resumes the control connection's TLS session on data connections."""

    def ntransfercmd(self, cmd, rest=None):
        data, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        return self.context.wrap_socket(data, server_hostname=self.host, session=self.sock.session), size


def python(job):
    """ftplib.FTP and FTP_TLS."""
    if job.tls == "implicit":
        pytest.skip("ftplib knows no implicit TLS")
    if job.tls:
        kind = ResumingFtp if job.resumes else ftplib.FTP_TLS
        session = kind(context=ssl.create_default_context(cafile=job.certs.ca))
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


ALL = {"curl": curl, "lftp": lftp, "ftplib": python}


class Ways:
    """A proxy in front of real servers. `ways`: name → (client mode, name of the server, mode of the server leg), and
    perhaps the listener's `ftp`."""

    def __init__(self, ways, servers, front, certs, folder):
        self.ways, self.servers, self.certs, self.folder = ways, servers, certs, folder
        for server in servers.values():
            (server.folder / "ftp" / "file").write_bytes(CONTENT)
        self.front = front(
            {
                name: (
                    "ftp", client, {"address": f"127.0.0.1:{servers[server].port}", "tls": mode},
                    {"ftp": ftp[0]} if ftp else {},
                )
                for name, (client, server, mode, *ftp) in ways.items()
            }
        )

    def port(self, name):
        return self.front.port(name)

    def record(self, name):
        return self.front.record(name)

    def job(self, name, tls, active=False):
        return Job(self.folder, self.certs, self.port(name), tls, active, resumes=len(self.ways[name]) == 3)

    def check(self, name, job):
        """Checks the downloaded and the uploaded file by hash."""
        assert digest(job.got.read_bytes()) == digest(CONTENT)
        stored = self.servers[self.ways[name][1]].folder / "ftp" / "in" / job.name
        assert digest(stored.read_bytes()) == digest(CONTENT)
        for path in (job.got, job.source, stored):
            path.unlink()

    def records(self, name, client):
        """The records of the client's sessions (curl has two)."""
        return [self.record(name) for _ in range(2 if client == "curl" else 1)]

    def both_ways(self, name, client):
        leg, server, server_leg = self.ways[name][:3]
        tls = {"required": "starttls", "implicit": "implicit", "off": None, "opportunistic": "starttls"}[leg]
        if client == "ftplib" and tls == "implicit":
            pytest.skip("ftplib knows no implicit TLS")
        job = self.job(name, tls)
        ALL[client](job)
        self.check(name, job)
        for record in self.records(name, client):
            plain = server_leg == "off" or not ("tls" in server or "implicit" in server)
            assert (record["client_tls"] == "plain") == (tls is None), record
            assert (record["server_tls"] == "plain") == plain, record
            # After 221, vsftpd, Pure-FTPd and most clients close without close_notify, or with a reset.
            assert record["end"] in (("closed",) if tls is None and plain else ("closed", "truncated", "reset")), record
            assert record["bytes_in"] + record["bytes_out"] > len(CONTENT), record

    def active(self, name, client):
        tls = None if self.ways[name][0] == "off" else "starttls"
        if client == "curl" and tls:
            pytest.skip("curl 7.88 never begins its handshake there, whoever the server is")
        job = self.job(name, tls, active=True)
        ALL[client](job)
        self.check(name, job)
        self.records(name, client)

    def abort(self, name):
        """ABOR during a transfer: whatever the server replies, the session must go on."""
        client = Client(self.port(name))
        client.arrive()
        if self.ways[name][0] == "required":
            client.upgrade(self.certs.client_context())
            client.protect(self.certs.client_context())
        if client.command(b"USER anonymous").startswith(b"331"):
            assert client.command(b"PASS a@b").startswith(b"230")
        client.command(b"TYPE I")
        for _ in range(2):
            data = client.begin(b"RETR file")
            data.exactly(10000)
            client.send(b"ABOR\r\n")
            data.reset()
            client.send(b"SYST\r\n")
            replies = [client.reply()]
            while not replies[-1].startswith(b"215"):
                replies.append(client.reply())
            assert len(replies) <= 3, replies
        got, reply = client.get()
        assert digest(got) == digest(CONTENT) and reply.startswith(b"226")
        client.quit()
        self.record(name)
