#pragma once

#include <sys/types.h>

#include <cstddef>

#include "buffer/chain.h"
#include "buffer/slab.h"
#include "buffer/stream.h"

namespace starlock::net {

/// What one recv brought.
struct Received {
  size_t size = 0;
  size_t offered = 0;  ///< the most it could have been
  int error = 0;       ///< errno; 0 with no bytes: the end
};

/// One recv of at most `most` bytes (or one body, where that is more) into `pool`, appended to `in` as `room` wants it:
/// each body 64-byte aligned and a chunk of its own.
Received Receive(int fd, buffer::SlabPool& pool, const buffer::Room& room, size_t most, buffer::Chain& in);

}  // namespace starlock::net
