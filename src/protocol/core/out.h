#pragma once

#include <string>
#include <vector>

#include "protocol/core/act.h"
#include "protocol/core/data.h"

namespace starlock::protocol {

/// A step stops saying more once Out holds so many bytes, so that a peer which asks without reading the answers cannot
/// fill our memory.
inline constexpr size_t kMaxSaid = 64 * 1024;

/// What goes out with a step, before its act is carried out.
struct Out {
  std::string to[2];               ///< bytes for each Side
  std::vector<const char*> notes;  ///< warnings for the log: static texts, each said once a session
  std::vector<DataRequest> data;   ///< in order

  std::string& client() { return to[Index(Side::kClient)]; }
  std::string& server() { return to[Index(Side::kServer)]; }
  void Note(const char* text) { notes.push_back(text); }
};

}  // namespace starlock::protocol
