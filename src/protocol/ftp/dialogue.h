#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/core/dialogue.h"
#include "protocol/ftp/words.h"

namespace starlock::protocol::ftp {

/// A whole session. Commands cross one by one, so that each reply's question is known: while one is unanswered only
/// ABOR and STAT go past it (RFC 959 4.1.3). What we answer ourselves waits likewise.
///
/// Towards the upstream every data connection is passive, whatever the client asks for: that needs no address of ours
/// that the upstream could reach, there is one way to it instead of four, and EPSV with PASV where a server has none
/// serves both families. The FTP client is the TLS client on a data connection even with PORT (RFC 4217 9), so nothing
/// is lost on that leg; the client's own leg is made as the client asked.
class FtpDialogue final : public Dialogue {
 public:
  explicit FtpDialogue(Env env) : Dialogue(std::move(env)) {}

  bool InTransfer() const override;

 private:
  enum class Stage : uint8_t { kGreeting, kAuth, kPbsz, kProt, kSession };
  enum class Asked : uint8_t {
    kFeat,
    kEpsv,  ///< by us, for the client's `passive_`
    kPasv,  ///< the same
    kPbsz,  ///< by us, after the login
    kProt,  ///< the same
    kTransfer,
    kAbor,
    kStat,
    kOther,
  };

  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;
  Act On(Event event, Side side, Out& out) override;
  Act OnData(const DataEvent& event, Out& out) override;
  std::string Goodbye(const Failure& failure) const override { return ftp::Goodbye(failure); }
  bool RefusedForWantOfTls() const override { return refused_; }

  // The leg towards the server, to its meeting point (negotiation.cc).
  Act Negotiate(std::string_view reply, Out& out);
  Act OnGreeting(std::string_view reply, Out& out);
  Act OnAuthReply(int code, Out& out);
  Act OnProtReply(int code, Out& out);
  Act OnLateProtReply(Asked asked, int code, Out& out);
  Act ProtRefused() const;
  Act Ask(Stage next, std::string_view command, Out& out);
  Act GoOnInPlaintext(const NoTls& no_tls, Out& out);
  Act Greet(Out& out);

  // Commands (commands.cc).
  Act OnCommand(std::string_view line, Out& out);
  Act BeforeTls(const Command& command, Out& out);
  Act OnAuth(const Command& command, Out& out);
  Act OnPbsz(const Command& command, Out& out);
  Act OnProt(const Command& command, Out& out);
  Act OnRein(const Command& command, Out& out);
  Act Forward(const Command& command, Asked asked, Out& out);
  Act Answer(std::string_view text, Out& out);
  Act Refuse(std::string_view text, Out& out);
  bool MustWait(Verb verb) const;
  Offer offer() const;

  // Replies (replies.cc).
  bool NeedsWholeReply() const;
  Act OnReply(std::string_view unit, Out& out);
  Act OnTransferReply(std::string_view reply, int code, Out& out);

  // Data connections (data.cc).
  Act OnPassive(const Command& command, Out& out);
  Act OnActive(const Command& command, Out& out);
  Act OnTransfer(const Command& command, Out& out);
  Act OnPassiveReply(std::string_view reply, int code, Out& out);
  Act AskForPort(Out& out);
  void Begin(Out& out);
  bool MayTransfer() const;
  bool ClientInTls() const { return tls_up(Side::kClient); }
  void SettleClient();
  bool IsLateAborReply(int code);

  Stage stage_ = Stage::kGreeting;
  std::string greeting_;
  bool client_settled_ = false;  ///< the client's leg is at its meeting point
  bool refused_ = false;         ///< something was refused for want of TLS
  int refusals_ = 0;
  bool window_open_ = true;  ///< nothing that TLS would have had to protect has crossed

  std::deque<Asked> outstanding_;  ///< what the upstream has not answered yet
  bool abor_owed_ = false;         ///< the reply to an ABOR may still come, behind the client's next command
  int reply_code_ = -1;            ///< of the reply whose lines pass one by one; -1: none

  bool protects_server_ = false;  ///< the upstream has taken PROT P
  bool prot_is_due_ = false;      ///< it takes none before the login
  std::string welcome_;           ///< the end of its answer to the login, until it has taken PROT P
  bool has_pbsz_ = false;         ///< the client has said PBSZ
  bool prot_private_ = false;     ///< the client's PROT
  bool epsv_unknown_ = false;     ///< the upstream takes PASV only

  enum class Data : uint8_t {
    kNone,
    kOpening,  ///< the upstream has been asked for a port, or the session for a connection
    kReady,    ///< it waits for a transfer
    kBegun,
  };
  Data data_ = Data::kNone;
  Verb opened_by_ = Verb::kPasv;  ///< what of the client's the connection is for
  uint16_t client_port_ = 0;      ///< where the client listens; 0: it will come to us
  bool under_way_ = false;        ///< the transfer's 1xx has been seen
  bool broken_ = false;           ///< the transfer has lost bytes
};

}  // namespace starlock::protocol::ftp
