"""The proxies that are compared: configuration, start, and capabilities of each."""

import contextlib
import itertools
import pathlib
import shutil
import string
import subprocess

from private_roots import Roots

from measuring import place, processes
from measuring.routes import PROTOCOLS, ROUTES

PEERS = processes.BENCH / "peers"
# The private root with the peers' packages: peers/proxies.list.
ROOTS = Roots(PEERS)
ROOT = "proxies"

FORMS = ("default", "tuned")


def fill(template, form, values, routes):
    """Fills in a configuration template of bench/peers.

    `#tuned` and `#default` begin a line that only that form has. `#each KIND…` begins a block that is repeated for each
    route of these kinds; the next `#each` or `#end` ends it. `routes` are dicts of values, with the key `kind`.
    """
    out, block, kinds = [], [], None

    def close():
        for route in routes:
            if kinds and route["kind"] in kinds:
                out.extend(string.Template(line).substitute({**values, **route}) for line in block)

    for line in template.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word in ("#each", "#end"):
            close()
            block, kinds = [], rest.split() if word == "#each" else None
            continue
        if word in ("#default", "#tuned"):
            if word != f"#{form}":
                continue
            line = line[: len(line) - len(line.lstrip())] + rest
        elif word == "#":
            continue  # a comment; it may contain text that looks like a value
        if kinds is None:
            out.append(string.Template(line).substitute(values))
        else:
            block.append(line)
    close()
    return "\n".join(out) + "\n"


class Peer:
    """A proxy in one form. `cannot`: kind of route → why the proxy does not support it."""

    program = ""  # its usual name
    cannot = {}
    quick = True  # whether its tuned form is part of --quick
    one_worker = ""  # why it has no form with several workers

    def __init__(self, name, form="default", workers=1):
        self.name, self.form, self.workers = name, form, workers

    def missing(self, route):
        """Why the proxy does not support this route, or an empty string."""
        return self.cannot.get(ROUTES[route].kind, "")

    def started(self, folder, backend_ports, routes):
        """A context in which the peer runs with these routes. Gives ({route: port}, process ids)."""
        able = [each for each in routes if not self.missing(each)]
        folder = pathlib.Path(folder)
        own = folder / f"{self.name}-{self.workers}-{len(list(folder.iterdir()))}"
        own.mkdir(mode=0o755)
        for each in ("cert.pem", "key.pem", "both.pem", "ca.pem"):
            shutil.copy(folder / each, own / each)
        ports = {each: self._port() for each in able}
        filled = [
            {"name": each, "kind": ROUTES[each].kind, "port": ports[each], "backend": backend_ports[ROUTES[each].backend],
             "protocol": ROUTES[each].protocol,
             "stunnel_protocol": {"postgres": "pgsql"}.get(ROUTES[each].protocol, ROUTES[each].protocol)}
            for each in able
        ]  # fmt: skip
        most = place.most_descriptors()
        values = {"workers": self.workers, "auth": backend_ports["auth"], "descriptors": most, "sessions": most // 2 - 300}
        return self._run(own, ports, filled, values)

    def _run(self, folder, ports, routes, values):
        commands = self.commands(folder, routes, values)
        return _Started(commands, ports, folder / "log", place.proxy_cores(self.workers))

    def commands(self, folder, routes, values):
        """The command lines that start the proxy. In the private root, its folder is /mnt."""
        raise NotImplementedError

    def _write(self, folder, template, values, routes, name=None):
        path = folder / (name or template)
        path.write_text(fill((PEERS / template).read_text(), self.form, values, routes))
        return path

    # Ports below the range of place.private_network(): in a new network namespace they are all free.
    _ports = itertools.count(20000)

    def _port(self):
        return next(self._ports)


class _Started:
    def __init__(self, commands, ports, log, cores):
        self._ports = ports
        self._context = processes.proxy(commands, ports.values(), log, cores)

    def __enter__(self):
        return self._ports, self._context.__enter__()

    def __exit__(self, *arguments):
        return self._context.__exit__(*arguments)


def _kinds(side, protocols, why):
    return {f"{protocol}_{side}": why for protocol in protocols}


def _no_starttls(program):
    why = f"{program} does not speak STARTTLS"
    return {**_kinds("server", PROTOCOLS, why), **_kinds("client", PROTOCOLS, why)}


class Nginx(Peer):
    program = "nginx"
    cannot = {
        **_kinds("client", PROTOCOLS, "nginx does not speak STARTTLS towards a server"),
        **_kinds("server", ("ldap", "postgres"), "nginx does not speak this protocol"),
    }

    def commands(self, folder, routes, values):
        self._write(folder, "nginx.conf", values, routes)
        return [ROOTS.inside(ROOT, folder, ["nginx", "-p", "/mnt/", "-c", "/mnt/nginx.conf", "-e", "/mnt/nginx.log"])]


class Haproxy(Peer):
    program = "HAProxy"
    cannot = _no_starttls("HAProxy")

    def commands(self, folder, routes, values):
        self._write(folder, "haproxy.cfg", values, routes)
        return [ROOTS.inside(ROOT, folder, ["haproxy", "-db", "-f", "/mnt/haproxy.cfg"])]


class Hitch(Peer):
    program = "hitch"
    quick = False
    cannot = {
        **_no_starttls("hitch"),
        "both": "hitch has TLS on only one leg",
        "plain": "hitch always has TLS on one leg",
    }

    def commands(self, folder, routes, values):
        made = []
        for route in routes:
            name = f"hitch-{route['name']}.conf"
            self._write(folder, "hitch.conf", {**values, **route}, [], name)
            client = ["--client"] if route["kind"] == "originate" else []
            made.append(ROOTS.inside(ROOT, folder, ["hitch", *client, f"--config=/mnt/{name}"]))
        return made


class Stunnel(Peer):
    program = "stunnel"
    quick = False
    one_worker = "stunnel has one thread per connection and no workers"
    cannot = {
        "both": "a stunnel service has TLS on only one leg",
        "plain": "stunnel always has TLS on one leg",
        "ldap_server": "stunnel speaks LDAP's StartTLS towards a server only",
    }

    def commands(self, folder, routes, values):
        self._write(folder, "stunnel.conf", values, routes)
        return [ROOTS.inside(ROOT, folder, ["stunnel4", "/mnt/stunnel.conf"])]


class Socat(Peer):
    """socat has no configuration file: one command line a route. Tuned: larger buffers, TCP_NODELAY."""

    program = "socat"
    quick = False
    one_worker = "socat has a process a connection, no workers"
    cannot = _no_starttls("socat")

    def commands(self, folder, routes, values):
        tuned = self.form == "tuned"
        made = []
        for route in routes:
            listen = f"{route['port']},bind=127.0.0.1,reuseaddr,fork,backlog=1024" + (",nodelay" if tuned else "")
            target = f"127.0.0.1:{route['backend']}" + (",nodelay" if tuned else "")
            served = f"OPENSSL-LISTEN:{listen},cert=/mnt/cert.pem,key=/mnt/key.pem,verify=0"
            dialled = f"OPENSSL:{target},cafile=/mnt/ca.pem,commonname=localhost,snihost=localhost"
            first = served if route["kind"] in ("terminate", "both") else f"TCP-LISTEN:{listen}"
            second = dialled if route["kind"] in ("originate", "both") else f"TCP:{target}"
            made.append(ROOTS.inside(ROOT, folder, ["socat", *(["-b", "262144"] if tuned else []), first, second]))
        return made


class Starlock(Peer):
    program = "starlock"

    def __init__(self, name, binary, workers=1):
        super().__init__(name, "default", workers)
        self.binary = binary

    def commands(self, folder, routes, values):
        path = self._write(folder, "starlock.yaml", values, routes)
        return [[str(self.binary), "run", "-c", str(path)]]


class Relay(Peer):
    """The floor: our own plaintext relay, with a buffer of this many KiB."""

    program = "relay"
    one_worker = "the relay has one thread"

    def __init__(self, driver, kib):
        super().__init__(f"relay-{kib}k")
        self.driver, self.kib = driver, kib

    def missing(self, route):
        return "" if route == "plain" else "no proxy"

    def commands(self, folder, routes, values):
        size = self.kib * 1024
        words = [[f"port={each['port']}", f"to={each['backend']}", f"buffer={size}"] for each in routes]
        return [[str(self.driver), "relay", *each] for each in words]


class Direct(Peer):
    """No proxy: load and backend alone, in plaintext. Used for latency only."""

    program = "direct"

    def started(self, folder, backend_ports, routes):
        ports = {each: backend_ports[ROUTES[each].backend] for each in routes}
        return contextlib.nullcontext((ports, []))


def every(binary, driver, other=None):
    """All peers, in the order of the tables."""
    found = []
    for kind in (Nginx, Haproxy, Hitch, Stunnel, Socat):
        found += [kind(kind.program.lower() + ("" if form == "default" else "-tuned"), form) for form in FORMS]
    found += [Starlock("starlock", binary)]
    found += [Starlock("other", other)] if other else []
    return found + [Relay(driver, 64), Relay(driver, 256), Direct("direct")]


def more_workers(peer, workers):
    """The same peer with this many workers, or None if it has no such form (peer.one_worker says why)."""
    if peer.one_worker:
        return None
    if isinstance(peer, Starlock):
        return Starlock(peer.name, peer.binary, workers)
    return type(peer)(peer.name, peer.form, workers)


def versions(binary, other=None):
    """Name → version of each proxy."""
    admin = f"--admindir={ROOTS.existing(ROOT)}/var/lib/dpkg"
    packages = {"nginx": "nginx", "haproxy": "haproxy", "hitch": "hitch", "stunnel": "stunnel4", "socat": "socat"}
    command = ["dpkg-query", admin, "-W", "-f", "${Package} ${Version}\n", *packages.values(), "libssl3"]
    listed = subprocess.run(command, check=True, text=True, capture_output=True).stdout
    found = dict(line.split() for line in listed.splitlines())
    named = {"starlock": f"{_says(binary)} (tree {_tree()})"}
    if other:
        named["other"] = _says(other)
    for name, package in packages.items():
        named[name] = f"{found[package]} (Debian; OpenSSL {found['libssl3']})"
    return named


def _tree():
    git = ["git", "-C", str(processes.BENCH), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(git, text=True, capture_output=True).stdout.strip() or "unknown"
    except FileNotFoundError:
        return "unknown"


def _says(binary):
    ours = subprocess.run([str(binary), "--version"], check=True, text=True, capture_output=True).stdout
    return ", ".join(ours.strip().removeprefix("starlock ").splitlines())
