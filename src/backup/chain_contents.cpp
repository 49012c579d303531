// The records at the end of a chain.
#include "backup/backup_source.h"
#include "backup/chain.h"
#include "backup/chain_reader.h"
#include "backup/contents.h"
#include "backup/record_applier.h"

namespace manifolddb::backup {

namespace {

constexpr const char* kFilesOnlyRead = "the files were only read";

// Ends the reading when the caller has seen enough.
struct EnoughOfTheChain {};

}  // namespace

void for_each_record(const std::vector<std::filesystem::path>& files, const Options& options,
                     const RecordFunction& on_record) {
  Chain chain = find_chain(read_headers(files), std::nullopt, kFilesOnlyRead);
  const ScratchDirectory scratch({});
  BackupSource base(chain.front().path);
  chain.erase(chain.begin());
  ChainReaderOptions reader_options =
      restore_reader_options(options, !chain.empty(), kFilesOnlyRead);
  reader_options.scratch_directory = scratch.path();
  ChainReader reader(base, std::move(chain), std::move(reader_options));
  try {
    reader.read([&](ChangeBatch&& records) {
      for (std::size_t i = 0; i < records.size(); ++i) {
        const RecordChange record = records.change(i);
        if (!on_record({record.kind, record.key, record.new_body})) throw EnoughOfTheChain{};
      }
    });
  } catch (const EnoughOfTheChain&) {
  }
}

}  // namespace manifolddb::backup
