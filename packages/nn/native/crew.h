// Threads that share the work of one kernel.
#pragma once
#include <atomic>
#include <cfenv>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

inline void pauseBriefly() {
#if defined(__x86_64__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

// Work is cut into parts by shapes alone, and every part writes its own results: which thread takes a part changes no bit.
// Helpers wait in a loop for two milliseconds, because the kernels of a step follow each other within less and waking a thread costs
// as much as a small kernel; then they sleep. The size is ETSEF_KERNEL_THREADS, default 1: no helper. It is looked up at every call, as
// the runner changes it where another CPU falls idle or is wanted again; who has none to work for rests.
class Crew {
 public:
  static Crew& get() {
    static Crew* crew = new Crew;  // never destroyed: helpers end with the process
    return *crew;
  }

  // Calls work(0) ... work(parts - 1), each once, and returns when all are done. A call from within a part, or from a second thread
  // while a call runs, does all parts itself.
  void run(int parts, const std::function<void(int)>& work) {
    std::unique_lock<std::mutex> turn(turn_, std::defer_lock);
    const bool isShared = parts > 1 && !isInPart() && turn.try_lock() && hasHelpers();
    if (!isShared) {
      if (turn.owns_lock()) turn.unlock();
      for (int part = 0; part < parts; part++) work(part);
      return;
    }
    work_ = &work;
    parts_ = parts;
    next_.store(0, std::memory_order_relaxed);
    std::fegetenv(&environment_);  // helpers round, and flush denormals, as the caller does
    state_.store(((state_.load(std::memory_order_relaxed) >> kEpochShift) + 1) << kEpochShift | kOpen);
    if (sleepers_.load() > 0) {
      std::lock_guard<std::mutex> lock(sleep_);
      wake_.notify_all();
    }
    isInPart() = true;
    takeParts(work, parts);
    isInPart() = false;
    state_.fetch_and(~kOpen);
    for (int i = 0; (state_.load(std::memory_order_acquire) & kActive) != 0; i++) {
      if (i < 10000) pauseBriefly();
      else std::this_thread::yield();
    }
  }

 private:
  // state_: number of the call, whether it takes helpers, and how many it has.
  static constexpr uint64_t kActive = 0xffff, kOpen = 1 << 16;
  static constexpr int kEpochShift = 17;

  // Follows the environment; to be called by who has the turn.
  bool hasHelpers() {
    const char* text = std::getenv("ETSEF_KERNEL_THREADS");
    const int threads = text == nullptr ? 1 : std::atoi(text);
    const int wanted = threads < 1 ? 0 : threads > 64 ? 63 : threads - 1;
    if (wanted != helpers_.load()) {
      std::lock_guard<std::mutex> lock(sleep_);
      helpers_.store(wanted);
      wake_.notify_all();
      rest_.notify_all();
    }
    for (; started_ < wanted; started_++) std::thread([this, index = started_] { help(index); }).detach();
    return wanted > 0;
  }

  bool isWanted(int helper) const { return helper < helpers_.load(std::memory_order_relaxed); }

  static bool& isInPart() {
    static thread_local bool flag = false;
    return flag;
  }

  void takeParts(const std::function<void(int)>& work, int parts) {
    for (int part = next_.fetch_add(1); part < parts; part = next_.fetch_add(1)) work(part);
  }

  void help(int index) {
    isInPart() = true;
    uint64_t seen = 0;
    while (true) {
      uint64_t state = waitForCall(seen, index);
      if (!isWanted(index)) {
        std::unique_lock<std::mutex> lock(sleep_);
        rest_.wait(lock, [&] { return isWanted(index); });
        continue;
      }
      if (!state_.compare_exchange_strong(state, state + 1)) continue;
      seen = state >> kEpochShift;
      std::fesetenv(&environment_);
      takeParts(*work_, parts_);
      state_.fetch_sub(1);
    }
  }

  // The state with an open call that is not number `seen`, or any once the helper is not wanted any more.
  uint64_t waitForCall(uint64_t seen, int index) {
    const auto isNew = [seen](uint64_t state) { return (state & kOpen) != 0 && state >> kEpochShift != seen; };
    auto since = std::chrono::steady_clock::now();
    for (int i = 1;; i++) {
      uint64_t state = state_.load(std::memory_order_acquire);
      if (isNew(state) || !isWanted(index)) return state;
      pauseBriefly();
      if (i % 64 != 0 || std::chrono::steady_clock::now() - since < std::chrono::milliseconds(2)) continue;
      std::unique_lock<std::mutex> lock(sleep_);
      sleepers_.fetch_add(1);
      wake_.wait(lock, [&] { return isNew(state = state_.load()) || !isWanted(index); });
      sleepers_.fetch_sub(1);
      return state;
    }
  }

  int started_ = 0;
  std::atomic<int> helpers_{0};  // how many of the started ones are wanted: those with the lowest numbers
  std::mutex turn_, sleep_;
  std::condition_variable wake_, rest_;
  std::atomic<uint64_t> state_{0};
  std::atomic<int> next_{0}, sleepers_{0};
  const std::function<void(int)>* work_ = nullptr;
  int parts_ = 0;
  std::fenv_t environment_;
};

// How many parts a pass over so many values is worth.
inline int partsOf(int64_t values) {
  const int64_t parts = values / 32768;
  return static_cast<int>(parts < 1 ? 1 : parts > 16 ? 16 : parts);
}

// Calls work(from, to) for `parts` consecutive ranges of [0, count).
inline void shareRange(int64_t count, int parts, const std::function<void(int64_t, int64_t)>& work) {
  Crew::get().run(parts, [&](int part) { work(count * part / parts, count * (part + 1) / parts); });
}

}  // namespace
