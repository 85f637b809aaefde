"""A fake server on a port from the kernel. What it says is a function of the connection; what it got is all kept."""

import contextlib
import queue
import socket
import threading

from pysupport.channel import Channel, Ended, connect
from pysupport.timing import Deadline


def silent(channel):
    """Accepts and says nothing until the peer goes."""
    channel.rest()


def resetting(channel):
    channel.reset()


class Upstream:
    """Serves each connection in a thread of its own with `behaviour(channel)`.

    A behaviour that ends or runs into the end of its stream has finished; what else it raises is kept in `errors`.
    The connection is closed when it returns.
    """

    def __init__(self, behaviour=silent, host="127.0.0.1", backlog=1024):
        self.behaviour = behaviour
        self.connections = []
        self.errors = []
        self._changed = threading.Condition()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, 0), family=family, backlog=backlog)
        self.port = self.listener.getsockname()[1]
        self.address = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def serve(self, behaviour):
        """From now on this; forgets the connections there were."""
        with self._changed:
            self.behaviour = behaviour
            self.connections = []
            self.errors = []
        return self

    def connection(self, index=0):
        """The connection of that number, once it was accepted."""
        deadline = Deadline()
        with self._changed:
            while len(self.connections) <= index:
                if not self._changed.wait(deadline.left(f"connection {index} to reach the upstream")):
                    continue
            return self.connections[index]

    def finished(self, index=0):
        """The connection of that number, once its behaviour has ended: all it will ever get is in it."""
        channel = self.connection(index)
        if not channel.done.wait(Deadline().left()):
            raise TimeoutError(f"the upstream's connection {index} is still being served")
        if self.errors:
            raise self.errors[0]
        return channel

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            channel = Channel(sock)
            with self._changed:
                self.connections.append(channel)
                behaviour, errors = self.behaviour, self.errors
                self._changed.notify_all()
            threading.Thread(target=_serve, args=(channel, behaviour, errors), daemon=True).start()


def _serve(channel, behaviour, errors):
    try:
        behaviour(channel)
    except (Ended, OSError) as error:
        channel.error = channel.error or str(error)
    except Exception as error:  # pylint: disable=broad-except
        errors.append(error)
    finally:
        channel.sock.close()
        channel.done.set()


def refusing_port():
    """A port where nothing listens; keep the socket as long as the port must stay free of others."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    return holder, holder.getsockname()[1]


@contextlib.contextmanager
def one_way(place, certs, direction):
    """A relayed session whose sockets hold little: its client, who sends (the client where `direction` is up), and who
    reads."""
    # Small, but larger than loopback's segments: below one, the kernel itself sends only now and then.
    size = 262144
    place.upstream.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    with played(place.upstream, certs.server_context() if place.server == "implicit" else None) as server:
        client = connect(place.port, receive_buffer=size)
        if place.client == "implicit":
            client.start_tls(certs.client_context(), "localhost")
        ends = (client, server())
        yield (client, *(ends if direction == "up" else ends[::-1]))


@contextlib.contextmanager
def played(upstream, tls=None):
    """Lets the test itself be the server: gives a function that returns its (next) channel, past TLS where `tls` is."""
    ready, over = queue.Queue(), threading.Event()

    def behaviour(channel):
        if tls is not None:
            channel.start_tls(tls, server=True)
        ready.put(channel)
        over.wait()

    upstream.serve(behaviour)
    try:
        yield lambda: ready.get(timeout=Deadline().left())
    finally:
        over.set()
