#include "backup/record_applier.h"

#include <algorithm>
#include <utility>

#include "backup/damage.h"
#include "backup/ordered_pipeline.h"
#include "common/text.h"
#include "database/integrity_check.h"

namespace manifolddb::backup {

namespace {

StateRecord restored_state(const Header& header) {
  StateRecord state;
  state.database_id = header.database_id;
  state.history_id = make_uuid();
  state.parent_history_id = header.history_id;
  state.parent_sequence = header.sequence_number;
  state.horizon = header.sequence_number;
  state.horizon_digest = header.content_digest;
  state.sequence = header.sequence_number;
  state.committed_at_us = header.committed_at_us.value_or(0);
  state.digest = header.content_digest;
  state.counts.entity_count = header.statistics.entity_count;
  state.counts.edge_count = header.statistics.edge_count;
  state.counts.metadata_count = header.statistics.metadata_count;
  state.next_entity_id = header.next_entity_id;
  state.next_edge_id = header.next_edge_id;
  return state;
}

std::uint64_t as_count(std::int64_t delta) {
  return static_cast<std::uint64_t>(delta);
}

}  // namespace

RestoreMemory::RestoreMemory(std::size_t limit_bytes, bool has_links) {
  const std::size_t limit = std::max(limit_bytes, kLimitMin);
  reader_bytes = limit / 4;
  merge_bytes = has_links ? limit / 4 : 0;
  loader_bytes = limit - reader_bytes - merge_bytes;
}

ChainReaderOptions restore_reader_options(const Options& options, bool has_links,
                                          const std::string& safe) {
  const RestoreMemory memory(options.memory_limit_bytes, has_links);
  ChainReaderOptions reader;
  reader.threads = options.threads;
  reader.memory_limit_bytes = memory.reader_bytes;
  reader.merge_memory_bytes = memory.merge_bytes;
  reader.keep_records = true;
  reader.progress = options.progress;
  reader.safe = safe;
  return reader;
}

const Header& require_full(const FileReader& reader, const std::string& safe) {
  const Header* const header = reader.header();
  if (header == nullptr || reader.header_damage()) {
    throw damage_error(*reader.header_damage(), safe);
  }
  if (header->kind == "log") {
    throw Error(ErrorCode::not_restorable,
                reader.source_name() +
                    " is a log segment: it changes the state at sequence number " +
                    std::to_string(header->previous_sequence.value_or(0)) + " of history " +
                    header->history_id.to_string() + ", and does not hold it",
                safe, "restore from the repository that it is in");
  }
  if (header->kind != "full") {
    throw Error(ErrorCode::not_restorable,
                reader.source_name() + " is an incremental backup: it continues sequence number " +
                    std::to_string(header->previous_sequence.value_or(0)) + " of history " +
                    header->history_id.to_string() + ", and that backup is not given",
                safe, "restore the full backup that it continues");
  }
  return *header;
}

StateRecord load_into_fresh(DatabaseCore& core, ChainReader& reader, const Options& options,
                            const std::string& safe, IdCounters counters) {
  BulkOptions bulk;
  bulk.threads = worker_count(options.threads);
  bulk.memory_limit_bytes =
      RestoreMemory(options.memory_limit_bytes, reader.is_merged()).loader_bytes;
  bulk.indexing = ChangeIndexing::off;
  BulkLoader loader(core.engine(), reader.header().sequence_number, bulk);
  reader.read([&loader](ChangeBatch&& records) { loader.add(std::move(records)); });

  StateRecord state = restored_state(reader.header());
  state.next_entity_id = std::max(state.next_entity_id, counters.next_entity_id);
  state.next_edge_id = std::max(state.next_edge_id, counters.next_edge_id);
  const ChangeTotals totals = loader.finish();
  if (totals.digest_delta != state.digest ||
      as_count(totals.entity_delta) != state.counts.entity_count ||
      as_count(totals.edge_delta) != state.counts.edge_count ||
      as_count(totals.metadata_delta) != state.counts.metadata_count) {
    throw Error(ErrorCode::invariant,
                "what was loaded has digest " + totals.digest_delta.to_hex() +
                    ", though the lines of " + reader.base_name() + " had " + state.digest.to_hex(),
                safe, "please report this");
  }
  core.ingest_transaction(loader, state, nullptr);
  return state;
}

void prove(const DatabaseCore& core, const StateRecord& expected, const Options& options,
           const std::string& safe) {
  const std::shared_ptr<const Snapshot> snapshot = core.durable_snapshot();
  const StateRecord& found = snapshot->state();
  const ContentTotals content =
      scan_content(*snapshot, worker_count(options.threads), options.progress);
  std::string faults;
  append_mismatch(faults, "content_digest", expected.digest.to_hex(), content.digest.to_hex());
  append_mismatch(faults, "entity_count", expected.counts.entity_count,
                  content.counts.entity_count);
  append_mismatch(faults, "edge_count", expected.counts.edge_count, content.counts.edge_count);
  append_mismatch(faults, "metadata_count", expected.counts.metadata_count,
                  content.counts.metadata_count);
  append_mismatch(faults, "records that differ from their checksum", 0,
                  content.checksum_mismatches);
  if (encode_state(expected) != encode_state(found)) {
    faults += faults.empty() ? "" : "; ";
    faults += "the row of sequence number, history and counters differs";
  }
  if (faults.empty()) return;
  throw Error(ErrorCode::damaged,
              "the restored database was read back and is not what was backed up: " + faults, safe,
              "check the disk, then restore again");
}

RestoreSummary summarize(const Header& header, const StateRecord& state, std::uint64_t bytes) {
  RestoreSummary summary;
  summary.statistics = header.statistics;
  summary.statistics.uncompressed_size = bytes;
  summary.sequence_number = {state.sequence};
  summary.committed_at_us = state.committed_at_us;
  summary.content_digest = state.digest;
  summary.database_id = state.database_id;
  summary.history_id = state.history_id;
  return summary;
}

}  // namespace manifolddb::backup
