"""What every pair of TLS modes means for SMTP and LMTP, as one table.

Rows: the mode towards the client, and what the client does. Columns: the mode towards the server, and whether the
server offers STARTTLS. The second line says how the server leg then stands. The cells:

  plain    the mail goes through in plaintext, and STARTTLS was never shown
  502      the same, and a client that asks for STARTTLS all the same gets 502 5.5.1
  theirs   the same, and the client's STARTTLS is the server's own to refuse
  declined STARTTLS was shown, the client does without, and the mail goes through in plaintext
  tls      STARTTLS was shown, the client upgrades, the mail goes through in TLS
  inside   the client begins with TLS, the mail goes through in TLS
  530      the client is refused whatever it asks, until it gives up
  421      the server can't be had as asked: its greeting is a temporary failure
  garbled  the client speaks plaintext where TLS is spoken
"""

GRID = """
mode           client    off:no   off:yes  opportunistic:no opportunistic:yes required:no required:yes implicit:no
leg            -         plain    plain    plain            starttls          plain       starttls     implicit
off            declines  plain    plain    plain            plain             421         plain        plain
off            upgrades  502      502      502              theirs            421         theirs       theirs
opportunistic  declines  declined declined declined         declined          421         declined     declined
opportunistic  upgrades  tls      tls      tls              tls               421         tls          tls
required       declines  530      530      530              530               421         530          530
required       upgrades  tls      tls      tls              tls               421         tls          tls
implicit       declines  garbled  garbled  garbled          garbled           garbled     garbled      garbled
implicit       upgrades  inside   inside   inside           inside            421         inside       inside
"""

# What the session's record says in each case: end and blame.
RECORDS = {
    "plain": ("closed", "none"),
    "502": ("closed", "none"),
    "theirs": ("closed", "none"),
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
