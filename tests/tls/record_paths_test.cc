// Compares opening and sealing in place with SSL_read and SSL_write: same plaintext, ends, errors and alerts, and
// replies of the same size.

#include "record_paths.h"

#include <openssl/ssl.h>

#include <array>
#include <random>

namespace starlock::tls {
namespace {

constexpr uint8_t kCcs = SSL3_RT_CHANGE_CIPHER_SPEC, kAlert = SSL3_RT_ALERT, kHandshake = SSL3_RT_HANDSHAKE,
                  kData = SSL3_RT_APPLICATION_DATA;
using namespace std::string_literals;

class RecordPaths : public ::testing::TestWithParam<Suite> {
 protected:
  bool is13() const { return GetParam().version == TlsVersion::k13; }
  void Play(const std::function<void(Duel&)>& scene) const { PlayBoth(GetParam(), scene); }
  buffer::Chain Of(Duel& duel, std::initializer_list<size_t> sizes) const {
    buffer::Chain chain;
    for (const size_t size : sizes) {
      const std::string text = Pattern(size);
      for (size_t at = 0; at < size;) {
        buffer::Chunk chunk = duel.pool.Reserve();
        const size_t n = std::min(size - at, chunk.tailroom());
        std::copy_n(text.data() + at, n, chunk.tail().data());
        duel.pool.Commit(chunk, n);
        chain.Append(std::move(chunk));
        at += n;
      }
    }
    return chain;
  }
  /// One chunk with room around it, `odd` bytes off its alignment.
  static buffer::Chunk WithRoom(Duel& duel, size_t size, size_t head, size_t tail) {
    buffer::Chunk chunk = duel.pool.Reserve();
    const std::string text = Pattern(size);
    std::copy_n(text.data(), size, chunk.tail().data() + head);
    duel.pool.Commit(chunk, head + size + tail);
    chunk.TrimFront(head);
    chunk.TrimBack(chunk.size() - size);
    return chunk;
  }
};

std::string NameOf(const ::testing::TestParamInfo<Suite>& suite) { return suite.param.name; }

INSTANTIATE_TEST_SUITE_P(All, RecordPaths, ::testing::ValuesIn(Suites()), NameOf);

/// TLS 1.3 only.
class RecordPathsOfTls13 : public RecordPaths {
 public:
  static std::vector<Suite> Suites13() {
    std::vector<Suite> suites = Suites();
    std::erase_if(suites, [](const Suite& suite) { return suite.version != TlsVersion::k13; });
    return suites;
  }
};

INSTANTIATE_TEST_SUITE_P(All, RecordPathsOfTls13, ::testing::ValuesIn(RecordPathsOfTls13::Suites13()), NameOf);

TEST_P(RecordPaths, DataOfAllSizes) {
  Play([](Duel& duel) {
    for (const size_t size : std::initializer_list<size_t>{1, 2, 1400, 2047, 2048, 16383, 16384, 16385, 40000, 100000})
      duel.Say(Pattern(size));
    duel.DeliverWhole();
  });
}

TEST_P(RecordPaths, RecordsCutAtEveryByte) {
  Play([](Duel& duel) {
    duel.Say("first");
    duel.DeliverWhole();
    duel.Say(Pattern(300));
    duel.Say("x");
    const std::string wire = duel.wire();
    for (size_t at = 1; at < wire.size(); ++at) {
      duel.Say(Pattern(300));
      duel.Say("x");
      bool first = true;
      duel.Deliver([&] { return std::exchange(first, false) ? at : SIZE_MAX; });
    }
  });
  Play([](Duel& duel) {
    for (const size_t size : std::initializer_list<size_t>{1, 20, 600}) duel.Say(Pattern(size));
    duel.Deliver([] { return 1; });
  });
}

TEST_P(RecordPaths, LargeRecordsInPiecesOfAllSizes) {
  for (const size_t piece :
       std::initializer_list<size_t>{1000, 1448, 4096, 16384, 16406, 16411, 65536, 65537, 200000}) {
    Play([&](Duel& duel) {
      for (int i = 0; i < 20; ++i) duel.Say(Pattern(16384));
      duel.Say(Pattern(5000));
      duel.Deliver([&] { return piece; });
    });
  }
}

TEST_P(RecordPaths, CorruptedBytes) {
  for (const size_t place : std::initializer_list<size_t>{0, 1, 2, 3, 4, 5, 6, 12, 13, 14, 40, 110}) {
    for (const int flipped : {1, 0x80}) {
      Play([&](Duel& duel) {
        duel.Say("all well");
        duel.DeliverWhole();
        duel.Say("still well");
        const size_t start = duel.wire().size();
        duel.Say(Pattern(100));
        duel.Say("never seen");
        char& byte = duel.wire()[start + place];
        byte = static_cast<char>(byte ^ flipped);
        duel.DeliverWhole();
        duel.DeliverWhole();
        buffer::Chain more;
        more.Copy(duel.pool, "an answer");
        duel.Answer(std::move(more));
      });
    }
  }
}

TEST_P(RecordPaths, CorruptedTags) {
  for (const size_t size : std::initializer_list<size_t>{1, 100, 16384}) {
    Play([&](Duel& duel) {
      duel.Say(Pattern(3000));
      duel.Say(Pattern(size));
      duel.wire().back() ^= 1;
      duel.Deliver([] { return 5000; });
    });
  }
}

TEST_P(RecordPaths, WrongLengths) {
  for (const int length : {0, 1, 7, 8, 15, 16, 17, 24, 16640, 16641, 16704, 16705, 18432, 18433, 0xffff}) {
    Play([&](Duel& duel) {
      duel.Say("well");
      const size_t start = duel.wire().size();
      duel.Say(Pattern(100));
      duel.wire()[start + 3] = static_cast<char>(length >> 8);
      duel.wire()[start + 4] = static_cast<char>(length & 0xff);
      duel.wire() += std::string(20000, 'z');
      duel.Deliver([] { return 3000; });
    });
  }
}

TEST_P(RecordPaths, OversizeRecords) {
  for (const size_t size : std::initializer_list<size_t>{16384, 16385, 16500, 16650}) {
    Play([&](Duel& duel) {
      duel.Inject(kData, Pattern(size));
      duel.Say("behind it");
      duel.DeliverWhole();
    });
  }
}

TEST_P(RecordPaths, EmptyRecords) {
  for (const int count : {1, 31, 32, 33, 40}) {
    Play([&](Duel& duel) {
      duel.Say("before");
      for (int i = 0; i < count; ++i) duel.Inject(kData, "");
      duel.Say("behind");
      for (int i = 0; i < count / 2; ++i) duel.Inject(kData, "");
      duel.Say("at last");
      duel.DeliverWhole();
    });
  }
}

TEST_P(RecordPaths, Alerts) {
  const std::array<std::string, 10> bodies = {"\1\x5a"s, "\1\0"s, "\2\x28"s,   "\2\0"s,       "\1\x14"s,
                                              "\3\x5a"s, "\1"s,   "\1\x5a\1"s, "\1\x5a\1\0"s, "\2\x50"s};
  for (const std::string& body : bodies) {
    for (const int count : {1, 4, 5}) {
      Play([&](Duel& duel) {
        duel.Say("before");
        for (int i = 0; i < count; ++i) duel.Inject(kAlert, body);
        duel.Say("behind");
        duel.Deliver([] { return 40; });
      });
    }
  }
}

TEST_P(RecordPaths, OtherTypes) {
  for (const uint8_t type : {kCcs, uint8_t{24}, uint8_t{0}, uint8_t{255}}) {
    for (const std::string& body : {"\1"s, ""s, "\1\0\0"s}) {
      Play([&](Duel& duel) {
        duel.Say("before");
        duel.Inject(type, body);
        duel.Say("behind");
        duel.DeliverWhole();
      });
    }
  }
}

TEST_P(RecordPaths, HandshakeMessages) {
  const std::array<std::string, 12> bodies = {"\0\0\0\0"s,            // HelloRequest
                                              "\1\0\0\4\3\3\0\0"s,    // ClientHello
                                              "\x18\0\0\1\0"s,        // KeyUpdate
                                              "\x18\0\0\1\1"s,        // KeyUpdate, requested
                                              "\x18\0\0\1\2"s,        // KeyUpdate, malformed
                                              "\x18\0\0\2\0\0"s,      // KeyUpdate, malformed
                                              "\x18\0\0\1\0\0\0\0"s,  // KeyUpdate, followed by more
                                              "\4\0\0\1\0"s,          // NewSessionTicket, malformed
                                              "\x0d\0\0\1\0"s,        // CertificateRequest
                                              "\xff\0\0\0"s,          // unknown
                                              "\x18\0\xff\xff"s,      // the beginning of a long one
                                              "\x18\xff\xff\xff"s};   // of one too long
  for (const std::string& body : bodies) {
    for (size_t cut = 0; cut <= body.size(); cut += 3) {
      Play([&](Duel& duel) {
        duel.Say("before");
        duel.DeliverWhole();
        if (cut > 0) duel.Inject(kHandshake, body.substr(0, cut));
        duel.Inject(kHandshake, body.substr(cut));
        duel.Say("behind");
        duel.DeliverWhole();
        buffer::Chain answer;
        answer.Copy(duel.pool, "answer");
        duel.Answer(std::move(answer));
      });
    }
  }
}

TEST_P(RecordPaths, DataBetweenTheHalvesOfAMessage) {
  Play([](Duel& duel) {
    duel.Inject(kHandshake, "\x18\0"s);
    duel.Say("between");
    duel.Inject(kHandshake, "\0\1\0"s);
    duel.DeliverWhole();
  });
}

TEST_P(RecordPathsOfTls13, KeyUpdates) {
  for (const int request : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
    for (const int count : {1, 2, 32, 33, 40}) {
      Play([&](Duel& duel) {
        duel.Say("before");
        for (int i = 0; i < count; ++i) duel.UpdateKey(request);
        duel.Say("behind");
        duel.UpdateKey(request);
        duel.Say(Pattern(40000));
        duel.Deliver([] { return 7000; });
        duel.Answer(Of(duel, {10, 20000}));
        duel.Say("under new keys");
        duel.DeliverWhole();
      });
    }
  }
}

TEST_P(RecordPaths, OurOwnKeyUpdates) {
  Play([&](Duel& duel) {
    duel.tested().set_rekey_after(50000);
    for (int i = 0; i < 10; ++i) {
      duel.Answer(Of(duel, {30000}));
      duel.Say("and back");
      duel.DeliverWhole();
    }
  });
}

TEST_P(RecordPaths, CloseNotifyAndBehind) {
  Play([](Duel& duel) {
    duel.Say("before");
    duel.EndPeer();
    duel.Inject(kData, "behind the end");
    duel.DeliverWhole();
    duel.Inject(kData, "more");
    duel.DeliverWhole();
    buffer::Chain answer;
    answer.Copy(duel.pool, "still an answer");
    duel.Answer(std::move(answer));
    duel.EndTested();
    buffer::Chain late;
    late.Copy(duel.pool, "too late");
    duel.Answer(std::move(late));
  });
}

TEST_P(RecordPaths, ReadingGoesOnBehindOurEnd) {
  Play([this](Duel& duel) {
    duel.EndTested();
    duel.Say(Pattern(30000));
    if (is13()) duel.UpdateKey(SSL_KEY_UPDATE_REQUESTED);
    duel.Say("on");
    duel.Inject(kAlert, "\1\x5a"s);
    duel.Say("and on");
    duel.DeliverWhole();
    duel.wire() = std::string(100, '\x17');
    duel.DeliverWhole();
  });
}

TEST_P(RecordPaths, AnswersOfAllShapes) {
  Play([&](Duel& duel) {
    duel.Answer(Of(duel, {1}));
    duel.Answer(Of(duel, {1, 2, 3, 4000, 5000, 1, 1, 70000, 3, 16384, 16385, 1}));
    duel.Answer(Of(duel, {4095, 4096, 4097, 8192, 16383, 16384, 300000}));
    duel.Answer({});
    for (const size_t head : std::initializer_list<size_t>{0, 4, 5, 12, 13, 20, 21, 64}) {
      for (const size_t tail : std::initializer_list<size_t>{0, 15, 16, 17, 35, 36, 64}) {
        buffer::Chain chain;
        for (const size_t size : std::initializer_list<size_t>{5000, 16384, 16384, 100})
          chain.Append(WithRoom(duel, size, head, tail));
        duel.Answer(std::move(chain));
      }
    }
  });
}

TEST_P(RecordPaths, WhatFillsItsRoomIsSealedWhereItLies) {
  Duel duel(GetParam(), RecordLayer::Path::kInPlace);
  if (!duel.tested().in_place()) GTEST_SKIP() << "built without BoringSSL's internals";
  duel.Answer(Of(duel, {1}));  // tickets go first
  const buffer::Room room = duel.tested().room();
  buffer::Chain chain;
  chain.Append(WithRoom(duel, room.body, room.head, room.tail));
  const uint8_t* const place = chain.begin()->data();
  ASSERT_TRUE(duel.tested().Seal(std::move(chain)));
  const buffer::Chain out = duel.tested().TakeOutput();
  ASSERT_EQ(out.chunks(), 1U);
  EXPECT_EQ(out.begin()->data() + room.head, place);
  EXPECT_EQ(out.size(), room.head + room.body + room.tail);
}

TEST_P(RecordPaths, SequenceNumbersEnd) {
  Play([](Duel& duel) {
    duel.Say("before");
    duel.DeliverWhole();
    duel.SetSequence(UINT64_MAX - 2);
    for (int i = 0; i < 4; ++i) duel.Say("near the end");
    duel.DeliverWhole();
  });
  Play([&](Duel& duel) {
    duel.Answer(Of(duel, {1}));
    duel.SetAnswerSequence(UINT64_MAX - 2);
    for (int i = 0; i < 4; ++i) duel.Answer(Of(duel, {5000}));
  });
}

TEST_P(RecordPaths, RandomTraffic) {
  for (unsigned seed = 0; seed < 25; ++seed) {
    SCOPED_TRACE(seed);
    Play([&](Duel& duel) {
      std::mt19937 random(seed);
      const auto below = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random); };
      const auto size = [&] { return 1 + (below(3) == 0 ? below(60000) : below(3) == 0 ? below(17000) : below(200)); };
      const size_t largest = std::array<size_t, 4>{50, 3000, 20000, 300000}[below(4)];
      for (int step = 0; step < 30 && !duel.failed(); ++step) {
        for (size_t i = below(6); i > 0; --i) duel.Say(Pattern(size()));
        switch (below(12)) {
          case 0:
            if (is13()) duel.UpdateKey(below(2) == 0 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
            break;
          case 1:
            duel.Inject(kData, "");
            break;
          case 2:
            duel.Inject(kAlert, "\1\x5a"s);
            break;
          case 3:
            if (below(20) == 0 && !duel.wire().empty()) duel.wire()[below(duel.wire().size())] ^= 4;
            break;
          case 4:
            if (below(10) == 0) duel.EndTested();
            break;
          default:
            break;
        }
        duel.Deliver([&] { return 1 + below(largest); });
        if (below(2) == 0) duel.Answer(Of(duel, {size(), size(), size()}));
      }
    });
  }
}

}  // namespace
}  // namespace starlock::tls
