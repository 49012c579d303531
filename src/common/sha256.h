// SHA-256 behind a plain type, as `sha256sum` prints it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace manifolddb {

// Of bytes that come in pieces. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view bytes);
  std::string finish();  // 64 lower-case hex digits; once, and nothing may follow

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// 64 lower-case hex digits and nothing else.
bool is_sha256_text(std::string_view text);

}  // namespace manifolddb
