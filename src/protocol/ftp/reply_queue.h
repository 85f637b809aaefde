#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include "protocol/core/act.h"
#include "protocol/ftp/words.h"

namespace starlock::protocol::ftp {

/// What a command asks of the upstream, as far as that decides how its reply is read.
enum class Asked : uint8_t {
  kFeat,
  kPort,        ///< by us: EPSV or PASV
  kProtection,  ///< by us, after the login: PBSZ or PROT
  kTransfer,
  kRunningTransfer,  ///< its 1xx has come
  kAbor,
  kStat,
  kOther,
};

/// What a unit of the upstream's is.
struct Reply {
  enum class Kind : uint8_t {
    kNone,         ///< no reply begins so
    kPart,         ///< a line of a reply that goes on
    kUnasked,      ///< nothing is outstanding: a 421 before the upstream closes
    kLateAbor,     ///< ABOR's, after the client's next command has crossed
    kStatus,       ///< STAT's, which has overtaken the transfer's
    kPreliminary,  ///< a 1xx to `asked`, which is still outstanding
    kFinal,        ///< the answer to `asked`, which is not outstanding any more
  };
  Kind kind = Kind::kNone;
  int code = -1;                ///< of all but kNone and kPart
  Asked asked = Asked::kOther;  ///< of kPreliminary and kFinal
};

/// The commands that the upstream has not answered yet, in order, and how its replies belong to them. Commands cross
/// one by one, so that each reply's question is known. Two things go beside that: ABOR and STAT pass a transfer
/// (RFC 959 4.1.3), and an upstream may answer a transfer and its ABOR with one reply between them, so that nobody may
/// wait for ABOR's own. Where that comes after all, behind the client's next command, it is known by its code.
class ReplyQueue {
 public:
  bool InTransfer() const;

  /// Whether the client's next command may be looked at now; false: later. A command that may ends the wait for an
  /// ABOR's reply.
  bool Admits(Verb verb);
  /// A question has crossed behind all others.
  void Push(Asked asked) { questions_.push_back(asked); }
  /// One of our own has crossed, whose answer must come before all others'.
  void PushFirst(Asked asked) { questions_.push_front(asked); }

  /// The upstream's next unit: a whole reply where that has to be read or changed, else a line. (STAT's listings have
  /// no end in sight.)
  Frame Cut(std::string_view in, Scan& scan) const;
  /// Takes that unit.
  Reply Take(std::string_view unit);

  /// The first question is a transfer that has begun, although its verb was not known to be one.
  void BeginTransfer();

 private:
  bool TakesWhole(std::string_view in) const;
  bool StatPasses() const;
  Reply TakeStatus(int code);

  std::deque<Asked> questions_;
  int owed_abors_ = 0;   ///< replies to ABOR for which nobody waits, and which may still come
  int open_reply_ = -1;  ///< the code of the reply whose lines pass one by one; -1: none
};

}  // namespace starlock::protocol::ftp
