"""The routes through a proxy that are measured, and the backend of each."""

import dataclasses

PROTOCOLS = ("smtp", "imap", "pop3", "ldap", "postgres")


@dataclasses.dataclass(frozen=True)
class Route:
    """`kind`: the proxy's task, as named in bench/peers' configurations. `backend`: a key of BACKENDS."""

    name: str
    kind: str
    backend: str

    @property
    def protocol(self):
        """The protocol; empty for a plain byte stream."""
        start = self.kind.partition("_")[0]
        return start if start in PROTOCOLS else ""

    @property
    def client_tls(self):
        return self.kind in ("terminate", "both") or self.kind.endswith("_server")

    @property
    def server_tls(self):
        return self.kind in ("originate", "both") or self.kind.endswith("_client")


# The driver's backends: name → its argument.
BACKENDS = {
    "raw_plain": "raw",
    "raw_tls": "raw:implicit:1.3,aes128,any",
    "raw_other": "raw:implicit:1.3,chacha,any",
    "raw_tickets": "raw:implicit:1.3,aes128,x25519,tickets",
    "raw_hybrid": "raw:implicit:1.3,aes128,x25519mlkem768",
    "raw_old": "raw:implicit:1.2,aes128,x25519",
    "raw_old_tickets": "raw:implicit:1.2,aes128,x25519,tickets",
    **{f"{each}_plain": each for each in PROTOCOLS},
    **{f"{each}_tls": f"{each}:starttls:1.3,aes128,x25519" for each in PROTOCOLS},
    "auth": "auth",
}

ROUTES = {
    route.name: route
    for route in (
        Route("terminate", "terminate", "raw_plain"),
        Route("originate", "originate", "raw_tls"),
        Route("both", "both", "raw_tls"),
        Route("both_other", "both", "raw_other"),
        Route("plain", "plain", "raw_plain"),
        Route("originate_tickets", "originate", "raw_tickets"),
        Route("originate_hybrid", "originate", "raw_hybrid"),
        Route("originate_old", "originate", "raw_old"),
        Route("originate_old_tickets", "originate", "raw_old_tickets"),
        *(Route(f"{each}_server", f"{each}_server", f"{each}_plain") for each in PROTOCOLS),
        *(Route(f"{each}_client", f"{each}_client", f"{each}_tls") for each in PROTOCOLS),
    )
}
