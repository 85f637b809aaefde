#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/dialogue.h"

struct XML_ParserStruct;

namespace starlock::protocol::xmpp {

/// A child of a first-level element.
struct Child {
  std::string name;  ///< "namespace local"
  size_t begin = 0;  ///< offset in the unit
  size_t end = 0;    ///< offset in the unit, after its last byte
};

/// A unit of a stream (RFC 6120 4.1).
struct Unit {
  enum class Kind : uint8_t {
    kSpace,    ///< white space between elements, used as a keep-alive
    kHeader,   ///< the stream's start tag, with all that precedes it
    kElement,  ///< a first-level element with all its content
    kEnd,      ///< the stream's end tag
  };
  Kind kind = Kind::kSpace;
  std::string name;                     ///< kHeader, kElement: "namespace local", independent of the prefix
  size_t tag = 0;                       ///< kHeader, kElement: offset of its start tag in the unit
  size_t opened = 0;                    ///< kHeader, kElement: offset after its start tag
  std::vector<Child> children;          ///< kElement
  std::string to, from, lang, version;  ///< kHeader: its attributes, unescaped; empty if absent
  std::string type;                     ///< kElement: its attribute; empty if absent
};

/// Cuts one direction of one XML stream into units. Expat parses it, so prefixes, quoting and entities have their usual
/// XML meaning. RFC 6120 11.1 forbids comments, processing instructions and DTDs: they are kBad. The input must be
/// UTF-8, whatever the stream declares (RFC 6120 11.6).
class StreamReader {
 public:
  StreamReader();

  /// The parser's memory limit, in bytes, beyond which Cut returns kExcess.
  static constexpr size_t kMaxMemory = size_t{64} * 1024;

  /// Cuts the next unit. `in` starts after the last unit that was consumed. Returns the same unit until Use().
  Frame Cut(std::string_view in);
  /// The unit that Cut found. Valid until Use().
  const Unit& unit() const { return unit_; }
  /// Consumes the unit that Cut found.
  void Use();
  /// The stream is invalid: Cut returns kBad.
  bool bad() const { return why_ != nullptr; }
  /// It is invalid because it contains XML that RFC 6120 11.1 forbids.
  bool restricted() const { return restricted_; }

 private:
  struct Free {
    void operator()(XML_ParserStruct* parser) const;
  };
  /// Expat's callbacks. They stop the parser at the end of each unit.
  struct Handlers;
  /// Expat's memory. It keeps every distinct name for its parser's life.
  struct Memory {
    size_t used = 0;
    bool exceeded = false;
  };
  struct Allocator;
  class Allocating;

  Frame Break(const char* why);
  void Restrict(const char* why);
  void Found();
  size_t EventBegin() const;
  size_t EventEnd() const;
  void OnStart(const char* name, const char** attributes);
  void OnEnd();
  void OnText();

  Memory memory_;  ///< outlives parser_
  std::unique_ptr<XML_ParserStruct, Free> parser_;
  size_t base_ = 0;  ///< bytes consumed so far
  size_t fed_ = 0;   ///< bytes after base_ that the parser was given
  size_t size_ = 0;  ///< of the unit that Cut found; 0: none
  size_t depth_ = 0;
  bool suspended_ = false;  ///< the parser stopped at the end of a unit, and may have input after it
  bool restricted_ = false;
  const char* why_ = nullptr;  ///< why the stream is invalid; it stays so
  Unit unit_;
};

/// The name in the start tag at offset `tag`, with its prefix.
std::string_view WrittenName(std::string_view unit, size_t tag);

}  // namespace starlock::protocol::xmpp
