"""What is measured: each task is one figure of one proxy, in CPU time per unit of work."""

import dataclasses
import time

from measuring import place, processes

CIPHER = "TLS_AES_128_GCM_SHA256"
GIB = 1 << 30
# Sessions at once: stunnel's SMTP server waits 200 ms in each for a client that might not say STARTTLS.
AT_ONCE = 16


@dataclasses.dataclass(frozen=True)
class Task:
    """`listener` of the proxy; `load`: the arguments, {port} and {work} to be filled in; `backend`: which serves it."""

    name: str
    title: str
    listener: str
    backend: str
    module: str
    load: tuple
    bulk: bool
    cipher: bool  # whether the load has a TLS leg, and so knows the cipher

    def run(self, peer, pids, backend, work, extra=()):
        """One measurement. `work`: bytes or sessions."""
        arguments = [each.format(port=peer.ports[self.listener], work=work, at_once=AT_ONCE) for each in self.load]
        before = processes.cpu_of(pids), place.cpu_seconds(backend.pid), place.busy_seconds(place.PROXY_CORE)
        begun = time.monotonic()
        taken = processes.load(self.module, *arguments, *extra)
        time.sleep(0.02)  # what comes after the last session's end is its work too
        seconds = time.monotonic() - begun
        after = processes.cpu_of(pids), place.cpu_seconds(backend.pid), place.busy_seconds(place.PROXY_CORE)
        if self.cipher and taken["cipher"] != CIPHER:
            raise RuntimeError(f"{peer.name} {self.name}: {taken['cipher']} was negotiated")
        proxy, behind, busy = (late - early for early, late in zip(before, after))
        units = work / GIB if self.bulk else work / 1000
        return {
            "cost": proxy / units,
            "rate": units / taken["seconds"] * (1024 if self.bulk else 1000),
            "proxy_share": proxy / taken["seconds"],
            "load_share": (taken["load_cpu"] + behind) / taken["seconds"],
            "others_share": max(0.0, busy - proxy) / seconds,
        }


def _bulk(name, title, listener, backend, what, kind):
    return Task(name, title, listener, backend, "bulk", (what, "{port}", "{work}", kind), True, kind == "tls")


def _mail(name, title, listener, backend, kind):
    return Task(name, title, listener, backend, "mail", ("run", "{port}", "{work}", "{at_once}", kind), False, kind != "plain")


TASKS = (
    _bulk("terminate-down", "server role, download", "terminate", "plain_backend", "down", "tls"),
    _bulk("terminate-up", "server role, upload", "terminate", "plain_backend", "up", "tls"),
    _bulk("originate-down", "client role, download", "originate", "tls_backend", "down", "plain"),
    _bulk("originate-up", "client role, upload", "originate", "tls_backend", "up", "plain"),
    _mail("smtp-server", "SMTP STARTTLS session, server role", "smtp_server", "smtp_backend", "starttls"),
    _mail("smtp-client", "SMTP STARTTLS session, client role", "smtp_client", "smtp_tls_backend", "plain"),
)


def measurable(task, peer):
    """Why it is not measured, or nothing. The tuned form of a peer is about buffers, so only bulk is asked of it."""
    if task.listener in peer.missing:
        return peer.missing[task.listener]
    return "as nginx" if peer.name == "nginx-64k" and not task.bulk else None
