// A chain written as one full backup at its end, without a database.
#include <algorithm>
#include <utility>

#include "backup/backup_source.h"
#include "backup/chain.h"
#include "backup/chain_reader.h"
#include "backup/export_header.h"
#include "backup/file_writer.h"
#include "backup/ordered_pipeline.h"
#include "backup/piece_jobs.h"
#include "backup/record_applier.h"
#include "common/json_writer.h"
#include "common/text.h"
#include "io/durable_file.h"
#include "io/file_stream.h"

namespace manifolddb::backup {

namespace {

constexpr const char* kNotMerged = "no backup was written";

ChainReader open_chain(BackupSource& base, const Chain& chain, const MergeOptions& options) {
  ChainReaderOptions reader_options = restore_reader_options(options, true, kNotMerged);
  reader_options.scratch_directory = options.scratch_directory;
  return ChainReader(base, Chain(chain.begin() + 1, chain.end()), std::move(reader_options));
}

// Its first pass proves the chain and counts, since the header, the first line, has the counts.
Header merged_header(const Chain& chain, const MergeOptions& options) {
  BackupSource base(chain.front().path);
  ChainReader reader = open_chain(base, chain, options);
  reader.read([](ChangeBatch&&) {});
  const Header& end = reader.header();
  Header header = end;
  header.kind = "full";
  header.is_incremental = false;
  header.parent_backup_id.reset();
  header.previous_sequence.reset();
  header.previous_content_digest.reset();
  header.generator = kGenerator;
  if (options.description) header.description = options.description;
  return header;
}

struct LineJob {
  ChangeBatch records;
  WrittenLines lines;
};

void write_lines(LineJob& job) {
  for (std::size_t i = 0; i < job.records.size(); ++i) {
    const RecordChange record = job.records.change(i);
    append_record_line({record.kind, record.key, record.new_body}, job.lines.lines);
    job.lines.line_ends.push_back(static_cast<std::uint32_t>(job.lines.lines.size()));
  }
}

BackupSummary write_merged(const Chain& chain, const Header& header, ByteSink& sink,
                           const MergeOptions& options) {
  BackupSource base(chain.front().path);
  ChainReader reader = open_chain(base, chain, options);
  WorkerPool pool(worker_count(options.threads));
  FileWriter writer(sink, pool, compression_level(options));
  OrderedPipeline<LineJob> jobs(pool, kPiecesInFlight * pool.size(),
                                [](LineJob& job, unsigned) { write_lines(job); });
  writer.begin(header);
  const auto take = [&] { writer.append(jobs.take().lines); };
  reader.read([&](ChangeBatch&& records) {
    while (!jobs.accepts()) take();
    jobs.give({std::move(records), {}}, 1);
  });
  while (!jobs.empty()) take();
  writer.finish();
  if (reader.header().statistics != header.statistics) {
    throw Error(ErrorCode::failed, "the files changed while they were read", kNotMerged,
                "try again");
  }
  return summarize_export(header, writer);
}

BackupSummary merge_to(ByteSink& sink, const std::vector<std::filesystem::path>& files,
                       const MergeOptions& options) {
  const std::optional<std::uint64_t> to =
      options.to ? std::optional(options.to->value) : std::nullopt;
  const Chain chain = find_chain(read_headers(files), to, kNotMerged);
  const Header header = merged_header(chain, options);
  return write_merged(chain, header, sink, options);
}

}  // namespace

BackupSummary merge(const std::vector<std::filesystem::path>& files,
                    const std::filesystem::path& out, const MergeOptions& options) {
  DurableFile durable(out);
  const BackupSummary summary = merge_to(durable.sink(), files, options);
  durable.commit();
  return summary;
}

BackupSummary merge(const std::vector<std::filesystem::path>& files, std::ostream& out,
                    const MergeOptions& options) {
  StreamSink sink(out);
  return merge_to(sink, files, options);
}

}  // namespace manifolddb::backup
