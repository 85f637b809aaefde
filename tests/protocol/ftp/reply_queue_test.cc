// Which reply answers which command: transfers, ABOR and STAT in every order that RFC 959 4.1.3 and real servers allow.

#include "protocol/ftp/reply_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace starlock::test {
namespace {

using protocol::Frame;
using protocol::Scan;
using protocol::ftp::Asked;
using protocol::ftp::Reply;
using protocol::ftp::ReplyQueue;
using protocol::ftp::Verb;

std::string_view NameOf(Asked asked) {
  switch (asked) {
    case Asked::kFeat:
      return "feat";
    case Asked::kPort:
      return "port";
    case Asked::kProtection:
      return "protection";
    case Asked::kTransfer:
      return "transfer";
    case Asked::kRunningTransfer:
      return "running";
    case Asked::kAbor:
      return "abor";
    case Asked::kStat:
      return "stat";
    case Asked::kOther:
      return "other";
  }
  return "?";
}

std::string ToString(const Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::kNone:
      return "none";
    case Reply::Kind::kPart:
      return "part";
    case Reply::Kind::kUnasked:
      return "unasked " + std::to_string(reply.code);
    case Reply::Kind::kLateAbor:
      return "late " + std::to_string(reply.code);
    case Reply::Kind::kStatus:
      return "status " + std::to_string(reply.code);
    case Reply::Kind::kPreliminary:
      return "preliminary " + std::to_string(reply.code) + " " + std::string(NameOf(reply.asked));
    case Reply::Kind::kFinal:
      return "final " + std::to_string(reply.code) + " " + std::string(NameOf(reply.asked));
  }
  return "?";
}

Verb VerbOf(Asked asked) {
  switch (asked) {
    case Asked::kTransfer:
      return Verb::kTransfer;
    case Asked::kAbor:
      return Verb::kAbor;
    case Asked::kStat:
      return Verb::kStat;
    default:
      return Verb::kOther;
  }
}

/// A queue under test: commands go in, and replies must be matched as stated.
class Line {
 public:
  /// The client's next command is admitted and sent.
  Line& Ask(Asked asked) {
    EXPECT_TRUE(queue_.Admits(VerbOf(asked))) << NameOf(asked) << " has to wait";
    queue_.Push(asked);
    return *this;
  }
  Line& Waits(Asked asked) {
    EXPECT_FALSE(queue_.Admits(VerbOf(asked))) << NameOf(asked) << " need not wait";
    return *this;
  }
  /// A command that we answer ourselves is admitted.
  Line& Own() {
    EXPECT_TRUE(queue_.Admits(Verb::kProt));
    return *this;
  }
  /// The upstream sends `text`. `what` lists how each of its units is matched.
  Line& Says(std::string text, std::string_view what) {
    std::string got;
    while (!text.empty()) {
      Scan scan;
      const Frame frame = queue_.Cut(text, scan);
      if (frame.kind != Frame::Kind::kWhole) {
        got += got.empty() ? "[" : ", [";
        got += text + "]";
        break;
      }
      if (!got.empty()) got += ", ";
      got += ToString(queue_.Take(std::string_view(text).substr(0, frame.size)));
      text.erase(0, frame.size);
    }
    EXPECT_EQ(got, what);
    return *this;
  }
  bool InTransfer() const { return queue_.InTransfer(); }
  ReplyQueue& queue() { return queue_; }

 private:
  ReplyQueue queue_;
};

TEST(FtpReplyQueue, OneCommandAtATime) {
  Line line;
  line.Ask(Asked::kOther).Waits(Asked::kOther).Waits(Asked::kAbor).Waits(Asked::kStat).Waits(Asked::kTransfer);
  line.Says("350 more\r\n", "final 350 other").Ask(Asked::kOther).Says("200 ok\r\n", "final 200 other");
  line.Says("421 you slept\r\n", "unasked 421");
}

TEST(FtpReplyQueue, APreliminaryReplyEndsNothing) {
  Line line;
  line.Ask(Asked::kOther).Says("120 soon\r\n", "preliminary 120 other").Waits(Asked::kOther);
  line.Says("200 ok\r\n", "final 200 other").Ask(Asked::kTransfer);
  EXPECT_TRUE(line.InTransfer());
  line.Says("150 go\r\n", "preliminary 150 running").Waits(Asked::kOther).Says("226 done\r\n", "final 226 running");
  EXPECT_FALSE(line.InTransfer());
  line.Ask(Asked::kTransfer).Says("550 no\r\n", "final 550 transfer").Ask(Asked::kOther);
}

// Our own commands have one reply, whatever its code.
TEST(FtpReplyQueue, OurOwnQuestions) {
  Line line;
  line.Ask(Asked::kPort).Says("150 what\r\n", "final 150 port");
  line.Ask(Asked::kOther).Says("230 in\r\n", "final 230 other");
  line.queue().PushFirst(Asked::kProtection);
  line.Waits(Asked::kOther).Says("200-a\r\n200 ok\r\n", "final 200 protection").Ask(Asked::kOther);
}

TEST(FtpReplyQueue, WhatIsCutAsAWhole) {
  for (const Asked asked : {Asked::kFeat, Asked::kPort, Asked::kProtection, Asked::kTransfer}) {
    Line line;
    line.Ask(asked);
    line.Says("250-one\r\n250", "[250-one\r\n250]");
    line.Says("250-one\r\n two\r\n250 three\r\n", "final 250 " + std::string(NameOf(asked)));
  }
  for (const Asked asked : {Asked::kAbor, Asked::kStat, Asked::kOther}) {
    Line line;
    line.Ask(asked).Says("250-one\r\n two\r\n", "part, part");
    line.Says("150 three\r\n250 four\r\n", "part, final 250 " + std::string(NameOf(asked)));
  }
  Line().Says("250-one\r\n two\r\n", "[250-one\r\n two\r\n]").Says("250-a\r\n250 b\r\n", "unasked 250");
  Line().Ask(Asked::kOther).Says("hello\r\n", "none");
  for (const char* code : {"227", "228", "229"}) {
    const std::string end = std::string(code) + " x\r\n";
    Line().Ask(Asked::kOther).Says(std::string(code) + "-a\r\n" + end, "final " + std::string(code) + " other");
  }
}

// Two of them may be sent during a transfer, and no more.
TEST(FtpReplyQueue, AborAndStatPassATransfer) {
  for (const Asked first : {Asked::kAbor, Asked::kStat}) {
    for (const Asked second : {Asked::kAbor, Asked::kStat}) {
      Line line;
      line.Ask(Asked::kTransfer).Ask(first).Ask(second);
      line.Waits(Asked::kAbor).Waits(Asked::kStat).Waits(Asked::kOther);
    }
  }
}

TEST(FtpReplyQueue, TransferAndAborHaveAReplyEach) {
  for (const char* of_abor : {"225", "226"}) {
    Line line;
    line.Ask(Asked::kTransfer).Says("150 go\r\n", "preliminary 150 running").Ask(Asked::kAbor).Waits(Asked::kOther);
    line.Says("426 cut\r\n", "final 426 running");
    line.Says(std::string(of_abor) + " aborted\r\n", "final " + std::string(of_abor) + " abor");
    line.Ask(Asked::kOther).Says("200 ok\r\n", "final 200 other");
  }
}

// ABOR is sent before the 150 arrives.
TEST(FtpReplyQueue, AborBeforeTheTransferBegins) {
  Line line;
  line.Ask(Asked::kTransfer).Ask(Asked::kAbor).Says("150 go\r\n", "preliminary 150 running");
  line.Says("426 cut\r\n226 aborted\r\n", "final 426 running, final 226 abor");
  Line refused;
  refused.Ask(Asked::kTransfer).Ask(Asked::kAbor).Says("550 no x\r\n", "final 550 transfer");
  refused.Says("226 nothing to abort\r\n", "final 226 abor");
}

TEST(FtpReplyQueue, TransferAndAborHaveOneReplyBetweenThem) {
  Line line;
  line.Ask(Asked::kTransfer).Says("150 go\r\n", "preliminary 150 running").Ask(Asked::kAbor);
  line.Says("226 all sent\r\n", "final 226 running");
  line.Ask(Asked::kOther).Says("215 UNIX\r\n", "final 215 other");
  // No late reply is expected any more: 226 answers the transfer.
  line.Ask(Asked::kTransfer).Says("226 empty\r\n", "final 226 transfer").Ask(Asked::kOther);
}

TEST(FtpReplyQueue, ALateReplyToAbor) {
  for (const char* code : {"225", "226"}) {
    const std::string late = std::string(code) + " aborted\r\n";
    const std::string is_late = "late " + std::string(code);
    for (const Asked next : {Asked::kOther, Asked::kPort, Asked::kFeat, Asked::kTransfer}) {
      Line line;
      line.Ask(Asked::kTransfer).Says("150 go\r\n", "preliminary 150 running").Ask(Asked::kAbor);
      line.Says("426 cut\r\n", "final 426 running").Ask(next).Says(late, is_late);
      line.Says("500 no\r\n", "final 500 " + std::string(NameOf(next)));
    }
    // After a command that we answered ourselves.
    Line line;
    line.Ask(Asked::kAbor)
        .Own()
        .Says(late, is_late)
        .Ask(Asked::kOther)
        .Says(late, "final " + std::string(code) + " other");
    // A multi-line reply that is passed on line by line.
    Line many;
    many.Ask(Asked::kAbor).Ask(Asked::kOther);
    many.Says(std::string(code) + "-a\r\n" + late, "part, " + is_late).Says("200 ok\r\n", "final 200 other");
  }
}

// Each of them may still be answered.
TEST(FtpReplyQueue, SeveralAborsInARow) {
  Line line;
  line.Ask(Asked::kAbor).Ask(Asked::kAbor).Ask(Asked::kAbor);
  line.Says("225 a\r\n226 b\r\n225 c\r\n", "late 225, late 226, final 225 abor");
  Line over;
  over.Ask(Asked::kAbor).Ask(Asked::kAbor).Ask(Asked::kTransfer).Says("226 a\r\n", "late 226");
  over.Says("226 b\r\n150 go\r\n226 done\r\n", "late 226, preliminary 150 running, final 226 running");
}

// After the 150 of a later transfer, 226 answers that transfer: replies arrive in order.
TEST(FtpReplyQueue, NoLateReplyBehindALaterAnswer) {
  Line line;
  line.Ask(Asked::kAbor).Ask(Asked::kTransfer).Says("150 go\r\n", "preliminary 150 running");
  line.Says("226 done\r\n", "final 226 running").Ask(Asked::kOther).Says("200 ok\r\n", "final 200 other");
}

TEST(FtpReplyQueue, StatWithinATransfer) {
  for (const char* code : {"211", "212", "213"}) {
    Line line;
    line.Ask(Asked::kTransfer).Says("150 go\r\n", "preliminary 150 running").Ask(Asked::kStat);
    line.Says(std::string(code) + "-half\r\n226 not the end\r\n", "part, part");
    line.Says(std::string(code) + " done\r\n", "status " + std::string(code)).Ask(Asked::kStat);
    line.Says(std::string(code) + " more\r\n226-all\r\n226 done\r\n",
              "status " + std::string(code) + ", final 226 running");
    line.Ask(Asked::kOther);
  }
  // Answered before the 150, and after the 226.
  Line line;
  line.Ask(Asked::kTransfer).Ask(Asked::kStat).Says("213 none\r\n150 go\r\n", "status 213, preliminary 150 running");
  line.Ask(Asked::kStat).Says("226 done\r\n213 all\r\n", "final 226 running, final 213 stat").Ask(Asked::kOther);
}

TEST(FtpReplyQueue, StatAndAborWithinATransfer) {
  for (const bool stat_first : {false, true}) {
    const Asked first = stat_first ? Asked::kStat : Asked::kAbor;
    const Asked second = stat_first ? Asked::kAbor : Asked::kStat;
    const auto begin = [&](Line& line) {
      line.Ask(Asked::kTransfer).Says("150 go\r\n", "preliminary 150 running").Ask(first).Ask(second);
    };
    Line during;
    begin(during);
    during.Says("213-a\r\n213 b\r\n", "part, status 213").Says("426 cut\r\n", "final 426 running");
    during.Says("226 aborted\r\n", "final 226 abor").Ask(Asked::kOther);
    Line behind;
    begin(behind);
    behind.Says("426 cut\r\n", "final 426 running");
    if (stat_first) {
      behind.Says("213 all\r\n226 aborted\r\n", "final 213 stat, final 226 abor").Ask(Asked::kOther);
    } else {
      behind.Says("226 aborted\r\n213 all\r\n", "final 226 abor, final 213 stat").Ask(Asked::kOther);
    }
    // One reply answers both the transfer and the ABOR.
    Line one;
    begin(one);
    one.Says("226 all sent\r\n", "final 226 running");
    if (stat_first) {
      one.Says("213 all\r\n", "final 213 stat").Ask(Asked::kOther).Says("200 ok\r\n", "final 200 other");
    } else {
      one.Says("213 all\r\n", "status 213").Ask(Asked::kOther).Says("200 ok\r\n", "final 200 other");
    }
  }
}

TEST(FtpReplyQueue, AVerbThatTurnsOutToBeATransfer) {
  Line line;
  line.Ask(Asked::kOther).Says("150 go\r\n", "preliminary 150 other");
  line.queue().BeginTransfer();
  EXPECT_TRUE(line.InTransfer());
  line.Ask(Asked::kAbor).Says("426 cut\r\n226 aborted\r\n", "final 426 running, final 226 abor");
}

}  // namespace
}  // namespace starlock::test
