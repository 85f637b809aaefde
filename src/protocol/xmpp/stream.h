#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/dialogue.h"

struct XML_ParserStruct;

namespace starlock::protocol::xmpp {

/// An element inside a unit: a child of a first-level element.
struct Child {
  std::string name;  ///< "namespace local"
  size_t begin = 0;  ///< of its bytes, counted from the unit's first
  size_t end = 0;
};

/// What a stream is made of (RFC 6120 4.1).
struct Unit {
  enum class Kind : uint8_t {
    kSpace,    ///< white space between the elements: a keep-alive
    kHeader,   ///< the stream's start tag, and what comes before it
    kElement,  ///< a first-level element with all its content
    kEnd,      ///< the stream's end tag
  };
  Kind kind = Kind::kSpace;
  std::string name;             ///< kHeader, kElement: "namespace local", whatever the prefix
  size_t tag = 0;               ///< kHeader, kElement: where its start tag begins, counted from the unit's first byte
  size_t opened = 0;            ///< and ends
  std::vector<Child> children;  ///< kElement
  std::string to, from, lang, version;  ///< kHeader: its attributes, unescaped; empty where they are absent
};

/// One direction of one XML stream, cut in its units. Expat reads it, so prefixes, quoting and entities are as any
/// XML parser sees them. What RFC 6120 11.1 forbids is refused: comments, processing instructions, DTDs and all that
/// they could bring. Only UTF-8 is read, whatever the stream declares (RFC 6120 11.6).
class StreamReader {
 public:
  StreamReader();

  /// `in` begins where the last unit that was used ends. Once a unit is whole, says so until it is used.
  Frame Cut(std::string_view in);
  /// The unit that Cut found. Good until it is used.
  const Unit& unit() const { return unit_; }
  void Use();
  /// Why Cut said kBad: this is no XML, or of a kind that a stream must not hold.
  bool bad() const { return why_ != nullptr; }
  bool restricted() const { return restricted_; }

 private:
  struct Free {
    void operator()(XML_ParserStruct* parser) const;
  };
  /// What expat calls; they see to it that no more than one unit is read at a time.
  struct Handlers;

  Frame Break(const char* why);
  void Restrict(const char* why);
  void Found();
  size_t EventBegin() const;
  size_t EventEnd() const;
  void OnStart(const char* name, const char** attributes);
  void OnEnd();
  void OnText();

  std::unique_ptr<XML_ParserStruct, Free> parser_;
  size_t base_ = 0;  ///< what was used so far
  size_t fed_ = 0;   ///< how much behind that the parser has been given
  size_t size_ = 0;  ///< of the unit that was found; 0: none was
  size_t depth_ = 0;
  bool suspended_ = false;  ///< the parser has stopped at a unit's end, and may have been given more
  bool restricted_ = false;
  const char* why_ = nullptr;  ///< it is bad, and stays so
  Unit unit_;
};

/// The name in the start tag at `tag`, prefix and all, as it was written.
std::string_view WrittenName(std::string_view unit, size_t tag);

}  // namespace starlock::protocol::xmpp
