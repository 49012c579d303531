#include "backup_tour.h"

#include <atomic>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace example {

namespace backup = manifolddb::backup;
using manifolddb::Database;
using std::chrono::steady_clock;

namespace {

// Goes on committing small transactions, each durable, until it is stopped.
class BusyWriter {
 public:
  explicit BusyWriter(Database& database)
      : thread_([this, &database] {
          try {
            while (!stop_) write_one(database);
          } catch (...) {
            failure_ = std::current_exception();
          }
        }) {}
  ~BusyWriter() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

  std::uint64_t committed() const { return committed_; }

  std::uint64_t stop() {
    stop_ = true;
    thread_.join();
    if (failure_) std::rethrow_exception(failure_);
    return committed_;
  }

 private:
  void write_one(Database& database) {
    auto transaction = database.begin();
    const auto download = transaction.create_entity(
        {"Download"}, {{"number", static_cast<std::int64_t>(committed_ + 1)}});
    // Packages were stored first, so their ids begin at 1.
    transaction.create_edge(download, manifolddb::EntityId{1 + committed_ % 10}, "OF");
    transaction.commit();
    ++committed_;
  }

  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> committed_ = 0;
  std::exception_ptr failure_;
  std::thread thread_;
};

// What `log` tells of one transaction.
manifolddb::ContentDigest recorded_digest(const Database& database,
                                          manifolddb::SequenceNumber sequence) {
  manifolddb::ContentDigest digest;
  database.for_each_commit(sequence, sequence, [&digest](const manifolddb::CommitRecord& commit) {
    digest = commit.content_digest;
    return true;
  });
  return digest;
}

std::string read_file(const std::filesystem::path& file) {
  std::ostringstream content;
  content << std::ifstream(file, std::ios::binary).rdbuf();
  return content.str();
}

void write_file(const std::filesystem::path& file, const std::string& content) {
  std::ofstream out(file, std::ios::binary);
  require(static_cast<bool>(out << content << std::flush), "cannot write " + file.string());
}

void show_damage(const std::filesystem::path& file, const std::string& what_was_done,
                 const std::filesystem::path& target) {
  std::cout << "   " << what_was_done << "\n";
  const backup::VerifyReport report = backup::verify(file);
  for (const backup::Damage& damage : report.damages) {
    std::cout << "     verify:  lines " << damage.first_line << " to " << damage.last_line
              << " (bytes " << damage.first_byte << " to " << damage.last_byte
              << "): " << damage.what << "\n";
  }
  require(!report.ok(), "the damage in " + file.string() + " was not found");
  try {
    backup::restore(file, target);
  } catch (const manifolddb::Error& error) {
    std::cout << "     restore: refused: " << error.what() << "\n";
  }
  require(!std::filesystem::exists(target), "a damaged backup was restored");
}

}  // namespace

backup::BackupSummary back_up_while_writing(Database& database, const TourFiles& files) {
  BusyWriter writer(database);
  while (writer.committed() < 10) std::this_thread::yield();
  const std::uint64_t before = writer.committed();
  const auto start = steady_clock::now();
  const backup::BackupSummary summary = backup::export_full(database, files.backup);
  const std::string time = seconds_since(start);
  const std::uint64_t meanwhile = writer.stop() - before;
  std::cout << "   " << grouped(summary.statistics.total_records) << " records at seq "
            << summary.sequence_number.value << ", " << megabytes(summary.stored_bytes) << " in "
            << time << "; meanwhile the second thread committed " << grouped(meanwhile)
            << " transactions\n";

  const auto start_compressed = steady_clock::now();
  backup::ExportOptions options;
  options.compression = backup::Compression::zstd;
  const auto compressed = backup::export_full(database, files.compressed_backup, options);
  std::cout << "   once more with zstd: " << megabytes(compressed.stored_bytes) << " in "
            << seconds_since(start_compressed) << " (seq " << compressed.sequence_number.value
            << ")\n";

  const auto recorded = recorded_digest(database, summary.sequence_number);
  std::cout << "   digest in the backup            " << summary.content_digest.to_hex() << "\n"
            << "   digest that the log has for it  " << recorded.to_hex() << "\n";
  require(summary.digest_matches && summary.content_digest == recorded,
          "the backup is not what was committed");
  return summary;
}

void verify_backup(const TourFiles& files) {
  const auto start = steady_clock::now();
  const backup::VerifyReport report = backup::verify(files.backup);
  require(report.ok(), "verify found damage in a fresh backup");
  std::cout << "   every line, checkpoint, reference and the digest are right: "
            << grouped(report.summary.statistics.total_records) << " records in "
            << seconds_since(start) << "\n";
}

void show_damages(const TourFiles& files) {
  const std::string good = read_file(files.backup);
  const std::filesystem::path target = files.restored;

  std::string damaged = good;
  const std::size_t line_end = damaged.find('\n', damaged.size() / 2);
  damaged.erase(line_end - 20, 20);
  write_file(files.broken_line, damaged);
  show_damage(files.broken_line, "the end of a line cut off:", target);

  damaged = good;
  const std::string_view description = "\"description\":\"";
  const std::size_t text = damaged.find(description, damaged.size() / 10) + description.size();
  damaged[text] = damaged[text] == 'x' ? 'y' : 'x';
  write_file(files.changed_letter, damaged);
  show_damage(files.changed_letter, "one letter of a description changed:", target);
}

void restore_and_prove(const TourFiles& files, const backup::BackupSummary& summary) {
  const auto start = steady_clock::now();
  const backup::RestoreSummary restored = backup::restore(files.backup, files.restored);
  std::cout << "   " << grouped(restored.statistics.total_records) << " records in "
            << seconds_since(start) << ", now at seq " << restored.sequence_number.value << "\n";
  const Database copy = Database::open_read_only(files.restored);
  const auto computed = copy.digest();
  std::cout << "   digest of the source            " << summary.content_digest.to_hex() << "\n"
            << "   digest of the restored records  " << computed.to_hex() << "\n";
  require(computed == summary.content_digest, "the restored database differs from its source");
  require(copy.check().finding_count == 0, "check found disagreements in the restored database");
}

void require(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what);
}

std::string seconds_since(steady_clock::time_point start) {
  char text[32];
  const std::chrono::duration<double> spent = steady_clock::now() - start;
  std::snprintf(text, sizeof text, "%.2f s", spent.count());
  return text;
}

std::string grouped(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ' ');
  return text;
}

std::string megabytes(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

}  // namespace example
