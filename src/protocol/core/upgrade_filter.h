#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/core/filter.h"
#include "protocol/core/limits.h"
#include "protocol/core/negotiator.h"
#include "protocol/core/notes.h"
#include "protocol/core/upgrade_window.h"

/// What all filters share. They read beyond the meeting point unless both legs have TLS. A dialect supplies the words;
/// this file decides what is refused, what waits and when STARTTLS is granted.
namespace starlock::protocol {

/// A dialect's replies to the client's STARTTLS: whole units, ready for the wire.
struct StarttlsWords {
  std::string go_ahead;
  std::string active;        ///< the client leg already has TLS
  std::string off;           ///< the client leg is configured without TLS
  std::string too_late;      ///< the window is closed (UpgradeWindow)
  std::string has_argument;  ///< STARTTLS came with an argument
};

/// The rule of the upgrade window stands here, in Cut and On. A dialect only says which commands are harmless.
class UpgradeFilter : public Filter {
 public:
  Frame Cut(Side side, std::string_view in, Scan& scan) final;
  Act On(Side side, std::string_view unit, Out& out) final;
  /// The upstream has seen no command whose state the upgrade resets.
  Act OnTlsUp() override { return prologue_.server_tls ? Act(Relay{}) : Read{}; }

 protected:
  /// `prologue` must outlive the filter.
  explicit UpgradeFilter(const Prologue& prologue) : prologue_(prologue), window_(prologue.env.client) {}

  /// Finds the next unit; see Dialogue::Cut.
  virtual Frame CutUnit(Side side, std::string_view in, Scan& scan) = 0;
  /// Handle a unit of each side. A filter that also passes units which are no commands or replies overrides these.
  virtual Act OnClientUnit(std::string_view unit, Out& out) { return OnCommand(unit, out); }
  virtual Act OnServerUnit(std::string_view unit, Out& out) { return OnReply(unit, out); }
  virtual Act OnCommand(std::string_view unit, Out& out) = 0;
  virtual Act OnReply(std::string_view unit, Out& out) = 0;
  /// Whether a client's unit is of the protocol's closed list: exact forms that every server reads alike, that change
  /// no state which matters, and that have exactly one answer (or end the session). Anything else closes the window
  /// when it crosses.
  virtual bool IsHarmless(std::string_view unit) const = 0;
  /// Whether the server may say this unasked, right after the client's upgrade: the protocol's goodbye.
  virtual bool MaySpeakUnasked(std::string_view unit) const = 0;
  /// Whether the client's input must not be looked at yet, because a reply of the server decides how it is read. On
  /// then answers Wait.
  virtual bool Held() const { return false; }
  /// Questions are outstanding. STARTTLS waits until there are none: no reply to a plaintext command may arrive inside
  /// TLS.
  virtual bool Busy() const = 0;
  /// Whether our own replies must wait for outstanding questions, so that all replies keep the order of the commands.
  /// False in protocols whose replies carry the tag of their question.
  virtual bool AnswersInOrder() const { return true; }

  /// Answers STARTTLS in turn: with the go-ahead, or with the reason for a refusal.
  Act OnStarttls(const StarttlsWords& words, bool has_argument, Out& out);
  /// Refuses a command in turn with the reply `text`. More than kMaxCommands refusals end the session.
  Act Refuse(std::string_view text, Out& out);

  const Prologue& prologue() const { return prologue_; }
  UpgradeWindow& window() { return window_; }
  /// STARTTLS is available to the client now: capabilities must list it.
  bool on_offer() const { return window_.open(prologue_.client_tls); }
  /// Both legs are inside TLS.
  bool both_in_tls() const { return prologue_.client_tls && prologue_.server_tls; }

 private:
  const Prologue& prologue_;
  UpgradeWindow window_;
  int refusals_ = 0;
  bool server_in_unit_ = false;  ///< the server has sent the beginning of a unit
};

/// For protocols that answer commands in order. The oldest outstanding question belongs to the next reply. `Question`:
/// what the filter must know of a command to interpret its reply.
template <typename Question>
class InOrderFilter : public UpgradeFilter {
 protected:
  using UpgradeFilter::UpgradeFilter;

  Act OnClientUnit(std::string_view unit, Out& out) override {
    if (std::exchange(sasl_response_, false)) {
      out.server() += unit;
      return Read{};
    }
    return MustWait() ? Act(Wait{}) : OnCommand(unit, out);
  }
  Act OnServerUnit(std::string_view unit, Out& out) override {
    if (!questions_.empty()) return OnReply(unit, out);
    window().Close();  // it answers no question; it may be a goodbye
    out.client() += unit;
    return Read{};
  }

  bool Held() const override { return !sasl_response_ && MustWait(); }
  /// Whether the client's next command must wait for a reply, because the reply can change how it is read.
  virtual bool MustWait() const { return questions_.size() >= kMaxQuestions; }
  bool Busy() const override { return !questions_.empty(); }

  /// Passes a command on to the server, and remembers its question.
  Act Forward(std::string_view unit, Question question, Out& out) {
    Expect(std::move(question));
    out.server() += unit;
    return Read{};
  }
  /// Remembers a question that is not a command of its own.
  void Expect(Question question) { questions_.push_back(std::move(question)); }
  /// The question of the next reply. Only while Busy().
  const Question& asked() const { return questions_.front(); }
  /// The question that was forwarded last. Only while Busy().
  const Question& asked_last() const { return questions_.back(); }
  size_t questions() const { return questions_.size(); }
  /// The oldest question has its final reply.
  void Answered() {
    questions_.pop_front();
    sasl_response_ = false;  // an exchange that the server has ended expects nothing more
  }
  /// The client's next unit is a SASL response: it is passed on without being parsed.
  void ExpectSaslResponse() { sasl_response_ = true; }
  bool expects_sasl_response() const { return sasl_response_; }

 private:
  std::deque<Question> questions_;
  bool sasl_response_ = false;
};

/// For protocols whose replies name their question by a tag or a message id.
template <typename Tag, typename Question>
class TaggedFilter : public UpgradeFilter {
 protected:
  using UpgradeFilter::UpgradeFilter;

  bool Busy() const override { return !questions_.empty(); }
  bool AnswersInOrder() const override { return false; }

  size_t questions() const { return questions_.size(); }
  /// Remembers the question of a command that is passed on to the server.
  void Ask(Tag tag, Question question) { questions_.emplace_back(std::move(tag), std::move(question)); }
  /// The outstanding question with this tag, or nullptr. Valid until the next Ask or Answered.
  template <typename Key>
  const Question* Find(const Key& tag) const {
    const auto found = std::find_if(questions_.begin(), questions_.end(), Named<Key>{tag});
    return found == questions_.end() ? nullptr : &found->second;
  }
  /// The newest outstanding question, or nullptr.
  const Question* last() const { return questions_.empty() ? nullptr : &questions_.back().second; }
  /// Whether the newest outstanding question has this tag.
  template <typename Key>
  bool IsLast(const Key& tag) const {
    return !questions_.empty() && questions_.back().first == tag;
  }
  /// The question with this tag has its final reply, or will get none.
  template <typename Key>
  void Answered(const Key& tag) {
    const auto found = std::find_if(questions_.begin(), questions_.end(), Named<Key>{tag});
    if (found != questions_.end()) questions_.erase(found);
  }

 private:
  template <typename Key>
  struct Named {
    const Key& tag;
    bool operator()(const std::pair<Tag, Question>& one) const { return one.first == tag; }
  };

  std::deque<std::pair<Tag, Question>> questions_;
};

}  // namespace starlock::protocol
