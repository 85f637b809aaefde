"""LDAP messages."""


def element(tag, content, four=False):
    """four: the length in the four-octet form that Active Directory uses."""
    size = len(content)
    if four:
        return bytes([tag, 0x84]) + size.to_bytes(4, "big") + content
    if size < 128:
        return bytes([tag, size]) + content
    return bytes([tag, 0x82]) + size.to_bytes(2, "big") + content


def message(number, operation, four=False):
    return element(0x30, element(2, bytes([number])) + operation, four)


def search(number, four=False, base=b""):
    """A search of the root DSE, or of another entry alone."""
    head = element(4, base) + element(10, b"\0") * 2 + element(2, b"\0") * 2 + element(1, b"\0")
    attributes = element(0x30, element(4, b"supportedExtension"), four)
    return message(number, element(0x63, head + element(0x87, b"objectClass") + attributes, four), four)


def bind(number):
    return message(number, element(0x60, element(2, b"\3") + element(4, b"") + element(0x80, b"")))


def whoami(number):
    return message(number, element(0x77, element(0x80, b"1.3.6.1.4.1.4203.1.11.3")))


def starttls(number):
    return message(number, element(0x77, element(0x80, b"1.3.6.1.4.1.1466.20037")))


def unbind(number):
    return message(number, element(0x42, b""))


def _header(text):
    """The sizes of the header and of the content; None: incomplete."""
    if len(text) < 2:
        return None
    if text[1] < 0x80:
        return 2, text[1]
    count = text[1] & 0x7F
    if len(text) < 2 + count:
        return None
    return 2 + count, int.from_bytes(text[2 : 2 + count], "big")


def messages(text):
    """The messages in `text`, and what follows the last whole one."""
    found = []
    while (header := _header(text)) is not None and len(text) >= sum(header):
        found.append(text[: sum(header)])
        text = text[sum(header) :]
    return found, text


def operation(text):
    """The tag of a message's operation."""
    start = _header(text)[0]
    return text[start + 2 + text[start + 1]]


def _read(text):
    """The tag, the content and the rest; None: the length is neither minimal nor in the four-octet form."""
    header = _header(text)
    if header is None or len(text) < sum(header):
        return None
    start, size = header
    minimal = start == (2 if size < 128 else 3 if size < 256 else 4)
    if not minimal and text[1] != 0x84:
        return None
    return text[0], text[start : start + size], text[start + size :]


def _elements(text):
    found = []
    while text:
        one = _read(text)
        if one is None:
            return None
        found.append(one[:2])
        text = one[2]
    return found


def is_root_dse_search(text):
    """Whether a message is a search of the root DSE for what is present, in a form that every server reads alike."""

    def printable(value):
        return all(0x20 < byte < 0x7F for byte in value)

    outer = _elements(text)
    if not outer or len(outer) != 1 or outer[0][0] != 0x30:
        return False
    parts = _elements(outer[0][1])
    if not parts or [tag for tag, _ in parts] != [2, 0x63] or not 1 <= len(parts[0][1]) <= 4:
        return False
    fields = _elements(parts[1][1])
    if not fields or [tag for tag, _ in fields] != [4, 10, 10, 2, 2, 1, 0x87, 0x30]:
        return False
    base, scope, aliases, size, seconds, types, name, attributes = (content for _, content in fields)
    plain = base == b"" and scope == b"\0" and all(map(len, (aliases, size, seconds))) and len(types) == 1 and printable(name)
    listed = _elements(attributes)
    return plain and listed is not None and all(tag == 4 and printable(value) for tag, value in listed)
