#include "database/engine.h"

#include <rocksdb/write_batch.h>

#include <utility>

#include "common/file_system.h"
#include "database/engine_impl.h"
#include "database/image.h"

namespace manifolddb {

namespace {

bool mentions_lock(const std::string& text) {
  return text.find("lock ") != std::string::npos && text.find("LOCK") != std::string::npos;
}

rocksdb::ReadOptions read_options(const SnapshotPtr& snapshot, const void* raw) {
  rocksdb::ReadOptions options;
  if (snapshot) options.snapshot = static_cast<const rocksdb::Snapshot*>(raw);
  return options;
}

}  // namespace

void throw_status(const rocksdb::Status& status, const std::string& doing) {
  const std::string what = "cannot " + doing + ": " + without_images(status.ToString());
  if (status.IsNoSpace() || what.find("No space left") != std::string::npos) {
    throw Error(ErrorCode::no_space, what, "what was committed before is safe",
                "free some space, then try again");
  }
  if (mentions_lock(what)) {
    throw Error(ErrorCode::locked, what, "nothing was changed", "close the other process first");
  }
  if (status.IsCorruption()) {
    throw Error(ErrorCode::damaged, what, "nothing was changed",
                "restore from a backup; `manifold check` lists what else is damaged");
  }
  throw Error(ErrorCode::failed, what, "what was committed before is safe",
              "look at the cause, then open the database again");
}

// --- closing
// ---------------------------------------------------------------------------

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() {
  try {
    close();
  } catch (...) {  // A destructor keeps quiet; close() tells.
  }
}

void Engine::Impl::close() {
  if (!db) return;
  for (auto*& handle : handles) {
    if (handle != nullptr) db->DestroyColumnFamilyHandle(handle);
    handle = nullptr;
  }
  const rocksdb::Status status = db->Close();
  db.reset();
  check_status(status, "close the database's files");
}

void Engine::close() {
  if (impl_) impl_->close();
}

bool Engine::in_memory() const {
  return impl_->options.where == EngineOptions::Where::memory;
}

const std::filesystem::path& Engine::scratch_directory() const {
  return impl_->scratch;
}

// --- reading
// ---------------------------------------------------------------------------------------

EngineSnapshot::EngineSnapshot(const Engine& engine)
    : engine_(engine), snapshot_(engine.impl_->db->GetSnapshot()) {}

EngineSnapshot::~EngineSnapshot() {
  if (engine_.impl_->db) {
    engine_.impl_->db->ReleaseSnapshot(static_cast<const rocksdb::Snapshot*>(snapshot_));
  }
}

SnapshotPtr Engine::snapshot() const {
  return std::make_shared<const EngineSnapshot>(*this);
}

bool Engine::get(Family family, std::string_view key, const SnapshotPtr& snapshot,
                 std::string& value, bool fills_cache) const {
  rocksdb::ReadOptions options = read_options(snapshot, snapshot ? snapshot->snapshot_ : nullptr);
  options.fill_cache = fills_cache;
  const rocksdb::Status status =
      impl_->db->Get(options, impl_->handle(family), to_slice(key), &value);
  if (status.IsNotFound()) return false;
  check_status(status, "read a record");
  return true;
}

std::optional<std::string> Engine::get(Family family, std::string_view key,
                                       const SnapshotPtr& snapshot) const {
  std::string value;
  if (!get(family, key, snapshot, value)) return std::nullopt;
  return value;
}

struct EngineIterator::Impl {
  SnapshotPtr snapshot;
  std::string upper_bound;
  rocksdb::Slice upper_slice;
  std::unique_ptr<rocksdb::Iterator> iterator;
};

EngineIterator::EngineIterator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EngineIterator::~EngineIterator() = default;
EngineIterator::EngineIterator(EngineIterator&&) noexcept = default;
EngineIterator& EngineIterator::operator=(EngineIterator&&) noexcept = default;

EngineIterator Engine::iterate(Family family, const ScanOptions& scan) const {
  auto it = std::make_unique<EngineIterator::Impl>();
  it->snapshot = scan.snapshot;
  it->upper_bound = scan.upper_bound;
  rocksdb::ReadOptions options =
      read_options(scan.snapshot, scan.snapshot ? scan.snapshot->snapshot_ : nullptr);
  if (!it->upper_bound.empty()) {
    it->upper_slice = to_slice(it->upper_bound);
    options.iterate_upper_bound = &it->upper_slice;
  }
  options.fill_cache = scan.fills_cache;
  it->iterator.reset(impl_->db->NewIterator(options, impl_->handle(family)));
  return EngineIterator(std::move(it));
}

void EngineIterator::set_upper_bound(std::string_view key) {
  impl_->upper_bound.assign(key);
  impl_->upper_slice = to_slice(impl_->upper_bound);
}

void EngineIterator::seek(std::string_view key) {
  impl_->iterator->Seek(to_slice(key));
}
void EngineIterator::seek_to_first() {
  impl_->iterator->SeekToFirst();
}
void EngineIterator::seek_to_last() {
  impl_->iterator->SeekToLast();
}
void EngineIterator::next() {
  if (impl_->iterator->Valid()) impl_->iterator->Next();
}

bool EngineIterator::valid() const {
  if (impl_->iterator->Valid()) return true;
  check_status(impl_->iterator->status(), "read the database's tables");
  return false;
}

std::string_view EngineIterator::key() const {
  return to_view(impl_->iterator->key());
}
std::string_view EngineIterator::value() const {
  return to_view(impl_->iterator->value());
}

// --- writing
// ---------------------------------------------------------------------------------------

// A batch knows families by number: the engine's own ids are those of the order of creation, 1 to
// kFamilyCount after `default`, checked when the batch is written.
struct EngineBatch::Impl {
  struct Operation {
    Family family;
    bool is_put;
    std::size_t key_offset, key_bytes, value_bytes;
  };
  std::vector<Operation> operations;
  std::string arena;
  std::string log_data;
};

EngineBatch::EngineBatch() : impl_(std::make_unique<Impl>()) {}
EngineBatch::~EngineBatch() = default;

void EngineBatch::put(Family family, std::string_view key, std::string_view value) {
  impl_->operations.push_back({family, true, impl_->arena.size(), key.size(), value.size()});
  impl_->arena.append(key).append(value);
}

void EngineBatch::remove(Family family, std::string_view key) {
  impl_->operations.push_back({family, false, impl_->arena.size(), key.size(), 0});
  impl_->arena.append(key);
}

void EngineBatch::put_log_data(std::string_view blob) {
  impl_->log_data.append(blob);
}

void EngineBatch::clear() {
  impl_->operations.clear();
  impl_->arena.clear();
  impl_->log_data.clear();
}

std::size_t EngineBatch::bytes() const {
  return impl_->arena.size() + impl_->log_data.size();
}

void Engine::write(EngineBatch& batch) {
  const EngineBatch::Impl& b = *batch.impl_;
  rocksdb::WriteBatch engine_batch(b.arena.size() + b.log_data.size() + 64);
  if (!b.log_data.empty()) check_status(engine_batch.PutLogData(b.log_data), "prepare a commit");
  const std::string_view arena = b.arena;
  for (const auto& operation : b.operations) {
    const auto key = to_slice(arena.substr(operation.key_offset, operation.key_bytes));
    const auto value =
        to_slice(arena.substr(operation.key_offset + operation.key_bytes, operation.value_bytes));
    auto* handle = impl_->handle(operation.family);
    check_status(
        operation.is_put ? engine_batch.Put(handle, key, value) : engine_batch.Delete(handle, key),
        "prepare a commit");
  }
  rocksdb::WriteOptions options;
  options.disableWAL = impl_->options.log == EngineOptions::Log::off;
  check_status(impl_->db->Write(options, &engine_batch), "write the log");
}

std::uint64_t Engine::latest_engine_sequence() const {
  return impl_->db->GetLatestSequenceNumber();
}

void Engine::sync_log() {
  if (in_memory() || impl_->options.log == EngineOptions::Log::off) return;
  check_status(impl_->db->SyncWAL(), "sync the log");
  check_status(impl_->files->log_sync_failure(), "sync the log");
}

}  // namespace manifolddb
