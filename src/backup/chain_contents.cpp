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

void read_records(OpenedChain chain, const Options& options, const RecordFunction& on_record) {
  const ScratchDirectory scratch({});
  ChainReaderOptions reader_options =
      restore_reader_options(options, chain.is_merged(), kFilesOnlyRead);
  reader_options.scratch_directory = scratch.path();
  ChainReader reader(chain, std::move(reader_options));
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

}  // namespace

void for_each_record(const std::vector<std::filesystem::path>& files, const Options& options,
                     const RecordFunction& on_record) {
  read_records(open_chain(files, std::nullopt, kFilesOnlyRead), options, on_record);
}

void for_each_record(const BackupChain& chain, const Options& options,
                     const RecordFunction& on_record) {
  read_records(open_chain(chain, kFilesOnlyRead), options, on_record);
}

}  // namespace manifolddb::backup
