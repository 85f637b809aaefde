#include "demo/recording.h"

#include <algorithm>

namespace starlock::demo {
namespace {

constexpr size_t kRecordHeader = 5;
constexpr char kHandshakeRecord = 0x16;

}  // namespace

void Recording::Add(Side from, std::string_view bytes) {
  if (bytes.empty()) return;
  if (pieces_.empty() || pieces_.back().from != from) pieces_.push_back({from, {}});
  pieces_.back().bytes += bytes;
}

std::string Recording::From(Side side) const {
  std::string bytes;
  for (const Piece& piece : pieces_) {
    if (piece.from == side) bytes += piece.bytes;
  }
  return bytes;
}

size_t Recording::size() const {
  size_t size = 0;
  for (const Piece& piece : pieces_) size += piece.bytes.size();
  return size;
}

SplitRecording SplitAtTls(const Recording& recording) {
  SplitRecording split;
  bool begun = false;
  for (const Recording::Piece& piece : recording.pieces()) {
    begun = begun || (piece.from == Side::kClient && piece.bytes.front() == kHandshakeRecord);
    if (begun) {
      split.inside[protocol::Index(piece.from)] += piece.bytes;
    } else {
      split.before.push_back(piece);
    }
  }
  return split;
}

bool IsTlsRecords(std::string_view bytes) {
  while (bytes.size() >= kRecordHeader) {
    const auto byte = [&](size_t at) { return static_cast<unsigned char>(bytes[at]); };
    const bool known_type = byte(0) >= 20 && byte(0) <= 23;
    if (!known_type || byte(1) != 3) return false;
    const size_t size = kRecordHeader + (size_t{byte(3)} << 8) + byte(4);
    if (size > bytes.size()) return false;
    bytes.remove_prefix(size);
  }
  return bytes.empty();
}

bool IsClientHello(std::string_view bytes) {
  return bytes.size() > kRecordHeader && bytes[0] == kHandshakeRecord && bytes[kRecordHeader] == 1;
}

std::vector<DumpRow> Dump(std::string_view bytes, size_t rows) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr size_t kRow = 16;
  std::vector<DumpRow> dump;
  for (; !bytes.empty() && dump.size() < rows; bytes.remove_prefix(std::min(kRow, bytes.size()))) {
    DumpRow row;
    for (size_t i = 0; i < kRow; ++i) {
      if (i == kRow / 2) row.hex += ' ';
      if (i >= bytes.size()) {
        row.hex += "   ";
        continue;
      }
      const auto byte = static_cast<unsigned char>(bytes[i]);
      row.hex += kDigits[byte >> 4];
      row.hex += kDigits[byte & 15];
      row.hex += ' ';
      row.ascii += byte >= 0x20 && byte < 0x7f ? bytes[i] : '.';
    }
    dump.push_back(std::move(row));
  }
  return dump;
}

}  // namespace starlock::demo
