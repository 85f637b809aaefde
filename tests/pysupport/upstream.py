"""A fake server on a port that the kernel chose. A function decides what it sends, and it records what it receives."""

import contextlib
import queue
import socket
import threading

from pysupport.channel import Channel, Ended, connect
from pysupport.timing import Deadline


def silent(channel):
    """Sends nothing, and reads until the peer ends."""
    channel.rest()


def resetting(channel):
    channel.reset()


class Upstream:
    """Serves each connection in its own thread with `behaviour(channel)`.

    A behaviour has finished when it returns, or when the stream ends under it; any other exception is kept in `errors`.
    The connection is closed then.
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
        """Uses this behaviour from now on, and forgets earlier connections."""
        with self._changed:
            self.behaviour = behaviour
            self.connections = []
            self.errors = []
        return self

    def connection(self, index=0):
        """Waits until the connection with this number has been accepted."""
        deadline = Deadline()
        with self._changed:
            while len(self.connections) <= index:
                if not self._changed.wait(deadline.left(f"connection {index} to reach the upstream")):
                    continue
            return self.connections[index]

    def finished(self, index=0):
        """Waits until the behaviour of this connection has finished, so the channel has everything it will ever receive."""
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
    """A port on which nothing listens. Keep the socket for as long as no other process may take the port."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    return holder, holder.getsockname()[1]


@contextlib.contextmanager
def one_way(place, certs, direction):
    """A relayed session with small socket buffers. Gives the client, the sender and the reader.

    The client is the sender if `direction` is up, else the reader.
    """
    # Small, but larger than a loopback segment: with less, the kernel sends only at intervals.
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
    """Lets the test act as the server: gives a function that waits for the next channel, after the handshake, if any."""
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
