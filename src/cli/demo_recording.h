#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/dialogue.h"

namespace starlock::cli {

using protocol::Side;

/// All that somebody on the wire between two programs has seen, in its order.
class Recording {
 public:
  struct Piece {
    Side from;  ///< kClient: who has dialled
    std::string bytes;
  };

  void Add(Side from, std::string_view bytes);

  const std::vector<Piece>& pieces() const { return pieces_; }
  std::string From(Side side) const;
  size_t size() const;

 private:
  std::vector<Piece> pieces_;  ///< no two neighbours from the same side
};

/// A recording cut in two where TLS begins: before the first flight of the dialling side that starts as TLS does.
struct Upgraded {
  std::vector<Recording::Piece> before;
  std::string inside[2];  ///< by Side; both empty: TLS has never begun
};
Upgraded SplitAtTls(const Recording& recording);

/// Whether `bytes` are TLS records one behind another, and nothing else (RFC 8446, 5.1).
bool IsTlsRecords(std::string_view bytes);

/// Whether `bytes` begin with a ClientHello.
bool IsClientHello(std::string_view bytes);

/// The first bytes as people look at them, 16 a row: in hexadecimal, and in ASCII where they are that.
struct DumpRow {
  std::string hex;
  std::string ascii;
};
std::vector<DumpRow> Dump(std::string_view bytes, size_t rows);

}  // namespace starlock::cli
