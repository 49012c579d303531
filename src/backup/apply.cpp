#include "backup/apply.h"

#include "common/format.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <thread>
#include <vector>

#include "backup/apply_input.h"
#include "backup/backup_source.h"
#include "backup/ordered_pipeline.h"
#include "backup/progress.h"
#include "backup/taken_along.h"
#include "common/varint.h"
#include "database/key_codec.h"
#include "database/transaction_state.h"
#include "io/file_stream.h"

namespace manifolddb::backup {

namespace {

constexpr std::size_t kAheadBytesMax = 8u << 20;  // of input, parsed ahead of the transaction
constexpr unsigned kParserThreadsMax = 4;         // more than one transaction can keep up with

unsigned parser_threads(unsigned asked) {
  if (asked != 0) return std::min(asked, kParserThreadsMax);
  return std::clamp(std::thread::hardware_concurrency(), 2u, kParserThreadsMax + 1) - 1;
}

// The input is at fault, not the database: a batched run ends with what it has committed.
class BadInput : public Error {
 public:
  explicit BadInput(const std::string& what)
      : Error(ErrorCode::damaged, what, "nothing was changed",
              "mend the line and apply the input again") {}
};

// The pieces of the input in order, parsed by other threads ahead of the one that takes them.
class ParsedInput {
 public:
  ParsedInput(ByteSource& source, const ApplyOptions& options)
      : reader_(source, options.line_bytes_max),
        pool_(parser_threads(options.threads)),
        pipeline_(pool_, kAheadBytesMax, [this](std::unique_ptr<ApplyPiece>& piece, unsigned i) {
          piece->parse(parsers_[i]);
        }) {
    for (unsigned i = 0; i < pool_.size(); ++i) {
      parsers_.emplace_back(Strictness::tolerant, options.line_bytes_max);
    }
  }

  // Null at the end. What goes wrong in reading comes after all that was read before it.
  std::unique_ptr<ApplyPiece> next() {
    read_ahead();
    if (!pipeline_.empty()) return pipeline_.take();
    if (failure_) std::rethrow_exception(failure_);
    return nullptr;
  }

 private:
  void read_ahead() {
    while (!at_end_ && pipeline_.accepts()) {
      LinePiece lines;
      try {
        at_end_ = !reader_.next(lines);
      } catch (const Error& error) {
        failure_ = error.code() == ErrorCode::damaged
                       ? std::make_exception_ptr(BadInput(error.what()))
                       : std::current_exception();
        at_end_ = true;
      } catch (...) {
        failure_ = std::current_exception();
        at_end_ = true;
      }
      if (at_end_) return;
      const std::size_t weight = lines.size;
      pipeline_.give(std::make_unique<ApplyPiece>(std::move(lines)), weight);
    }
  }

  LinePieceReader reader_;
  std::vector<LineParser> parsers_;
  WorkerPool pool_;
  OrderedPipeline<std::unique_ptr<ApplyPiece>> pipeline_;
  std::exception_ptr failure_;
  bool at_end_ = false;
};

// One run of apply over one input.
class Applier {
 public:
  // `file` can be read a second time; it is empty for a stream.
  Applier(Database& database, ByteSource& source, const std::filesystem::path& file,
          const ApplyOptions& options)
      : database_(database),
        source_name_(source.name()),
        file_(file),
        options_(options),
        input_(source, options),
        batch_end_(options.batch_lines.value_or(UINT64_MAX)),
        progress_(options.progress, 0) {
    if (options.batch_lines) taken_along_.emplace(database);
  }

  ApplySummary run() {
    try {
      apply_all();
    } catch (const Error& error) {
      transaction_.reset();
      if (summary_.transaction_count == 0) throw;
      if (error.code() == ErrorCode::outcome_unknown) throw unknown_outcome(error);
      Error told(error.code(), error.what(), what_stays(), what_next());
      if (dynamic_cast<const BadInput*>(&error) == nullptr) throw told;
      summary_.stopped_by = std::move(told);
    }
    const ReadTransaction read = database_.begin_read();
    summary_.sequence_number = read.sequence_number();
    summary_.committed_at_us = read.committed_at_us();
    summary_.content_digest = read.content_digest();
    return summary_;
  }

 private:
  void apply_all() {
    transaction_.emplace(database_.begin());
    while (const std::unique_ptr<ApplyPiece> piece = input_.next()) {
      for (std::size_t i = 0; i < piece->size(); ++i) {
        const Operation operation = piece->operation(i);
        commit_before(operation.line);
        apply_operation(operation);
      }
      if (piece->bad_line()) {
        commit_before(piece->bad_line()->line);
        fail(piece->bad_line()->line, piece->bad_line()->byte, piece->bad_line()->what);
      }
      progress_.add(piece->last_line() - last_line_);
      last_line_ = piece->last_line();
    }
    commit(last_line_);
  }

  void apply_operation(const Operation& operation) {
    switch (operation.effect) {
      case Effect::put:
        return put(operation);
      case Effect::remove:
        return remove(operation);
      case Effect::skip:
        ++pending_skipped_;
    }
  }

  void put(const Operation& operation) {
    try {
      transaction_->state().put(operation.kind, operation.key, operation.body);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_argument) throw;
      fail(operation.line, operation.byte, error.what());
    }
    if (taken_along_ && operation.kind == RecordKind::edge) {
      taken_along_->forget(read_be64(operation.key.data()));
    }
    ++pending_puts_;
  }

  void remove(const Operation& operation) {
    WriteTransaction::State& state = transaction_->state();
    if (taken_along_ && operation.kind == RecordKind::entity) {
      taken_along_->add_edges_of(read_be64(operation.key.data()), *transaction_);
    }
    if (!state.remove(operation.kind, operation.key) && !was_taken_along(operation)) {
      fail(operation.line, operation.byte,
           describe_record(operation.kind, operation.key) + " is to be deleted, but is not there");
    }
    ++pending_deletions_;
  }

  bool was_taken_along(const Operation& operation) {
    return operation.kind == RecordKind::edge &&
           (transaction_->state().was_taken_along(operation.key) ||
            (taken_along_ && taken_along_->contains(operation.key)));
  }

  // Commits the batches that end before `line`.
  void commit_before(std::uint64_t line) {
    if (line <= batch_end_) return;
    commit(batch_end_);
    transaction_.emplace(database_.begin());
    const std::uint64_t batch = *options_.batch_lines;
    batch_end_ = (line - 1) / batch * batch + batch;
  }

  void commit(std::uint64_t last_line) {
    committing_line_ = last_line;
    try {
      last_sequence_ = transaction_->commit();
    } catch (const MissingEndError& error) {
      fail_missing_end(error, last_line);
    }
    transaction_.reset();
    ++summary_.transaction_count;
    summary_.line_count = last_line;
    summary_.put_count += std::exchange(pending_puts_, 0);
    summary_.deleted_count += std::exchange(pending_deletions_, 0);
    summary_.skipped_count += std::exchange(pending_skipped_, 0);
  }

  std::string what_stays() const {
    return format("lines 1 to {} are committed, up to seq {}; nothing of the later lines is",
                  summary_.line_count, last_sequence_.value);
  }

  std::string what_next() const {
    return format("when the cause is gone, go on behind them: tail -n +{} of the input",
                  summary_.line_count + 1);
  }

  Error unknown_outcome(const Error& error) const {
    return Error(error.code(), error.what(),
                 format("lines 1 to {} are committed, up to seq {}; lines {} to {} are or are not, "
                        "all of them, as seq {}",
                        summary_.line_count, last_sequence_.value, summary_.line_count + 1,
                        committing_line_, last_sequence_.value + 1),
                 format("when the cause is gone, see where the database is (manifold stats DB): at "
                        "seq {} go on with line {} (tail -n +{} of the input), else with line {}",
                        last_sequence_.value + 1, committing_line_ + 1, committing_line_ + 1,
                        summary_.line_count + 1));
  }

  [[noreturn]] void fail(std::uint64_t line, std::uint64_t byte, const std::string& what) const {
    throw BadInput(line_place(source_name_, line, byte) + what);
  }

  // Ends are looked at only when the transaction ends: an input that can be read again tells the
  // line.
  [[noreturn]] void fail_missing_end(const MissingEndError& error, std::uint64_t last_line) const {
    if (std::filesystem::is_regular_file(file_)) {
      BackupSource source(file_);
      if (const auto place =
              find_edge_line(source, error.edge(), summary_.line_count + 1, last_line)) {
        fail(place->line, place->byte, error.what());
      }
    }
    throw BadInput(source_name_ + ": " + error.what());
  }

  Database& database_;
  std::string source_name_;
  std::filesystem::path file_;
  const ApplyOptions& options_;
  ParsedInput input_;
  std::optional<EdgesTakenAlong> taken_along_;  // with batches
  std::optional<WriteTransaction> transaction_;
  ApplySummary summary_;
  SequenceNumber last_sequence_;
  std::uint64_t committing_line_ = 0;  // the last one of the transaction that is committed
  std::uint64_t batch_end_;            // last line of the transaction
  std::uint64_t last_line_ = 0;
  std::uint64_t pending_puts_ = 0, pending_deletions_ = 0, pending_skipped_ = 0;
  Progress progress_;
};

}  // namespace

ApplySummary apply(Database& database, const std::filesystem::path& file,
                   const ApplyOptions& options) {
  BackupSource source(file);
  return Applier(database, source, file, options).run();
}

ApplySummary apply(Database& database, std::istream& in, const std::string& source_name,
                   const ApplyOptions& options) {
  BackupSource source(std::make_unique<StreamSource>(in, source_name));
  return Applier(database, source, {}, options).run();
}

}  // namespace manifolddb::backup
