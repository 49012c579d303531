// How transactions N to M are undone.
//
// All changes of the range go through an external sort, and come out record by record: the state
// before N, and the state behind M. A record whose two states differ is put back: to the first
// state, by a put or a deletion. Whatever such a record became behind M is a conflict.
//
// Two more things can go wrong, since a graph must hang together: an entity that is deleted takes
// edges along that came later, and an edge cannot come back when an entity at its end is gone. Both
// ends of an edge that is put back existed before N. So an end that is missing now was deleted in
// the range (then it is put back, too) or behind it. And an entity that is deleted did not exist
// before N, so no edge that is put back hangs on it.
#include "backup/undo.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <string>

#include "backup/backup_source.h"
#include "backup/catalogue.h"
#include "backup/export_header.h"
#include "backup/progress.h"
#include "backup/touched_records.h"
#include "backup/undo_lines.h"
#include "backup/undo_present.h"
#include "common/format.h"
#include "common/id_set.h"
#include "common/value_codec.h"
#include "common/varint.h"
#include "database/key_codec.h"
#include "io/durable_file.h"
#include "io/file_stream.h"

namespace manifolddb::backup {

namespace {

constexpr const char* kNoUndoWritten = "nothing was written";
constexpr std::size_t kConflictsInMessageMax = 3;

// What the present is known from.
enum class Later {
  records,  // of the database: the log behind the range is not looked at
  log,      // up to its end
};

class Undo {
 public:
  Undo(TransactionSource& source, UndoPresent& present, Later later, SequenceNumber first,
       SequenceNumber last, const UndoOptions& options)
      : source_(source),
        present_(present),
        later_(later),
        first_(first.value),
        last_(last.value),
        options_(options),
        scratch_(options.scratch_directory),
        touched_(scratch_.path(), options.memory_limit_bytes / 2),
        lines_(scratch_.path()),
        progress_(options.progress, 0) {
    summary_.first = first;
    summary_.last = last;
    summary_.history_id = source.extent().history_id;
    summary_.as_of = source.extent().last;
  }

  UndoSummary run(ByteSink& sink) {
    check_range();
    collect();
    decide();
    if (summary_.conflict_count != 0 && !options_.force) refuse_conflicts();
    const bool compressed = options_.compression == Compression::zstd;
    lines_.write_to(sink, compressed ? std::optional(options_.compression_level) : std::nullopt);
    return summary_;
  }

 private:
  // --- which transactions ------------------------------------------------------------------------

  void check_range() const {
    if (first_ == 0 || first_ > last_) {
      throw Error(
          ErrorCode::usage,
          format("{} to {} are no transactions: numbers begin at 1 and ascend", first_, last_),
          kNoUndoWritten, "give the first and the last one to be undone");
    }
    const TransactionSource::Extent& extent = source_.extent();
    if (last_ > extent.last.value) {
      throw Error(ErrorCode::not_restorable,
                  format("{} cannot be undone: the last one that is known is {}", which(),
                         extent.last.value),
                  kNoUndoWritten, format("see which there are: manifold log {}", where()));
    }
    if (first_ >= extent.first.value) return;
    throw Error(
        ErrorCode::not_restorable,
        format("{} cannot be undone: this is history {}, which begins with transaction {}{}",
               which(), extent.history_id.to_string(), extent.first.value,
               extent.parent_history_id
                   ? "; earlier ones are of history " + extent.parent_history_id->to_string()
                   : ""),
        kNoUndoWritten, next_instead());
  }

  std::string which() const { return describe_transactions({first_}, {last_}); }
  // As messages call what is undone from.
  const char* where() const { return later_ == Later::records ? "DB" : "REPO"; }

  // Without the log there is still the state of then.
  std::string next_instead() const {
    if (first_ == 1) return "the state before transaction 1 is the empty database";
    return format(
        "restore the state before it beside: manifold restore REPO COPY --to seq:{}, then see what "
        "it would take: manifold diff DB COPY --apply-form",
        first_ - 1);
  }

  [[noreturn]] void refuse(const SourceTransaction& unknown) const {
    const std::string lacking = describe_transactions(unknown.first, unknown.last);
    const std::string why = unknown.known == Known::bulk
                                ? lacking +
                                      " is a bulk transaction, and the log does not hold what "
                                      "such a one did"
                                : "what " + lacking + " did is not in the log" +
                                      (later_ == Later::records ? " any more" : "");
    if (unknown.first.value > last_) {
      throw Error(
          ErrorCode::not_restorable,
          format("whether later transactions are in the way of undoing {} is not known: {}",
                 which(), why),
          kNoUndoWritten,
          format("undo from the database itself: manifold undo DB --seq {}..{}", first_, last_));
    }
    throw Error(ErrorCode::not_restorable, format("{} cannot be undone: {}", which(), why),
                kNoUndoWritten, next_instead());
  }

  void collect() {
    HistoryRange range{{first_}, {last_}, {}, {}};
    if (later_ == Later::log) range.last = source_.extent().last;
    source_.for_each(range, [this](const SourceTransaction& transaction) {
      if (transaction.known != Known::changes) refuse(transaction);
      const std::uint64_t sequence = transaction.first.value;
      for (std::size_t i = 0; i < transaction.change_count; ++i) {
        const LoggedRecordChange change = transaction.change(i);
        if (sequence <= last_) {
          touched_.add_in_range(sequence, change);
        } else {
          touched_.add_later(sequence, change);
        }
        progress_.add(1);
      }
      return true;
    });
    touched_.finish();
  }

  // --- what becomes of each record ---------------------------------------------------------------

  void decide() {
    TouchedRecords::Cursor cursor = touched_.cursor();
    for (TouchedRecord record; cursor.next(record);) {
      const PresentState now = present_.look_at(record);
      if (!record.in_range || record.is_as_before() || now.is_as_before) {
        if (record.in_range) ++summary_.unneeded_count;
        check_later_edge(record);
        continue;
      }
      if (now.changed_by != 0) report_changed_later(record, now);
      if (record.had_before) {
        put_back(record);
      } else if (now.exists) {
        take_away(record);
      }
    }
  }

  void put_back(const TouchedRecord& record) {
    if (record.kind == RecordKind::entity) put_entities_.append(read_be64(record.key.data()));
    if (record.kind == RecordKind::edge && !ends_will_exist(record)) {
      ++summary_.left_out_count;
      return;
    }
    lines_.put({record.kind, record.key, record.before});
    ++summary_.put_count;
  }

  bool ends_will_exist(const TouchedRecord& edge) {
    const EdgeHead head = decode_edge_head(edge.before);
    for (const std::uint64_t end : {head.source, head.target}) {
      if (put_entities_.contains(end) || present_.entity_exists(end)) continue;
      const std::string name = describe_record(edge.kind, edge.key);
      report(
          {UndoConflict::Kind::missing_end, name, std::nullopt,
           format("{} cannot come back, since entity {} at its end was deleted later", name, end)});
      return false;
    }
    return true;
  }

  void take_away(const TouchedRecord& record) {
    if (record.kind == RecordKind::entity) {
      const std::uint64_t id = read_be64(record.key.data());
      deleted_entities_.append(id);
      if (const auto newer = present_.newer_edge_of(id)) {
        report_new_edge(id, newer->edge, newer->sequence);
      }
    }
    lines_.remove(record.kind, record.key);
    ++summary_.deleted_count;
  }

  // An edge that the undo leaves alone, and that hangs on an entity which goes.
  void check_later_edge(const TouchedRecord& record) {
    if (record.kind != RecordKind::edge || !record.later || !record.later->exists) return;
    for (const std::uint64_t end : {record.later->source, record.later->target}) {
      if (!deleted_entities_.contains(end)) continue;
      return report_new_edge(end, read_be64(record.key.data()), record.later->sequence);
    }
  }

  // --- conflicts ---------------------------------------------------------------------------------

  void report_changed_later(const TouchedRecord& record, const PresentState& now) {
    const std::string name = describe_record(record.kind, record.key);
    report({UndoConflict::Kind::changed_later, name, SequenceNumber{now.changed_by},
            format("{} was {} by transaction {}", name, now.exists ? "changed" : "deleted",
                   now.changed_by)});
  }

  void report_new_edge(std::uint64_t entity, std::uint64_t edge, std::uint64_t sequence) {
    const std::string name = format("entity {}", entity);
    report({UndoConflict::Kind::new_edge, name, SequenceNumber{sequence},
            format("{} was to be deleted, but has edge {} from transaction {}", name, edge,
                   sequence)});
  }

  void report(const UndoConflict& conflict) {
    if (summary_.conflict_count++ < kConflictsInMessageMax) {
      first_conflicts_ += (first_conflicts_.empty() ? "" : "; ") + conflict.what;
    }
    if (options_.on_conflict) options_.on_conflict(conflict);
  }

  [[noreturn]] void refuse_conflicts() const {
    const std::uint64_t others =
        summary_.conflict_count -
        std::min<std::uint64_t>(summary_.conflict_count, kConflictsInMessageMax);
    throw Error(ErrorCode::conflict,
                format("{} cannot be undone without harm to later ones: {}{}", which(),
                       first_conflicts_, others == 0 ? "" : format("; and {} more", others)),
                kNoUndoWritten,
                "undo the later ones too (a longer range), or overrule them: --force");
  }

  TransactionSource& source_;
  UndoPresent& present_;
  Later later_;
  std::uint64_t first_, last_;
  const UndoOptions& options_;
  ScratchDirectory scratch_;
  TouchedRecords touched_;
  UndoLines lines_;
  Progress progress_;
  UndoSummary summary_;
  IdSet put_entities_, deleted_entities_;
  std::string first_conflicts_;
};

template <typename Source>
UndoSummary undo_to_file(Source& source, SequenceNumber first, SequenceNumber last,
                         const std::filesystem::path& file, const UndoOptions& options) {
  DurableFile durable(file);
  const UndoSummary summary = export_undo(source, first, last, durable.sink(), options);
  durable.commit();
  return summary;
}

template <typename Source>
UndoSummary undo_to_stream(Source& source, SequenceNumber first, SequenceNumber last,
                           std::ostream& out, const UndoOptions& options) {
  StreamSink sink(out);
  const UndoSummary summary = export_undo(source, first, last, sink, options);
  sink.finish();
  return summary;
}

}  // namespace

UndoSummary export_undo(DatabaseTransactions& source, SequenceNumber first, SequenceNumber last,
                        ByteSink& sink, const UndoOptions& options) {
  DatabasePresent present(source.snapshot(), last.value);
  return Undo(source, present, Later::records, first, last, options).run(sink);
}

UndoSummary export_undo(RepositoryTransactions& source, SequenceNumber first, SequenceNumber last,
                        ByteSink& sink, const UndoOptions& options) {
  LoggedPresent present;
  return Undo(source, present, Later::log, first, last, options).run(sink);
}

UndoSummary export_undo(const Database& database, SequenceNumber first, SequenceNumber last,
                        const std::filesystem::path& file, const UndoOptions& options) {
  check_outside_database(database, file);
  DatabaseTransactions source(database);
  return undo_to_file(source, first, last, file, options);
}

UndoSummary export_undo(const Database& database, SequenceNumber first, SequenceNumber last,
                        std::ostream& out, const UndoOptions& options) {
  DatabaseTransactions source(database);
  return undo_to_stream(source, first, last, out, options);
}

UndoSummary export_undo(const Repository& repository, const std::optional<Uuid>& history_id,
                        SequenceNumber first, SequenceNumber last,
                        const std::filesystem::path& file, const UndoOptions& options) {
  RepositoryTransactions source(repository, history_id);
  return undo_to_file(source, first, last, file, options);
}

UndoSummary export_undo(const Repository& repository, const std::optional<Uuid>& history_id,
                        SequenceNumber first, SequenceNumber last, std::ostream& out,
                        const UndoOptions& options) {
  RepositoryTransactions source(repository, history_id);
  return undo_to_stream(source, first, last, out, options);
}

}  // namespace manifolddb::backup
