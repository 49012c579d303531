// Several files verified together: each by itself, then as chains.
#include <algorithm>
#include <memory>
#include <utility>

#include "backup/backup_source.h"
#include "backup/chain.h"
#include "backup/chain_reader.h"
#include "backup/record_applier.h"
#include "backup/restore.h"
#include "backup/verify.h"

namespace manifolddb::backup {

namespace {

constexpr const char* kOnlyRead = "the files were only read";

// Merges without keeping anything: the digest after each link and the ends of edges. Returns what
// is there at the end.
BackupStatistics check_opened(OpenedChain chain, const VerifyOptions& options) {
  ChainReaderOptions reader_options = restore_reader_options(options, true, kOnlyRead);
  reader_options.scratch_directory = options.scratch_directory;
  ChainReader reader(chain, std::move(reader_options));
  reader.read([](ChangeBatch&&) {});
  BackupStatistics content = reader.header().statistics;
  content.uncompressed_size = reader.uncompressed_size();
  return content;
}

// Of several files.
BackupStatistics check_chain(const Chain& chain, const VerifyOptions& options) {
  OpenedChain opened{std::make_unique<BackupSource>(chain.front().path), {}};
  opened.links.assign(chain.begin() + 1, chain.end());
  return check_opened(std::move(opened), options);
}

void restore_chain(const Chain& chain, const VerifyOptions& options) {
  const ScratchDirectory scratch(options.scratch_directory);
  std::vector<std::filesystem::path> paths;
  for (const ChainFile& file : chain) paths.push_back(file.path);
  ChainOptions restore_options;
  static_cast<Options&>(restore_options) = options;
  restore(paths, scratch.path() / "restored", restore_options);
}

// Of a full backup, which was verified by itself.
BackupStatistics content_of(const ChainFile& full, const std::vector<std::filesystem::path>& files,
                            const ChainReport& report) {
  const auto at = std::find(files.begin(), files.end(), full.path) - files.begin();
  return report.files[static_cast<std::size_t>(at)].summary.statistics;
}

void check_chains(const std::vector<std::filesystem::path>& files, const VerifyOptions& options,
                  ChainReport& report) {
  try {
    const std::vector<Chain> chains = find_chains(read_headers(files), kOnlyRead);
    std::uint64_t end = 0;
    for (const Chain& chain : chains) {
      const bool is_alone = chain.size() == 1;
      const BackupStatistics content =
          is_alone ? content_of(chain.front(), files, report) : check_chain(chain, options);
      const std::uint64_t number = chain.back().header.sequence_number;
      // Of two that end there a restore takes the full backup.
      if (report.content && (number < end || (number == end && !is_alone))) continue;
      report.content = content;
      end = number;
    }
    report.level_reached = VerifyLevel::chain;
    if (options.level < VerifyLevel::restore) return;
    for (const Chain& chain : chains) restore_chain(chain, options);
    report.level_reached = VerifyLevel::restore;
  } catch (const Error& error) {
    switch (error.code()) {
      case ErrorCode::damaged:
      case ErrorCode::not_restorable:
      case ErrorCode::wrong_history:
        report.fault = error;
        return;
      default:
        throw;
    }
  }
}

// What all files reached by themselves.
std::optional<VerifyLevel> lowest_level(const std::vector<VerifyReport>& files) {
  std::optional<VerifyLevel> lowest;
  for (const VerifyReport& file : files) {
    if (!file.any_level_reached) return std::nullopt;
    lowest = std::min(lowest.value_or(file.level_reached), file.level_reached);
  }
  return lowest;
}

}  // namespace

bool ChainReport::ok() const {
  return !fault && std::all_of(files.begin(), files.end(),
                               [](const VerifyReport& file) { return file.ok(); });
}

void prove_chain(const std::vector<std::filesystem::path>& files, const VerifyOptions& options) {
  const Chain chain = find_chain(read_headers(files), std::nullopt, kOnlyRead);
  if (chain.size() > 1) check_chain(chain, options);  // else its file was verified
  if (options.level == VerifyLevel::restore) restore_chain(chain, options);
}

void prove_chain(const BackupChain& chain, const VerifyOptions& options) {
  if (options.level < VerifyLevel::restore) {
    check_opened(open_chain(chain, kOnlyRead), options);
    return;
  }
  const ScratchDirectory scratch(options.scratch_directory);
  restore(chain, scratch.path() / "restored", options);
}

ChainReport verify(const std::vector<std::filesystem::path>& files, const VerifyOptions& options) {
  ChainReport report;
  VerifyOptions by_itself = options;
  by_itself.level = std::min(options.level, VerifyLevel::records);
  for (const std::filesystem::path& file : files) {
    report.files.push_back(verify(file, by_itself));
  }
  report.level_reached = lowest_level(report.files);
  if (report.ok() && options.level >= VerifyLevel::chain) check_chains(files, options, report);
  return report;
}

}  // namespace manifolddb::backup
