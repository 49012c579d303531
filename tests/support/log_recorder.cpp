#include "support/log_recorder.h"

#include "backup/archive_note.h"
#include "database/database_core.h"
#include "database/snapshot.h"
#include "io/byte_stream.h"
#include "repository/object_names.h"
#include "repository/object_store.h"
#include "support/memory_streams.h"

namespace manifolddb::test_support {

LogRecorder::LogRecorder(const Database& database) : database_(database) {
  const StateRecord state = database.core().snapshot()->state();
  begin_ = {state.database_id, state.history_id, state.sequence, state.digest};
  content_ = read();
}

LogRecorder::Content LogRecorder::read() const {
  Content content;
  const auto snapshot = database_.core().snapshot();
  for (const RecordKind kind : {RecordKind::key_value, RecordKind::entity, RecordKind::edge}) {
    RecordScan scan = snapshot->scan(kind);
    for (RecordView record; scan.next(record);) {
      content[{kind, std::string(record.key)}] = record.body;
    }
  }
  return content;
}

bool LogRecorder::record() {
  const StateRecord state = database_.core().snapshot()->state();
  if (state.sequence == last()) return false;
  LoggedTransaction transaction;
  transaction.state = state;
  database_.for_each_commit({state.sequence}, {state.sequence}, [&](const CommitRecord& commit) {
    transaction.commit = commit;
    return true;
  });
  Content now = read();
  if (!transaction.commit.bulk) {
    Content all = now;
    all.insert(content_.begin(), content_.end());
    for (const auto& [place, ignored] : all) {
      const auto before = content_.find(place);
      const auto after = now.find(place);
      LoggedRecordChange change;
      change.kind = place.first;
      change.key = keep(place.second);
      change.has_before = before != content_.end();
      change.has_after = after != now.end();
      if (change.has_before) change.before = keep(before->second);
      if (change.has_after) change.after = keep(after->second);
      if (change.has_before && change.has_after && change.before == change.after) continue;
      transaction.changes.push_back(change);
    }
  }
  content_ = std::move(now);
  transactions_.push_back(std::move(transaction));
  return true;
}

std::string LogRecorder::segment(std::uint64_t first, std::uint64_t last) const {
  backup::LogPosition begin = begin_;
  if (first != this->first()) {
    begin.sequence = first - 1;
    begin.digest = commit(first - 1).content_digest;
  }
  std::vector<const LoggedTransaction*> transactions;
  for (std::uint64_t i = first; i <= last; ++i) transactions.push_back(&at(i));
  test::StringSink sink;
  backup::write_log_segment(begin, transactions, 1, sink);
  return sink.text;
}

std::filesystem::path LogRecorder::store(const backup::Repository& repository, std::uint64_t first,
                                         std::uint64_t last) const {
  const std::string name =
      repository::segment_object(begin_.history_id.to_string(), first, last, is_bulk(first));
  const repository::ObjectStore store(repository.path());
  store.put(name, segment(first, last));
  return store.path_of(name);
}

void LogRecorder::store_all(const backup::Repository& repository,
                            std::size_t transactions_max) const {
  for (std::uint64_t first = this->first(); first <= this->last();) {
    std::uint64_t last = first;
    while (last < this->last() && last - first + 1 < transactions_max &&
           is_bulk(last + 1) == is_bulk(first)) {
      ++last;
    }
    store(repository, first, last);
    first = last + 1;
  }
}

backup::ArchiveNote LogRecorder::note(std::uint64_t last) const {
  backup::ArchiveNote note;
  note.database_id = begin_.database_id;
  note.history_id = begin_.history_id;
  note.sequence_number = {last};
  note.committed_at_us = commit(last).committed_at_us;
  note.content_digest = commit(last).content_digest;
  note.complete_until_us = commit(last).committed_at_us;
  return note;
}

void LogRecorder::store_note(const backup::Repository& repository,
                             const backup::ArchiveNote& note) const {
  repository::ObjectStore(repository.path())
      .replace(repository::log_object(note.history_id.to_string(), repository::kLogNote),
               backup::archive_note_text(note));
}

}  // namespace manifolddb::test_support
