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

/// What the filters have in common: they read beyond the meeting point while the client may still upgrade, and while
/// the server's leg is plaintext. A dialect supplies its words; what is refused, what waits and when STARTTLS is
/// granted is decided here.
namespace starlock::protocol {

/// What a dialect answers to the client's STARTTLS: whole units, ready for the wire.
struct StarttlsWords {
  std::string go_ahead;
  std::string active;        ///< the client's leg has TLS already
  std::string off;           ///< the client's leg is to have none
  std::string too_late;      ///< something has crossed that TLS would have had to protect
  std::string has_argument;  ///< STARTTLS takes none
};

class UpgradeFilter : public Filter {
 public:
  Act On(Side side, std::string_view unit, Out& out) override {
    return side == Side::kServer ? OnReply(unit, out) : OnCommand(unit, out);
  }
  /// The upstream has heard nothing yet that TLS would make it forget.
  Act OnTlsUp() override { return prologue_.server_tls ? Act(Relay{}) : Read{}; }

 protected:
  /// `prologue` must outlive the filter.
  explicit UpgradeFilter(const Prologue& prologue) : prologue_(prologue), window_(prologue.env.client) {}

  virtual Act OnCommand(std::string_view unit, Out& out) = 0;
  virtual Act OnReply(std::string_view unit, Out& out) = 0;
  /// The server has yet to answer something that has crossed. STARTTLS is granted only when it has answered all of it:
  /// no answer to what was said in plaintext may come inside TLS.
  virtual bool Busy() const = 0;
  /// Whether an answer of ours must wait while the server is busy, so that the order stays the client's. Not so in
  /// protocols whose answers carry the tag of their question.
  virtual bool AnswersInOrder() const { return true; }

  /// Answers STARTTLS: in turn, with the go-ahead or what stands in its way.
  Act OnStarttls(const StarttlsWords& words, bool has_argument, Out& out);
  /// Refuses a command in turn. After kMaxCommands of them the session ends.
  Act Refuse(std::string_view text, Out& out);

  const Prologue& prologue() const { return prologue_; }
  UpgradeWindow& window() { return window_; }
  bool on_offer() const { return window_.open(prologue_.client_tls); }
  /// The client is in TLS, and so is the server.
  bool both_in_tls() const { return prologue_.client_tls && prologue_.server_tls; }

 private:
  const Prologue& prologue_;
  UpgradeWindow window_;
  int refusals_ = 0;
};

/// For protocols that answer commands in their order. Commands cross one by one, so that each answer's question is
/// known: `Question` is what of a command its answer must be judged by.
template <typename Question>
class InOrderFilter : public UpgradeFilter {
 public:
  Act On(Side side, std::string_view unit, Out& out) override {
    if (side == Side::kServer) {
      if (!questions_.empty()) return OnReply(unit, out);
      out.client() += unit;  // unasked: a goodbye before the server closes
      return Read{};
    }
    if (std::exchange(sasl_response_, false)) {
      out.server() += unit;
      return Read{};
    }
    return MustWait() ? Act(Wait{}) : OnCommand(unit, out);
  }

 protected:
  using UpgradeFilter::UpgradeFilter;

  /// Whether the client's next command must wait for an answer, because it may belong to another state then.
  virtual bool MustWait() const { return questions_.size() >= kMaxQuestions; }
  bool Busy() const override { return !questions_.empty(); }

  Act Forward(std::string_view unit, Question question, Out& out) {
    questions_.push_back(question);
    out.server() += unit;
    return Read{};
  }
  /// The question that the next answer belongs to. Only while Busy().
  const Question& asked() const { return questions_.front(); }
  const Question& asked_last() const { return questions_.back(); }
  size_t questions() const { return questions_.size(); }
  /// The question has its answer.
  void Answered() { questions_.pop_front(); }
  /// The client's next unit is a SASL response, whatever it looks like.
  void ExpectSaslResponse() { sasl_response_ = true; }
  bool expects_sasl_response() const { return sasl_response_; }

 private:
  std::deque<Question> questions_;
  bool sasl_response_ = false;
};

/// For protocols whose answers name the question that they belong to, by a tag or a message id.
template <typename Tag, typename Question>
class TaggedFilter : public UpgradeFilter {
 protected:
  using UpgradeFilter::UpgradeFilter;

  bool Busy() const override { return !questions_.empty(); }
  bool AnswersInOrder() const override { return false; }

  size_t questions() const { return questions_.size(); }
  void Ask(Tag tag, Question question) { questions_.emplace_back(std::move(tag), std::move(question)); }
  /// The question of that tag that has no answer yet, or nullptr. Good until the next Ask or Answered.
  template <typename Key>
  const Question* Find(const Key& tag) const {
    const auto found = std::find_if(questions_.begin(), questions_.end(), Named<Key>{tag});
    return found == questions_.end() ? nullptr : &found->second;
  }
  /// The question that was asked last, or nullptr where all have their answers.
  const Question* last() const { return questions_.empty() ? nullptr : &questions_.back().second; }
  /// Whether it is the last that was asked.
  template <typename Key>
  bool IsLast(const Key& tag) const {
    return !questions_.empty() && questions_.back().first == tag;
  }
  /// The question has its answer, or will get none.
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
