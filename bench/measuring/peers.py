"""The proxies that are compared: how each is configured and started, and what it can do."""

import pathlib
import shutil
import string
import subprocess

from measuring import processes
from pysupport import daemons, roots

PEERS = processes.BENCH / "peers"
ROOT = "peers"
# The private root with the peers is made from our own list, next to the end-to-end tests' roots.
roots.LISTS = PEERS

LISTENERS = ("terminate", "originate", "smtp_server", "smtp_client")


class Peer:
    """A proxy in one form. `ports`: what it does (of LISTENERS) → where; `missing`: what it does not → why."""

    tls = True  # whether the listeners that face TLS clients really do
    _given = set()  # ports that peers not yet started will listen on

    def __init__(self, name, template, folder, values, lacks=()):
        self.name, self.missing = name, dict(lacks)
        self.ports = {each: self._port() for each in LISTENERS if each not in self.missing}
        self.folder = pathlib.Path(folder) / name
        self.configuration = self.folder / template
        self.folder.mkdir(mode=0o755)
        for each in ("cert.pem", "key.pem", "ca.pem"):
            shutil.copy(pathlib.Path(folder) / each, self.folder / each)
        text = string.Template((PEERS / template).read_text())
        self.configuration.write_text(text.substitute({**values, **self.ports}))

    def _port(self):
        while (port := daemons.free_port()) in self._given:
            pass
        self._given.add(port)
        return port

    def command(self):
        """How it is started; one in the private root sees its folder as /mnt."""
        raise NotImplementedError

    def started(self):
        return processes.proxy(self.command(), self.ports.values(), self.folder / "log")


class Nginx(Peer):
    """`buffer`: of the stream proxy; what it has by default is 16k."""

    def __init__(self, name, folder, values, buffer):
        lacks = {"smtp_client": "nginx does not speak STARTTLS towards a server"}
        super().__init__(name, "nginx.conf", folder, {**values, "buffer": buffer}, lacks)

    def command(self):
        command = ["nginx", "-p", "/mnt/", "-c", "/mnt/nginx.conf", "-e", "/mnt/nginx.log"]
        return daemons.inside(ROOT, self.folder, command)


class Stunnel(Peer):
    def __init__(self, folder, values):
        super().__init__("stunnel", "stunnel.conf", folder, values)

    def command(self):
        return daemons.inside(ROOT, self.folder, ["stunnel4", "/mnt/stunnel.conf"])


class Starlock(Peer):
    """`tls`: as it is meant to be; else the floor, which moves the same bytes in the clear."""

    def __init__(self, name, folder, values, binary, tls=True):
        self.tls, self.binary = tls, binary
        lacks = {} if tls else dict.fromkeys(("originate", "smtp_client"), "without TLS there are no roles: as above")
        super().__init__(name, "starlock.yaml" if tls else "starlock-plain.yaml", folder, values, lacks)

    def command(self):
        return [str(self.binary), "run", "-c", str(self.configuration)]


def every(folder, values, binary, other=None):
    found = [
        Nginx("nginx", folder, values, "16k"),
        Nginx("nginx-64k", folder, values, "64k"),
        Stunnel(folder, values),
        Starlock("starlock", folder, values, binary),
        Starlock("no TLS", folder, values, binary, tls=False),
    ]
    return found + ([Starlock("other", folder, values, other)] if other else [])


def versions(binary):
    """What was measured: names with versions."""
    admin = f"--admindir={roots.existing(ROOT)}/var/lib/dpkg"
    command = ["dpkg-query", admin, "-W", "-f", "${Package} ${Version}\n", "nginx", "stunnel4", "libssl3"]
    listed = subprocess.run(command, check=True, text=True, capture_output=True).stdout
    found = dict(line.split() for line in listed.splitlines())
    ours = subprocess.run([str(binary), "--version"], check=True, text=True, capture_output=True).stdout
    git = ["git", "-C", str(processes.BENCH), "describe", "--always", "--dirty"]
    tree = subprocess.run(git, text=True, capture_output=True).stdout.strip() or "unknown"
    return {
        "starlock": f"{ours.strip().removeprefix('starlock ')} (tree {tree})",
        "nginx": f"{found['nginx']} (OpenSSL {found['libssl3']})",
        "stunnel": f"{found['stunnel4']} (OpenSSL {found['libssl3']})",
    }
