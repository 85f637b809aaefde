"""The outcome of every pair of TLS modes, as one table.

Rows: the mode of the client leg, and what the client does. Columns: the mode of the server leg, and whether the server
offers STARTTLS. The second line is the resulting state of the server leg. The cells:

  plain    the session works in plaintext; STARTTLS was not advertised
  502      as plain; a client that sends STARTTLS nevertheless is refused by the proxy (SMTP: 502 5.5.1)
  declined STARTTLS was advertised, the client did not use it, and the session works in plaintext
  tls      STARTTLS was advertised, the client upgraded, and the session works in TLS
  inside   the client began with TLS, and the session works in TLS
  530      the proxy refuses every command of the client until it quits
  421      the server leg failed: the client gets a temporary failure as its greeting
  garbled  the client sent plaintext where TLS was expected
"""

GRID = """
mode           client    off:no   off:yes  opportunistic:no opportunistic:yes required:no required:yes implicit:no
leg            -         plain    plain    plain            starttls          plain       starttls     implicit
off            declines  plain    plain    plain            plain             421         plain        plain
off            upgrades  502      502      502              502               421         502          502
opportunistic  declines  declined declined declined         declined          421         declined     declined
opportunistic  upgrades  tls      tls      tls              tls               421         tls          tls
required       declines  530      530      530              530               421         530          530
required       upgrades  tls      tls      tls              tls               421         tls          tls
implicit       declines  garbled  garbled  garbled          garbled           garbled     garbled      garbled
implicit       upgrades  inside   inside   inside           inside            421         inside       inside
"""

# The session's record in each case: end and blame.
RECORDS = {
    "plain": ("closed", "none"),
    "502": ("closed", "none"),
    "declined": ("closed", "none"),
    "tls": ("closed", "none"),
    "inside": ("closed", "none"),
    "530": ("tls_required", "client"),
    "421": ("starttls_not_offered", "server"),
    "garbled": ("handshake_failed", "client"),
}


class Case:
    """One cell."""

    def __init__(self, client, upgrades, server, offers, leg, outcome):
        self.client, self.upgrades, self.server, self.offers = client, upgrades, server, offers
        self.leg, self.outcome = leg, outcome

    def __str__(self):
        does = "upgrades" if self.upgrades else "declines"
        return f"{self.client}-{does}-{self.server}-{'offered' if self.offers else 'not_offered'}"


def cases():
    head, legs, *rows = [line.split() for line in GRID.strip().splitlines()]
    found = []
    for mode, does, *cells in rows:
        for column, leg, cell in zip(head[2:], legs[2:], cells, strict=True):
            server, offers = column.split(":")
            found.append(Case(mode, does == "upgrades", server, offers == "yes", leg, cell))
    return found
