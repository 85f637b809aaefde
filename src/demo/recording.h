#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/act.h"

namespace starlock::demo {

using protocol::Side;

/// Everything that an eavesdropper between two programs saw, in order.
class Recording {
 public:
  struct Piece {
    Side from;  ///< kClient: the side that dialled
    std::string bytes;
  };

  void Add(Side from, std::string_view bytes);

  /// No two neighbours come from the same side.
  const std::vector<Piece>& pieces() const { return pieces_; }
  std::string From(Side side) const;
  size_t size() const;

 private:
  std::vector<Piece> pieces_;
};

/// A recording split where TLS starts: before the client's first piece that begins with a TLS handshake record.
struct SplitRecording {
  std::vector<Recording::Piece> before;
  std::string inside[2];  ///< by Index(side); both are empty where TLS never starts
};
SplitRecording SplitAtTls(const Recording& recording);

/// Whether `bytes` consist of complete TLS records and nothing else (RFC 8446 5.1).
bool IsTlsRecords(std::string_view bytes);

/// Whether `bytes` begin with a ClientHello.
bool IsClientHello(std::string_view bytes);

/// One row of a hex dump: 16 bytes in hexadecimal, and in ASCII with a dot for each byte that is not printable.
struct DumpRow {
  std::string hex;
  std::string ascii;
};
/// Dumps the first bytes, at most `rows` rows.
std::vector<DumpRow> Dump(std::string_view bytes, size_t rows);

}  // namespace starlock::demo
