#include "backup/undo_lines.h"

#include <fcntl.h>

#include <vector>

#include "common/json_writer.h"
#include "io/zstd_stream.h"

namespace manifolddb::backup {

namespace {

// Hands on what it is given in pieces, each a zstd frame if that is wanted.
class UndoPieceWriter {
 public:
  UndoPieceWriter(ByteSink& sink, std::optional<int> level) : sink_(sink) {
    if (level) compressor_.emplace(*level);
  }

  void write(std::string_view bytes) {
    if (bytes.empty()) return;
    if (!compressor_) return sink_.write(bytes);
    frame_.clear();
    compressor_->compress(bytes, frame_);
    sink_.write(frame_);
  }

 private:
  ByteSink& sink_;
  std::optional<FrameCompressor> compressor_;
  std::string frame_;
};

}  // namespace

void UndoLines::put(const RecordView& record) {
  PartLines& part = part_of(record.kind, true);
  append_record_line(record, part.bytes);
  spill_if_large(part);
}

void UndoLines::remove(RecordKind kind, std::string_view key) {
  PartLines& part = part_of(kind, false);
  append_deletion_line(kind, key, part.bytes);
  spill_if_large(part);
}

UndoLines::PartLines& UndoLines::part_of(RecordKind kind, bool is_put) {
  if (kind == RecordKind::entity) return parts_[entities];
  if (kind == RecordKind::edge && is_put) return parts_[edge_puts];
  return parts_[metadata_and_edge_deletions];
}

std::filesystem::path UndoLines::file_of(std::size_t part) const {
  return directory_ / ("lines-" + std::to_string(part));
}

void UndoLines::spill_if_large(PartLines& part) {
  if (part.bytes.size() < kPartBytes) return;
  if (!part.file) {
    const auto number = static_cast<std::size_t>(&part - parts_.data());
    const std::filesystem::path file = file_of(number);
    part.file.emplace(open_file(file, O_WRONLY | O_CREAT | O_EXCL, 0600), file.string());
  }
  part.file->write(part.bytes);
  part.bytes.clear();
}

void UndoLines::write_to(ByteSink& sink, std::optional<int> level) {
  UndoPieceWriter out(sink, level);
  std::vector<char> buffer(kPartBytes);
  for (std::size_t i = 0; i < part_count; ++i) {
    if (parts_[i].file) {
      parts_[i].file->close();
      FileSource source = FileSource::open(file_of(i));
      while (const std::size_t count = read_fully(source, buffer.data(), buffer.size())) {
        out.write({buffer.data(), count});
      }
    }
    out.write(parts_[i].bytes);
  }
}

}  // namespace manifolddb::backup
