#include "protocol/mysql/mysql.h"

#include <memory>
#include <utility>

#include "protocol/mysql/dialogue.h"
#include "protocol/mysql/probe.h"

namespace starlock::protocol::mysql {

static std::unique_ptr<Dialogue> MakeMysql(Env env) { return std::make_unique<MysqlDialogue>(std::move(env)); }

const Dialect kMysql = {
    .name = "mysql",
    .default_port = 3306,
    .make_dialogue = MakeMysql,
    .make_prober = ProbeMysql,
};

}  // namespace starlock::protocol::mysql
