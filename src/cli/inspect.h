#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "config/reader.h"

namespace starlock::cli {

/// What the files that a configuration names turned out to be. Every diagnostic points at where the file is named.
struct FileFindings {
  std::vector<config::Diagnostic> errors;    ///< unreadable, not what it should be, a key of another certificate
  std::vector<config::Diagnostic> warnings;  ///< certificates that have expired, or will within 14 days
  std::vector<std::string> notes;            ///< a line a certificate: whose it is, and until when
};

/// Opens all of them: certificates and their keys, CAs, ticket keys.
FileFindings InspectFiles(const config::Config& config, std::chrono::system_clock::time_point now);

/// The same for what was loaded: adds its findings to it, and takes its `config` away where there are errors. Returns
/// the notes.
std::vector<std::string> InspectFiles(config::Loaded& loaded);

}  // namespace starlock::cli
