// The product with its transcripts for Hopper (sm_90a): wgmma on operands in shared memory, filled
// by one thread with bulk copies; no tensor maps, as the operands are packed in the very blocks and
// swizzle that wgmma reads. Blocks stay resident and take one 128 x 256 part after another.
#ifndef WIDE_STAGES
#define WIDE_STAGES 4
#endif
#ifndef FOLD
#define FOLD 1
#endif
const int WIDE_M = 128, WIDE_N = 256, WIDE_K = 128, WIDE_THREADS = 384;
const int WIDE_A = WIDE_M * WIDE_K, WIDE_B = WIDE_N * WIDE_K, WIDE_STAGE = WIDE_A + WIDE_B;
const int WIDE_TILES = WIDE_N / TILE;       // tiles across; each warp holds 16 rows of all of them
const int GROUP_ROWS = 64, CONSUMER_WARPS = 8;

// A matrix with rows of 128 bytes under the 128-byte swizzle, 8 rows = 1024 bytes apart.
DEV u64 describe(u32 address) {
  return (u64)((address & 0x3FFFF) >> 4) | (u64)1 << 16 | (u64)(1024 >> 4) << 32 | (u64)1 << 62;
}

struct Stages {
  u32 base, barriers, index, parity;
};

DEV u32 full_barrier(const Stages& at) { return at.barriers + 8 * at.index; }

DEV u32 empty_barrier(const Stages& at) { return at.barriers + 8 * (WIDE_STAGES + at.index); }

DEV u32 stage_address(const Stages& at) { return at.base + at.index * WIDE_STAGE; }

DEV void advance_stage(Stages& at) {
  if (++at.index == WIDE_STAGES) {
    at.index = 0;
    at.parity ^= 1;
  }
}

struct Inner {
  int main, peel;          // tiles of the inner dimension: the product's, the peel's
  int a_blocks, b_blocks;  // blocks in a packed row
  int b_skip;              // blocks between the product's and the peel's in b
};

// The producer: fills the stages of one part of the product.
DEV void load_part(Stages& at, const s8* a, const s8* b, const Place& part, const Inner& inner) {
  const s8* from_a = a + (u64)part.row * inner.a_blocks * WIDE_A;
  const s8* from_b = b + (u64)part.col * inner.b_blocks * WIDE_B;
  for (int i = 0; i < inner.main + inner.peel; ++i) {
    if (i == inner.main) from_b += (u64)inner.b_skip * WIDE_B;
    wait_barrier(empty_barrier(at), at.parity);
    expect_bytes(full_barrier(at), WIDE_STAGE);
    copy_bulk(stage_address(at), from_a, WIDE_A, full_barrier(at));
    copy_bulk(stage_address(at) + WIDE_A, from_b, WIDE_B, full_barrier(at));
    from_a += WIDE_A;
    from_b += WIDE_B;
    advance_stage(at);
  }
}

// Multiplies one step of a stage by a group of four warps.
DEV void multiply_step(u32 (&sums)[128], u32 a, u32 b) {
  begin_products();
#pragma unroll
  for (int kk = 0; kk < STEP; kk += 32) multiply_wide(sums, describe(a + kk), describe(b + kk));
  end_products();
}

DEV void fold_sums(u32 (&states)[WIDE_TILES], const u32 (&sums)[128]) {
#pragma unroll
  for (int i = 0; i < WIDE_TILES; ++i) states[i] = rotate_left(states[i], ROTATION);
#pragma unroll
  for (int i = 0; i < 64; ++i)
    states[i / 2 * 8 / TILE] = states[i / 2 * 8 / TILE] ^ sums[2 * i] ^ sums[2 * i + 1];
}

DEV void scale(u32 (&sums)[128], u32 factor) {
#pragma unroll
  for (int i = 0; i < 128; ++i) sums[i] *= factor;
}

// One part of the product by one group of four warps: 64 x 256 sums, and their transcripts.
DEV void multiply_part(Stages& at, u32 (&sums)[128], u32 (&states)[WIDE_TILES], u32 a_offset,
                       int steps, const Inner& inner) {
#pragma unroll
  for (int i = 0; i < 128; ++i) sums[i] = 0;
#pragma unroll
  for (int i = 0; i < WIDE_TILES; ++i) states[i] = 0;
  for (int i = 0; i < inner.main + inner.peel; ++i) {
    if (i == inner.main)
      for (int phase = 1; phase < inner.peel; ++phase) scale(sums, INVERSE_255);
    if (i > inner.main) scale(sums, 255);
    wait_barrier(full_barrier(at), at.parity);
    u32 a = stage_address(at) + a_offset, b = stage_address(at) + WIDE_A;
#pragma unroll
    for (int half = 0; half < WIDE_K / STEP; ++half) {
      multiply_step(sums, a + half * STEP, b + half * STEP);
      if (half == 1 && threadIdx.x % 32 == 0) arrive(empty_barrier(at));
      if (FOLD && 2 * i + half < steps) fold_sums(states, sums);
    }
    advance_stage(at);
  }
}

// a, b: packed in blocks of 128 and 256 rows, rows filled up to whole blocks, k to whole tiles.
// product: int32[m, n], may be null.  transcripts: u32[m / 32, n / 32, 32], zeros before: two warps
// share a tile.  The peel's columns start behind the product's in a, b_skip later in b.
// Grid: as many blocks as the GPU holds.  Shared memory: 2048 + WIDE_STAGES * WIDE_STAGE.
KERNEL(WIDE_THREADS, 1)
multiply_wgmma(const s8* a, const s8* b, int* product, u32* transcripts, int m, int n, int k,
               int a_pitch, int b_pitch, int b_skip, int phases) {
  DYNAMIC_SHARED(shared);
  u32 start = shared_address(shared);
  Stages at = {(start + 16 * WIDE_STAGES + 1023) & ~1023u, start, 0, 0};
  Inner inner = {(k + WIDE_K - 1) / WIDE_K, phases, a_pitch / WIDE_K, b_pitch / WIDE_K,
                 b_skip / WIDE_K};
  int high = (m + WIDE_M - 1) / WIDE_M, wide = (n + WIDE_N - 1) / WIDE_N;
  if (threadIdx.x == 0) {
    for (at.index = 0; at.index < WIDE_STAGES; ++at.index) {
      init_barrier(full_barrier(at), 1);
      init_barrier(empty_barrier(at), CONSUMER_WARPS);
    }
    publish_barriers();
  }
  at.index = 0;
  __syncthreads();
  int group = threadIdx.x / 128;
  if (group == 0) {
    give_registers<40>();
    at.parity = 1;  // every stage is empty at first
    if (threadIdx.x == 0)
      for (int i = blockIdx.x; i < high * wide; i += gridDim.x)
        load_part(at, a, b, place_block(i, high, wide), inner);
    return;
  }
  take_registers<232>();
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32 % 4;
  for (int i = blockIdx.x; i < high * wide; i += gridDim.x) {
    Place part = place_block(i, high, wide);
    u32 sums[128], states[WIDE_TILES];
    multiply_part(at, sums, states, (group - 1) * GROUP_ROWS * WIDE_K, k / STEP, inner);
    int first_row = part.row * WIDE_M + (group - 1) * GROUP_ROWS + warp * 16;
    int first_col = part.col * WIDE_N;
#if FOLD
#pragma unroll
    for (int tile = 0; tile < WIDE_TILES; ++tile) {
      int row = first_row / TILE, col = first_col / TILE + tile;
      if (row < m / TILE && col < n / TILE)
        atomicXor(transcripts + ((u64)row * (n / TILE) + col) * TILE + lane, states[tile]);
    }
#endif
    if (!product) continue;
#pragma unroll
    for (int j = 0; j < 32; ++j) {
      int row = first_row + lane / 4, col = first_col + j * 8 + lane % 4 * 2;
      int* target = product + (u64)row * n + col;
      if (row < m && col < n) store_pair(target, sums[4 * j], sums[4 * j + 1]);
      if (row + 8 < m && col < n) store_pair(target + 8LL * n, sums[4 * j + 2], sums[4 * j + 3]);
    }
  }
}
