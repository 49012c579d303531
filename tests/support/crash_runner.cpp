#include "support/crash_runner.h"

#include <signal.h>

#include <sstream>
#include <stdexcept>

#include "support/temp_dir.h"

namespace manifolddb::test {
namespace {
namespace fs = std::filesystem;

constexpr int kBadSettingExit = 99;  // fault_plan.cpp

FaultedCall parse_call(std::istringstream& line) {
  FaultedCall call;
  std::string number;
  std::getline(line, call.phase, '\t');
  std::getline(line, call.call_class, '\t');
  std::getline(line, number, '\t');
  std::getline(line, call.function, '\t');
  std::getline(line, call.path, '\t');
  call.number = std::stoull(number);
  return call;
}

void read_report(const fs::path& file, FaultOutcome& outcome) {
  std::istringstream report(read_file(file));
  for (std::string text; std::getline(report, text);) {
    std::istringstream line(text);
    std::string kind;
    std::getline(line, kind, '\t');
    if (kind == "killed") {
      outcome.killed = parse_call(line);
    } else if (kind == "failed") {
      outcome.failed.push_back(parse_call(line));
    } else if (kind == "count") {
      std::string phase;
      std::string call_class;
      std::uint64_t number = 0;
      std::getline(line, phase, '\t');
      std::getline(line, call_class, '\t');
      line >> number;
      outcome.counts[{phase, call_class}] = number;
    }
  }
}

}  // namespace

std::uint64_t FaultOutcome::count(const std::string& call_class, const std::string& phase) const {
  std::uint64_t sum = 0;
  for (const auto& [key, number] : counts) {
    if ((phase.empty() || key.first == phase) &&
        (call_class == "any" || key.second == call_class)) {
      sum += number;
    }
  }
  return sum;
}

std::string FaultOutcome::describe() const {
  std::string text = "exit " + std::to_string(command.exit_code) + ", signal " +
                     std::to_string(command.signal) + (command.timed_out ? ", timed out" : "");
  if (killed) {
    text += ", killed in phase " + killed->phase + " at " + killed->function + " of " +
            killed->path + " (" + killed->call_class + " " + std::to_string(killed->number) + ")";
  }
  for (const FaultedCall& call : failed) {
    text += ", failed " + call.function + " of " + call.path + " (" + call.call_class + " " +
            std::to_string(call.number) + ", phase " + call.phase + ")";
  }
  return text + "\nstdout: " + command.out + "\nstderr: " + command.err;
}

FaultOutcome run_with_faults(const std::vector<std::string>& arguments,
                             const FaultSettings& settings, const CommandOptions& options) {
  const TempDir report_folder;
  const fs::path report = report_folder / "report";
  write_file(report, "");
  CommandOptions with_faults = options;
  auto& environment = with_faults.environment;
  environment.emplace_back("MANIFOLD_FAULT_ROOT", settings.root.string());
  environment.emplace_back("MANIFOLD_FAULT", settings.fault);
  environment.emplace_back("MANIFOLD_FAULT_PHASE", settings.phase);
  environment.emplace_back("MANIFOLD_FAULT_ONLY", settings.only);
  environment.emplace_back("MANIFOLD_FAULT_DROP", settings.drop);
  environment.emplace_back("MANIFOLD_FAULT_SHADOW", settings.shadow.string());
  environment.emplace_back("MANIFOLD_FAULT_REAL_SYNC", settings.real_sync ? "1" : "0");
  environment.emplace_back("MANIFOLD_FAULT_REPORT", report.string());
  if (!settings.shadow.empty()) {
    fs::create_directories(settings.shadow);
  }

  FaultOutcome outcome;
  outcome.command = run_command(arguments, with_faults);
  read_report(report, outcome);
  if (outcome.command.exit_code == kBadSettingExit) {
    throw std::runtime_error("fault shim refused: " + outcome.command.err);
  }
  if (outcome.command.signal == 0 && outcome.counts.empty() && outcome.failed.empty() &&
      settings.phase.empty() && settings.only.empty()) {
    throw std::runtime_error("no call was counted below " + settings.root.string() + ": is " +
                             arguments.at(0) + " linked with the fault shim?\n" +
                             outcome.describe());
  }
  return outcome;
}

}  // namespace manifolddb::test
