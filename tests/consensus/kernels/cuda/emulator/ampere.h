// cp.async, ldmatrix and mma.sync. Layouts of fragments are those of the PTX ISA, written from that
// document and not from the kernels.
//
// Copies are as late as they may be: the target is spoilt when one is issued, and filled only when
// the thread waits for its group. A missing wait, or a stage used again too early, shows.
#pragma once
#include "language.h"
#include <deque>

namespace emulator {

struct Copy {
  u32 target;
  const void* source;
};
struct Copies {
  std::vector<Copy> open;
  std::deque<std::vector<Copy>> groups;
};
struct Operand {
  const void *a, *b;
  void* out;
};

inline std::vector<Copies> copies;
inline Operand operands[64][32];

inline void reset_ampere() { copies.assign(threads, Copies()); }

inline int warp() { return current / 32; }

inline Operand& mine() { return operands[warp()][current % 32]; }

}  // namespace emulator

DEV void copy_async(u32 target, const void* source) {
  if (target % 16 || (uintptr_t)source % 16) emulator::fail("copy_async: not aligned");
  emulator::check_buffer(source, 16);
  memset(emulator::at_shared(target, 16), 0x7B, 16);
  emulator::copies[emulator::current].open.push_back({target, source});
}

DEV void commit_copies() {
  auto& mine = emulator::copies[emulator::current];
  mine.groups.push_back(std::move(mine.open));
  mine.open.clear();
}

template <int Pending>
DEV void wait_for_copies() {
  auto& groups = emulator::copies[emulator::current].groups;
  for (; (int)groups.size() > Pending; groups.pop_front())
    for (auto& copy : groups.front()) memcpy(emulator::at_shared(copy.target, 16), copy.source, 16);
}

// Lane l gets of each matrix the four bytes at row l / 4, column 4 (l mod 4).
DEV void load_matrices(u32 (&words)[4], u32 address) {
  int warp = emulator::warp();
  if (address % 16) emulator::fail("load_matrices: not aligned");
  emulator::mine() = {&address, nullptr, &words};
  emulator::meet(emulator::warp_meetings[warp], 32, [warp] {
    auto& lanes = emulator::operands[warp];
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < 4; ++i) {
        u32 row = *(const u32*)lanes[8 * i + lane / 4].a;
        memcpy((u32*)lanes[lane].out + i, emulator::at_shared(row, 16) + 4 * (lane % 4), 4);
      }
  });
}

// m16n8k32 of s8, with g = lane / 4, t = lane mod 4:
//   a_i (0..15): row g, or g + 8 where i / 4 is odd; column 4 t + i mod 4, + 16 where i >= 8
//   b_i (0..7):  row 4 t + i mod 4, + 16 where i >= 4; column g
//   c_i (0..3):  row g, or g + 8 where i >= 2; column 2 t + i mod 2
DEV void multiply_accumulate(u32 (&sums)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  int warp = emulator::warp();
  u32 b[2] = {b0, b1};
  emulator::mine() = {&a, &b, &sums};
  emulator::meet(emulator::warp_meetings[warp], 32, [warp] {
    auto& lanes = emulator::operands[warp];
    int left[16][32], right[8][32];
    for (int lane = 0; lane < 32; ++lane) {
      int g = lane / 4, t = lane % 4;
      for (int i = 0; i < 16; ++i)
        left[i / 4 % 2 ? g + 8 : g][4 * t + i % 4 + (i >= 8 ? 16 : 0)] =
            ((const s8*)lanes[lane].a)[i];
      for (int i = 0; i < 8; ++i)
        right[g][4 * t + i % 4 + (i >= 4 ? 16 : 0)] = ((const s8*)lanes[lane].b)[i];
    }
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < 4; ++i) {
        int row = lane / 4 + (i >= 2 ? 8 : 0), col = lane % 4 * 2 + i % 2, sum = 0;
        for (int k = 0; k < 32; ++k) sum += left[row][k] * right[col][k];
        ((u32*)lanes[lane].out)[i] += (u32)sum;
      }
  });
}
