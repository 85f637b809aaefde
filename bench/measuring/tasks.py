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
    """`listener`: of the proxy, `backend`: what is behind it. `kind`: how the load speaks, as its module calls it."""

    name: str
    title: str
    listener: str
    backend: str
    kind: str
    what: str = ""  # of a bulk transfer: up or down; a session where it is empty

    @property
    def bulk(self):
        return self.what != ""

    def _load(self, port, kind, work, check):
        if self.bulk:
            return ["bulk", self.what, port, work, kind, *(["check"] if check else [])]
        return ["mail", "run", port, work, AT_ONCE, kind]

    def run(self, peer, pids, backend, work, check=False):
        """One measurement. `work`: bytes or sessions. `check`: every byte is looked at; the load is slower then."""
        kind = self.kind if peer.tls else "plain"
        before = processes.cpu_of(pids), place.cpu_seconds(backend.pid), place.busy_seconds(place.PROXY_CORE)
        begun = time.monotonic()
        taken = processes.load(*self._load(peer.ports[self.listener], kind, work, check))
        time.sleep(0.02)  # what comes after the last session's end is its work too
        seconds = time.monotonic() - begun
        after = processes.cpu_of(pids), place.cpu_seconds(backend.pid), place.busy_seconds(place.PROXY_CORE)
        if taken["cipher"] != (None if kind == "plain" else CIPHER):
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


TASKS = (
    Task("terminate-down", "server role, download", "terminate", "plain_backend", "tls", "down"),
    Task("terminate-up", "server role, upload", "terminate", "plain_backend", "tls", "up"),
    Task("originate-down", "client role, download", "originate", "tls_backend", "plain", "down"),
    Task("originate-up", "client role, upload", "originate", "tls_backend", "plain", "up"),
    Task("smtp-server", "SMTP STARTTLS session, server role", "smtp_server", "smtp_backend", "starttls"),
    Task("smtp-client", "SMTP STARTTLS session, client role", "smtp_client", "smtp_tls_backend", "plain"),
)


def measurable(task, peer):
    """Why it is not measured, or nothing. The tuned form of a peer is about buffers, so only bulk is asked of it."""
    if task.listener in peer.missing:
        return peer.missing[task.listener]
    return "as nginx" if peer.name == "nginx-64k" and not task.bulk else None
