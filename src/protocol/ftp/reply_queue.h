#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include "protocol/core/act.h"
#include "protocol/ftp/words.h"

namespace starlock::protocol::ftp {

/// The kind of a command sent to the upstream. It decides how the reply is read.
enum class Asked : uint8_t {
  kFeat,
  kPort,        ///< our own EPSV or PASV
  kProtection,  ///< our own PBSZ or PROT, after the login
  kTransfer,
  kRunningTransfer,  ///< a transfer whose 1xx reply arrived
  kAbor,
  kStat,
  kOther,
};

/// How one unit from the upstream relates to the commands that were sent.
struct Reply {
  enum class Kind : uint8_t {
    kNone,         ///< not a reply: a protocol error
    kPart,         ///< a line of a reply that continues
    kUnasked,      ///< no command is outstanding: a 421 before the upstream closes, or an answer to no question
    kLateAbor,     ///< answers an ABOR whose reply the client's next command did not wait for
    kStatus,       ///< answers a STAT that was sent during a transfer
    kPreliminary,  ///< a 1xx reply to `asked`, which stays outstanding
    kFinal,        ///< the final reply to `asked`, which is no longer outstanding
  };
  Kind kind = Kind::kNone;
  int code = -1;                ///< not set for kNone and kPart
  Asked asked = Asked::kOther;  ///< set for kPreliminary and kFinal
};

/// The commands that the upstream has not answered yet, in order. Matches replies to them.
///
/// Commands are passed on one at a time, so that each reply's command is known. There are two exceptions:
/// - ABOR and STAT may be sent during a transfer (RFC 959 4.1.3).
/// - Some servers answer a transfer and its ABOR with a single reply. The client's next command therefore does not wait
///   for the reply to an ABOR. If that reply arrives later, its code (225 or 226) identifies it.
class ReplyQueue {
 public:
  bool InTransfer() const;
  /// No reply is being passed on line by line.
  bool between() const { return open_reply_ < 0; }

  /// Whether the client's next command may be processed now. If true, the reply to an outstanding ABOR is no longer
  /// waited for. If false, ask again after the upstream's next unit.
  bool Admits(Verb verb);
  /// A command was sent after all others.
  void Push(Asked asked) { questions_.push_back(asked); }
  /// A command of our own was sent, and its reply comes before all others.
  void PushFirst(Asked asked) { questions_.push_front(asked); }

  /// The upstream's next unit: a whole reply where it must be read or edited or answers no command, else one line. The
  /// listing that answers a STAT has no length limit.
  Frame Cut(std::string_view in, Scan& scan) const;
  /// Matches that unit to a command.
  Reply Take(std::string_view unit);

  /// The oldest outstanding command, whose verb is unknown, has turned out to be a transfer: it got a 1xx reply.
  void BeginTransfer();

 private:
  bool TakesWhole(std::string_view in) const;
  bool StatPasses() const;
  Reply TakeStatus(int code);

  std::deque<Asked> questions_;
  int owed_abors_ = 0;   ///< ABORs whose replies may still arrive, but delay no command
  int open_reply_ = -1;  ///< the code of the reply that is passed on line by line; -1: none
};

}  // namespace starlock::protocol::ftp
