#pragma once

#include <sys/types.h>

#include <cstddef>

#include "buffer/chain.h"
#include "buffer/slab.h"
#include "buffer/stream.h"

namespace starlock::net {

/// The result of one recv.
struct Received {
  size_t size = 0;
  size_t offered = 0;  ///< the most that it could have read, in bytes
  int error = 0;       ///< errno; 0 with no bytes: end of stream
};

/// One recv of at most `most` bytes (or one body, if that is more) into slabs of `pool`, appended to `in` in the layout
/// of `room`: each body is one chunk, aligned to buffer::kAlignment.
Received Receive(int fd, buffer::SlabPool& pool, const buffer::Room& room, size_t most, buffer::Chain& in);

}  // namespace starlock::net
