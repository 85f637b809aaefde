#include "harness.h"

namespace starlock::tls {
namespace {

TEST(Exchange, Hello) {
  auto server_context = MakeServer(World::Get().Server());
  auto client_context = MakeClient(World::Get().Client());
  Link link(*server_context, *client_context);
  link.Run();
  ASSERT_TRUE(link.established()) << (link.client.closed ? link.client.closed->detail : "open");
  EXPECT_EQ(link.client.info->version, "TLSv1.3");
  EXPECT_EQ(link.client.info->group, "X25519MLKEM768");
  EXPECT_EQ(link.server.info->sni, "mail.example.org");
  link.client.Send("hello");
  link.server.Send(Pattern(300000));
  link.Run();
  EXPECT_EQ(link.server.received, "hello");
  EXPECT_EQ(link.client.received, Pattern(300000));
  EXPECT_EQ(link.loop.pool().in_use(), 0u);
  link.client.stream->End(buffer::StreamEnd::kClean);
  link.Run();
  EXPECT_EQ(link.server.end, buffer::StreamEnd::kClean);
  link.server.stream->End(buffer::StreamEnd::kClean);
  link.Run();
  EXPECT_EQ(link.client.end, buffer::StreamEnd::kClean);
  ASSERT_TRUE(link.client.closed && link.server.closed);
  EXPECT_EQ(link.client.closed->code, ErrorCode::kNone) << link.client.closed->detail;
  EXPECT_EQ(link.server.closed->code, ErrorCode::kNone) << link.server.closed->detail;
}

}  // namespace
}  // namespace starlock::tls
