#pragma once

#include <string>
#include <vector>

#include "protocol/core/act.h"
#include "protocol/core/data.h"

namespace starlock::protocol {

/// Output cap per step, in bytes. It bounds our memory when a peer pipelines commands without reading the replies.
inline constexpr size_t kMaxSaid = 64 * 1024;

/// The output of a step. The session sends it before it carries out the act.
struct Out {
  std::string to[2];               ///< bytes for each Side
  std::vector<const char*> notes;  ///< warnings for the log: static texts, each logged once per session
  std::vector<DataRequest> data;   ///< in the order in which they were made

  std::string& client() { return to[Index(Side::kClient)]; }
  std::string& server() { return to[Index(Side::kServer)]; }
  void Note(const char* text) { notes.push_back(text); }
};

}  // namespace starlock::protocol
