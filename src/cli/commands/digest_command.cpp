#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/session.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace digest_command {

namespace {

Outcome run(Session& session, const std::string& path) {
  const Database database = open_to_read(path);
  const DatabaseStatistics now = database.statistics();
  ContentDigest computed;
  {
    Progress progress(session.progress_mode(), "hashing", "records");
    computed = database.digest(progress.callback());
  }
  const bool equal = computed == now.content_digest;
  Output& out = session.output();
  if (out.json()) {
    out.line(JsonObject::line()
                 .text("content_digest", computed.to_hex())
                 .text("recorded_content_digest", now.content_digest.to_hex())
                 .boolean("equal", equal)
                 .number("sequence_number", now.sequence_number.value)
                 .time("committed_at", now.committed_at_us)
                 .text("history_id", now.history_id.to_string()));
  } else {
    out.line(format("{}  computed from the records; {} what {} recorded", computed.to_hex(),
                    equal ? "equals" : "differs from",
                    describe_point(now.sequence_number, now.committed_at_us.value_or(0))));
  }
  if (equal) return Outcome::done;
  session.explain(Error(ErrorCode::damaged,
                        format("{}: the records have the content digest {}, recorded is {}", path,
                               computed.to_hex(), now.content_digest.to_hex()),
                        "the database was only read",
                        "manifold check " + path + "    names the records at fault"));
  return Outcome::damage_found;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto path = std::make_shared<std::string>();
  parser.positional("DB", *path, "The database's folder");
  return [path](Session& session) { return run(session, *path); };
}

}  // namespace

}  // namespace digest_command

const Command kDigestCommand{"digest",
                             "Recompute the content digest from all records and compare it",
                             "  manifold digest graph.manifold\n"
                             "  manifold digest graph.manifold --json | jq -r .content_digest",
                             digest_command::configure};

}  // namespace manifolddb::cli
