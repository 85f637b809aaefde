#include "net/receive.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>

namespace starlock::net {
namespace {

using buffer::AlignUp;

constexpr size_t kPieces = 32;

/// Bodies in a row:
///
///     | head | body | tail | head | body | tail | ...
///     |<---- pitch ------->|
struct Row {
  Row(const buffer::Room& room, size_t space, size_t most)
      : head(AlignUp(room.head)), tail(room.tail), body(std::min(room.body, space)) {
    if (head + tail + body > space) body = space > head + tail ? space - head - tail : 0;
    pitch = head + AlignUp(body + tail);
    count =
        std::clamp(most / std::max<size_t>(body, 1), size_t{1}, std::min(kPieces, std::max<size_t>(space / pitch, 1)));
    if (count == 1) body = std::min(body, most);
  }

  size_t head, tail, body;
  size_t pitch = 0;
  size_t count = 0;
};

ssize_t ReceiveRow(int fd, std::span<uint8_t> space, const Row& row) {
  std::array<iovec, kPieces> pieces;  // NOLINT(cppcoreguidelines-pro-type-member-init): only `count` are used
  for (size_t i = 0; i < row.count; ++i) pieces[i] = {space.subspan(i * row.pitch + row.head).data(), row.body};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = row.count;
  ssize_t n = 0;
  do {
    n = recvmsg(fd, &message, 0);
  } while (n < 0 && errno == EINTR);
  return n;
}

void AppendPiece(buffer::Chunk piece, const Row& row, size_t body, buffer::Chain& in) {
  piece.TrimFront(row.head);
  piece.TrimBack(piece.size() - body);
  in.Append(std::move(piece));
}

// Splits `chunk`, which holds `size` bytes in the layout of `row`, into one chunk per body.
void AppendRow(buffer::Chunk chunk, const Row& row, size_t size, buffer::Chain& in) {
  for (; size > row.body; size -= row.body) AppendPiece(chunk.SplitFront(row.pitch), row, row.body, in);
  if (size > 0) AppendPiece(std::move(chunk), row, size, in);
}

}  // namespace

Received Receive(int fd, buffer::SlabPool& pool, const buffer::Room& room, size_t most, buffer::Chain& in) {
  buffer::Chunk chunk = pool.Reserve();
  const Row row(room, chunk.tailroom(), most);
  const ssize_t n = ReceiveRow(fd, chunk.tail(), row);
  const int error = n < 0 ? errno : 0;
  const size_t size = n > 0 ? static_cast<size_t>(n) : 0;
  const size_t full = size > 0 ? (size - 1) / row.body : 0;
  pool.Commit(chunk, size > 0 ? full * row.pitch + row.head + (size - full * row.body) + row.tail : 0);
  AppendRow(std::move(chunk), row, size, in);
  return {size, row.count * row.body, error};
}

}  // namespace starlock::net
