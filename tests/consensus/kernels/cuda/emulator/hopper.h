// mbarrier, bulk copies and wgmma. Copies arrive late and spoil their target at once; products read
// shared memory only when they are waited for, so a stage that is given back too early shows.
#pragma once
#include "ampere.h"

namespace emulator {

const int POLLS_BEFORE_ARRIVAL = 3;

struct BulkCopy {
  u32 target, bytes;
  const void* source;
};
struct Barrier {
  u32 arrivals, pending, phase;
  long bytes;  // expected and not copied yet
  int polls;
  std::deque<BulkCopy> copies;
};
struct Group {
  Rendezvous meeting;
  std::vector<std::pair<u64, u64>> products;
  u32* sums[128];
};

inline std::map<u32, Barrier> barriers;
inline Group groups[8];

inline void reset_hopper() {
  barriers.clear();
  for (auto& group : groups) group = Group();
}

inline Barrier& find_barrier(u32 address) {
  auto found = barriers.find(address);
  if (found == barriers.end()) fail("barrier at %u: not initialised", address);
  return found->second;
}

inline void end_phase_if_complete(Barrier& barrier) {
  if (barrier.pending > 0 || barrier.bytes != 0) return;
  barrier.phase ^= 1;
  barrier.pending = barrier.arrivals;
  barrier.polls = 0;
  ++progress;
}

inline void arrive_once(Barrier& barrier) {
  if (barrier.pending == 0) fail("barrier: more arrivals than expected");
  --barrier.pending;
  end_phase_if_complete(barrier);
}

// Byte x of a row of a K-major matrix under the 128-byte swizzle, by its descriptor.
inline s8 read_described(u64 descriptor, int row, int x) {
  u32 start = (u32)(descriptor & 0x3FFF) << 4, stride = (u32)(descriptor >> 32 & 0x3FFF) << 4;
  if (descriptor >> 62 != 1) fail("descriptor: expected the 128-byte swizzle");
  u32 address = start + row / 8 * stride + row % 8 * 128 + x;
  return (s8)*at_shared(address ^ (address >> 7 & 7) << 4, 1);
}

// m64n256k32 of s8: lane l of warp w holds row 16 w + l / 4 (+ 8 for values 2, 3 of each four),
// columns 8 j + 2 (l mod 4) and the next.
inline void multiply_group(Group& group, u64 left, u64 right) {
  static int a[64][32], b[256][32];
  for (int row = 0; row < 64; ++row)
    for (int x = 0; x < 32; ++x) a[row][x] = read_described(left, row, x);
  for (int row = 0; row < 256; ++row)
    for (int x = 0; x < 32; ++x) b[row][x] = read_described(right, row, x);
  for (int thread = 0; thread < 128; ++thread)
    for (int value = 0; value < 128; ++value) {
      int row = 16 * (thread / 32) + thread % 32 / 4 + 8 * (value / 2 % 2);
      int col = 8 * (value / 4) + 2 * (thread % 4) + value % 2, sum = 0;
      for (int x = 0; x < 32; ++x) sum += a[row][x] * b[col][x];
      group.sums[thread][value] += (u32)sum;
    }
}

}  // namespace emulator

template <int Registers>
DEV void give_registers() {}

template <int Registers>
DEV void take_registers() {}

DEV void publish_barriers() {}

DEV void init_barrier(u32 barrier, u32 arrivals) {
  emulator::at_shared(barrier, 8);
  if (barrier % 8) emulator::fail("barrier: not aligned");
  emulator::barriers[barrier] = {arrivals, arrivals, 0, 0, 0, {}};
}

DEV void arrive(u32 barrier) { emulator::arrive_once(emulator::find_barrier(barrier)); }

DEV void expect_bytes(u32 barrier, u32 bytes) {
  auto& found = emulator::find_barrier(barrier);
  found.bytes += bytes;
  emulator::arrive_once(found);
}

DEV void wait_barrier(u32 barrier, u32 parity) {
  auto& found = emulator::find_barrier(barrier);
  while (found.phase == parity) {
    if (!found.copies.empty() && ++found.polls > emulator::POLLS_BEFORE_ARRIVAL) {
      auto copy = found.copies.front();
      found.copies.pop_front();
      memcpy(emulator::at_shared(copy.target, copy.bytes), copy.source, copy.bytes);
      found.bytes -= copy.bytes;
      ++emulator::progress;
      emulator::end_phase_if_complete(found);
    } else {
      emulator::yield();
    }
  }
}

DEV void copy_bulk(u32 target, const void* source, u32 bytes, u32 barrier) {
  if (target % 16 || bytes % 16 || (uintptr_t)source % 16)
    emulator::fail("copy_bulk: not aligned");
  emulator::check_buffer(source, bytes);
  memset(emulator::at_shared(target, bytes), 0x7B, bytes);
  emulator::find_barrier(barrier).copies.push_back({target, bytes, source});
}

DEV void begin_products() {}

DEV void multiply_wide(u32 (&sums)[128], u64 a, u64 b) {
  auto& group = emulator::groups[emulator::current / 128];
  group.sums[emulator::current % 128] = sums;
  if (emulator::current % 128 == 0) group.products.push_back({a, b});
}

DEV void end_products() {
  auto& group = emulator::groups[emulator::current / 128];
  emulator::meet(group.meeting, 128, [&group] {
    for (auto& product : group.products)
      emulator::multiply_group(group, product.first, product.second);
    group.products.clear();
  });
}
