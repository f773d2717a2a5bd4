// The words of CUDA C++ that the kernels use, on the CPU: launches, shared memory, atomics. All
// memory starts out spoilt, and memory copied asynchronously must lie in a known buffer.
#pragma once
#include "fibers.h"
#include <iterator>
#include <map>
#include <utility>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;

struct Index {
  unsigned x;
};
struct alignas(16) uint4 {
  u32 x, y, z, w;
};

namespace emulator {

const u8 SPOILT = 0xA5;
const u32 SHARED_BASE = 128;  // where dynamic shared memory starts: as aligned as promised

inline Index thread, block, grid;
inline int threads;
inline unsigned blocks_run;  // tells one block's shared arrays from the next one's
inline std::vector<u8> shared;
inline Rendezvous block_meeting;
inline std::vector<Rendezvous> warp_meetings;
inline std::map<uintptr_t, size_t> buffers;

inline void reset_ampere();
inline void reset_hopper();

inline u8* at_shared(u32 address, u32 size) {
  if (address < SHARED_BASE || address - SHARED_BASE + size > shared.size())
    fail("shared memory: %u bytes at %u of %zu", size, address - SHARED_BASE, shared.size());
  return &shared[address - SHARED_BASE];
}

// Ends the launch unless the bytes lie in one buffer of the device.
inline void check_buffer(const void* pointer, size_t size) {
  uintptr_t address = (uintptr_t)pointer;
  auto after = buffers.upper_bound(address);
  if (after != buffers.begin()) {
    auto owner = std::prev(after);
    if (address + size <= owner->first + owner->second) return;
  }
  fail("global memory: %zu bytes outside of every buffer", size);
}

template <class Type>
bool spoil_once(Type* array, int count, unsigned& last) {
  if (last != blocks_run) memset((void*)array, SPOILT, sizeof(Type) * count);
  last = blocks_run;
  return true;
}

template <class Type>
Type take(u64 argument) {
  if constexpr (std::is_pointer_v<Type>)
    return (Type)(uintptr_t)argument;
  else
    return (Type)argument;
}

template <class... Types, size_t... Places>
void call(void (*kernel)(Types...), const u64* arguments, std::index_sequence<Places...>) {
  kernel(take<Types>(arguments[Places])...);
}

template <class... Types>
int launch(void (*kernel)(Types...), u32 blocks, u32 count, u32 shared_bytes, int given,
           const u64* arguments) {
  fault[0] = 0;
  if (given != (int)sizeof...(Types)) {
    snprintf(fault, sizeof fault, "expected %zu arguments, got %d", sizeof...(Types), given);
    return 1;
  }
  body = [=] { call(kernel, arguments, std::index_sequence_for<Types...>()); };
  threads = count;
  grid = {blocks};
  for (u32 each = 0; each < blocks; ++each) {
    ++blocks_run;
    shared.assign(shared_bytes, SPOILT);
    block = {each};
    block_meeting = Rendezvous();
    warp_meetings.assign(count / 32 + 1, Rendezvous());
    reset_ampere();
    reset_hopper();
    if (!run_block(count, blocks_run % 2)) return 1;
  }
  return 0;
}

}  // namespace emulator

#define DEV static inline
#define KERNEL(threads, blocks) static void
#define SHARED(type, name, count)       \
  static type name[count];              \
  static unsigned name##_block = 0;     \
  emulator::spoil_once(name, count, name##_block)
#define DYNAMIC_SHARED(name) u8* name = emulator::shared.data()
#define __align__(bytes) alignas(bytes)
#define threadIdx (Index{(unsigned)emulator::current})
#define blockIdx (emulator::block)
#define gridDim (emulator::grid)

DEV void __syncthreads() { emulator::meet(emulator::block_meeting, emulator::threads, [] {}); }

DEV u32 shared_address(const void* pointer) {
  return (u32)((const u8*)pointer - emulator::shared.data()) + emulator::SHARED_BASE;
}

DEV u32 rotate_left(u32 word, int bits) { return word << bits | word >> (32 - bits); }

DEV u32 rotate_right(u32 word, int bits) { return word >> bits | word << (32 - bits); }

DEV void store_pair(int* target, u32 first, u32 second) {
  if ((uintptr_t)target % 8) emulator::fail("store_pair: not aligned");
  target[0] = (int)first;
  target[1] = (int)second;
}

DEV u32 atomicXor(u32* target, u32 value) {
  u32 before = *target;
  *target ^= value;
  return before;
}
