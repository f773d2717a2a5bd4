// One fiber for each thread of a block; the blocks of a launch run one after another.
//
// Threads that must meet (a barrier, an instruction of a whole warp) wait in a rendezvous while the
// others run. A fault, such as a bad address or a deadlock, ends the launch and is told to the
// caller. Switching is by longjmp, which unlike swapcontext makes no system call.
#pragma once
#include <csetjmp>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <ucontext.h>
#include <vector>

namespace emulator {

const size_t STACK_BYTES = 128 << 10;
const int IDLE_ROUNDS_MAX = 1000;  // rounds of all threads in which nothing happens

struct Fiber {
  ucontext_t start;
  jmp_buf here;
  std::vector<char> stack;
  bool is_started, is_done;
};

struct Rendezvous {
  int arrived = 0;
  unsigned round = 0;
};

inline std::vector<Fiber> fibers;
inline int current;          // the thread that runs
inline unsigned progress;    // grows with everything that lets a waiting thread go on
inline jmp_buf scheduler;
inline std::function<void()> body;
inline char fault[256];

inline void fail(const char* format, ...) {
  va_list values;
  va_start(values, format);
  vsnprintf(fault, sizeof fault, format, values);
  va_end(values);
  longjmp(scheduler, 2);
}

inline void yield() {
  if (!_setjmp(fibers[current].here)) _longjmp(scheduler, 1);
}

// Waits for `count` threads; the last one to come does the work for all.
template <class Work>
void meet(Rendezvous& place, int count, Work&& work) {
  unsigned round = place.round;
  if (++place.arrived == count) {
    work();
    place.arrived = 0;
    ++place.round;
    ++progress;
  } else {
    while (place.round == round) yield();
  }
}

inline void enter() {
  body();
  fibers[current].is_done = true;
  ++progress;
  _longjmp(scheduler, 1);
}

inline void prepare_fibers(int count) {
  if ((int)fibers.size() < count) fibers.resize(count);
  for (int i = 0; i < count; ++i) {
    Fiber& fiber = fibers[i];
    fiber.stack.resize(STACK_BYTES);
    fiber.is_started = fiber.is_done = false;
    getcontext(&fiber.start);
    fiber.start.uc_stack.ss_sp = fiber.stack.data();
    fiber.start.uc_stack.ss_size = fiber.stack.size();
    makecontext(&fiber.start, enter, 0);
  }
}

// Runs all threads of one block to their end, in rising or falling order, since a kernel may count
// on neither. False if there was a fault.
inline bool run_block(int count, bool is_falling) {
  prepare_fibers(count);
  volatile int left = count, idle = 0;
  volatile unsigned seen = progress;
  while (left > 0) {
    if (progress != seen) {
      seen = progress;
      idle = 0;
    } else if (++idle > IDLE_ROUNDS_MAX) {
      snprintf(fault, sizeof fault, "deadlock: %d threads wait for ever", left);
      return false;
    }
    for (volatile int turn = 0; turn < count; turn = turn + 1) {
      current = is_falling ? count - 1 - turn : turn;
      Fiber& fiber = fibers[current];
      if (fiber.is_done) continue;
      int jumped = _setjmp(scheduler);
      if (jumped == 2) return false;
      if (jumped == 0) {
        if (fiber.is_started) _longjmp(fiber.here, 1);
        fiber.is_started = true;
        setcontext(&fiber.start);
      }
      if (fibers[current].is_done) left = left - 1;
    }
  }
  return true;
}

}  // namespace emulator
