"""Mutated plaintext units: everything that a server may end elsewhere than we do."""

import ber

# Where servers cut lines, or refuse them.
LIMITS = (64, 128, 250, 253, 254, 255, 256, 257, 500, 506, 508, 510, 511, 512, 513, 998, 1000, 1024, 2048, 4096, 8192)
BYTES = (0, 1, 9, 10, 11, 12, 13, 26, 27, 32, 34, 39, 40, 41, 42, 43, 58, 91, 92, 123, 125, 126, 127, 128, 160, 194, 195, 255)
PIECES = (b"\r", b"\n", b"\r\r\n", b"\n\r", b"\0", b"\xff\xf4\xff\xf2", b"\xff\xff", b"\xff\xfb", b"\xff\xfd\x06", b"\xc2\xa0",
          b"\xe2\x80\xa8", b'"', b'\\"', b"\\", b"\\\\", b"  ", b"\t", b" \x0b", b"\x08", b"\x7f", b"\x1b[A", b"%0d%0a", b"=0D=0A",
          b"&", b"#", b";", b",", b"<", b">", b"(", b")", b"{", b"}", b"[", b"]", b"*", b"+", b"~", b".\r\n", b"\r\n.\r\n")  # fmt: skip
LITERALS = (b"{%d}", b"{%d+}", b"{0%d+}", b"{%d-}", b"{+%d}", b"{-%d}", b"~{%d+}", b"{%d +}", b"{ %d+}", b"{%d+} ", b"{4294967296%d+}",
            b"{%d++}", b"{%d+}x", b'"{%d+}', b'"x" {%d+}', b"\\ {%d+}", b") {%d+}", b"( {%d+}", b"[{%d+}", b"{%d+", b"%d+}")  # fmt: skip
# What a server that reads on in a literal, or cuts a line, would take for commands.
SMUGGLED = {
    "imap": b"smuggled LOGIN a b\r\n", "managesieve": b'AUTHENTICATE "PLAIN" "AGEAYg=="\r\n', "pop3": b"USER smuggled\r\n",
    "smtp": b"VRFY smuggled\r\n", "nntp": b"GROUP smuggled\r\n", "ftp": b"USER smuggled\r\n", "irc": b"NICK smuggled\r\n",
}  # fmt: skip
ACCEPTED = ("imap", "managesieve")  # literals exist there


class Mutator:
    """Units for one peer, from a seed. `rng`: random.Random."""

    def __init__(self, peer, rng):
        self.peer, self.rng = peer, rng
        self.count = 0

    def units(self):
        """One to four units for one connection."""
        rng = self.rng
        found = [self.exact() for _ in range(rng.choice((0, 0, 1, 2)))]
        found.insert(rng.randint(0, len(found)), self.unit())
        return found

    def exact(self):
        form = self.filled(self.rng.choice(self.peer.harmless))
        return form if self.peer.protocol == "ldap" else form + b"\r\n"

    def filled(self, form):
        self.count += 1
        return form.replace(b"%t", b"t%d" % self.count)

    def unit(self):
        rng = self.rng
        if self.peer.protocol == "ldap":
            return self.message()
        form = self.filled(rng.choice(self.peer.harmless))
        if rng.random() < 0.15:
            return self.filled(rng.choice(self.peer.stateful)) + b"\r\n"
        changes = [self.same, self.case, self.longer, self.cut, self.insert, self.replace, self.spaces, self.end]
        if self.peer.protocol in ACCEPTED or rng.random() < 0.1:
            changes += [self.literal, self.literal]
        return rng.choice(changes)(form)

    # A message with other lengths, numbers or bytes, or with a second one inside or behind it.
    def message(self):
        rng = self.rng
        form = rng.choice(self.peer.stateful if rng.random() < 0.15 else self.peer.harmless)
        at, smuggled = rng.randrange(len(form)), ber.bind(77)
        return rng.choice(
            (
                form,
                form[:at] + bytes([rng.randrange(256)]) + form[at + 1 :],
                form[:at] + bytes([rng.choice(BYTES)]) + form[at + 1 :],
                form[:at] + bytes([rng.randrange(256)]) + form[at:],
                form[:at] + form[at + 1 :],
                form[:at] + smuggled + form[at:],
                b"0\x81" + form[1:] if form[1] < 0x80 else form,
                b"0\x84\0\0\0" + form[1:] if form[1] < 0x80 else form,
                b"0\x85\0\0\0\0" + form[1:] if form[1] < 0x80 else form,
                b"0" + bytes([(form[1] + len(smuggled)) & 0x7F]) + form[2:] + smuggled,
                b"0" + bytes([(form[1] - rng.randint(1, 9)) & 0x7F]) + form[2:] + smuggled,
                form.replace(b"\x02\x01", b"\x02\x02\0", 1),
                form.replace(b"\x02\x01", b"\x02\x81\x01", 1),
                form.replace(b"objectClass", b"objectclass"),
                form.replace(b"\x04\x00", b"\x04\x81\x00", 1),
                b"\0" + form,
                form + b"\0",
                form + smuggled,
            )
        )

    def same(self, form):
        return form + b"\r\n"

    def case(self, form):
        return bytes(ord(chr(byte).swapcase()) if self.rng.random() < 0.5 and byte < 128 else byte for byte in form) + b"\r\n"

    # A line of exactly a limit's length, or one byte beside it.
    def longer(self, form):
        size = self.rng.choice(LIMITS) + self.rng.choice((-2, -1, 0, 1, 2))
        return (form + b" ").ljust(size - 2, self.rng.choice((b"x", b" ", b'"', b"{", b"\t"))) + b"\r\n"

    # A line whose rest is a command, if it is cut at a limit.
    def cut(self, form):
        size = self.rng.choice(LIMITS) + self.rng.choice((-2, -1, 0, 1))
        return (form + b" ").ljust(size, self.rng.choice((b"x", b" "))) + SMUGGLED[self.peer.protocol]

    def insert(self, form):
        at = self.rng.randint(0, len(form))
        piece = self.rng.choice(PIECES) if self.rng.random() < 0.7 else bytes([self.rng.choice(BYTES)])
        more = SMUGGLED[self.peer.protocol][:-2] if self.rng.random() < 0.3 else b""
        return form[:at] + piece + more + form[at:] + b"\r\n"

    def replace(self, form):
        at = self.rng.randrange(len(form))
        return form[:at] + bytes([self.rng.choice(BYTES)]) + form[at + 1 :] + b"\r\n"

    def spaces(self, form):
        blank = self.rng.choice((b" ", b"  ", b"\t", b"   ", b" \t", b"\xa0", b"\0"))
        where = self.rng.choice(("before", "after", "each"))
        if where == "each":
            return form.replace(b" ", blank) + b"\r\n"
        return (blank + form if where == "before" else form + blank) + b"\r\n"

    def end(self, form):
        return form + self.rng.choice((b"\n", b"\r", b"\r\r\n", b"\n\r\n", b"\r\n\r\n", b"\r\n\n", b"\0\r\n", b"\x1a\r\n", b"\r\0\r\n"))

    def literal(self, form):
        payload = self.rng.choice((1, 2, 3)) * SMUGGLED[self.peer.protocol] + self.rng.choice((b"", b")", b'"', b"\r\n"))
        size = len(payload) + self.rng.choice((-2, -1, 0, 0, 0, 0, 1, 2, 30))
        blank = self.rng.choice((b" ", b" ", b" ", b""))
        marker = self.rng.choice(LITERALS) % max(size, 0)
        if self.rng.random() < 0.3 and self.peer.protocol == "imap":
            form = form.rpartition(b" ")[0] + b' ("a"' if b" " in form else form
        return form + blank + marker + b"\r\n" + payload + b"\r\n"
