// The product with its transcripts for any GPU from sm_80 on: mma.sync on int8, cp.async into a
// ring of stages, and the fold in registers: on an accumulator fragment the class of an element is
// the lane that holds it, so a transcript is one word of each lane.
#ifndef STAGES
#define STAGES 4
#endif
#ifndef FOLD  // 0: the same product without transcripts, to measure what they cost
#define FOLD 1
#endif
const int BM = 128, BN = 128, WM = 64, WN = 64, BK = STEP;
const int WARPS_ACROSS = BN / WN, GEMM_THREADS = 32 * (BM / WM) * WARPS_ACROSS;
const int MI = WM / 16, NI = WN / 8;         // fragments of a warp
const int TI = WM / TILE, TJ = WN / TILE;    // tiles of a warp
const int STAGE_BYTES = (BM + BN) * BK;
const int CHUNKS = BK / 16, PASS_ROWS = GEMM_THREADS / CHUNKS;

typedef u32 Sums[MI][NI][4];
typedef u32 States[TI][TJ];

// Chunk c of row r of a stage, so that neither ldmatrix nor cp.async meets a bank twice.
DEV u32 swizzle(int row, int chunk) { return row * BK + ((chunk ^ (row >> 1 & 3)) << 4); }

struct Ring {
  const s8 *a, *b;         // this thread's next chunks
  int a_pitch, b_pitch, b_skip;
  int left, peel_tiles;    // tiles still to load along the inner dimension; the last, the peel's
  u32 stages, mine, a_read, b_read, load_slot, use_slot;
};

DEV u32 next_slot(u32 slot) {
  return slot + STAGE_BYTES == STAGES * STAGE_BYTES ? 0 : slot + STAGE_BYTES;
}

// Starts the copies of one tile of the inner dimension; past the end, an empty group.
DEV void load_tile(Ring& ring) {
  if (ring.left > 0) {
    if (ring.left == ring.peel_tiles) ring.b += ring.b_skip;
    u32 target = ring.stages + ring.load_slot + ring.mine;
#pragma unroll
    for (int i = 0; i < BM / PASS_ROWS; ++i)
      copy_async(target + i * PASS_ROWS * BK, ring.a + (long long)(i * PASS_ROWS) * ring.a_pitch);
#pragma unroll
    for (int i = 0; i < BN / PASS_ROWS; ++i)
      copy_async(target + (BM + i * PASS_ROWS) * BK,
                 ring.b + (long long)(i * PASS_ROWS) * ring.b_pitch);
    ring.a += BK;
    ring.b += BK;
    --ring.left;
    ring.load_slot = next_slot(ring.load_slot);
  }
  commit_copies();
}

DEV void rotate_states(States& states) {
#pragma unroll
  for (int i = 0; i < TI * TJ; ++i)
    states[i / TJ][i % TJ] = rotate_left(states[i / TJ][i % TJ], ROTATION);
}

DEV void fold_fragment(States& states, const Sums& sums, int mi, int ni) {
  u32& state = states[mi * 16 / TILE][ni * 8 / TILE];
  state = state ^ sums[mi][ni][0] ^ sums[mi][ni][1];
  state = state ^ sums[mi][ni][2] ^ sums[mi][ni][3];
}

// One step. FoldBefore: the sums as they stand on entry, those of the step before, are folded
// between the first multiplications, so that the two kinds of work overlap; the first step folds
// zeros, which changes nothing.
template <int FoldBefore>
DEV void run_step(Ring& ring, Sums& sums, States& states) {
  if (FoldBefore) rotate_states(states);
  wait_for_copies<STAGES - 2>();
  __syncthreads();
  load_tile(ring);
  u32 from_a = ring.stages + ring.use_slot + ring.a_read;
  u32 from_b = ring.stages + ring.use_slot + ring.b_read;
  ring.use_slot = next_slot(ring.use_slot);
#pragma unroll
  for (int kk = 0; kk < BK / 32; ++kk) {
    u32 a[MI][4], b[NI / 2][4];
#pragma unroll
    for (int nj = 0; nj < NI / 2; ++nj) load_matrices(b[nj], (from_b ^ kk << 5) + nj * 16 * BK);
#pragma unroll
    for (int mi = 0; mi < MI; ++mi) load_matrices(a[mi], (from_a ^ kk << 5) + mi * 16 * BK);
#pragma unroll
    for (int mi = 0; mi < MI; ++mi)
#pragma unroll
      for (int ni = 0; ni < NI; ++ni) {
        if (FoldBefore && kk == 0) fold_fragment(states, sums, mi, ni);
        multiply_accumulate(sums[mi][ni], a[mi], b[ni / 2][ni % 2 * 2], b[ni / 2][ni % 2 * 2 + 1]);
      }
  }
}

DEV void scale(Sums& sums, u32 factor) {
#pragma unroll
  for (int i = 0; i < MI * NI * 4; ++i) sums[i / (NI * 4)][i / 4 % NI][i % 4] *= factor;
}

// a, b: packed row-major, rows filled up to whole blocks.  product: int32[m, n], may be null.
// transcripts: u32[m / 32, n / 32, 32].  The peel's columns start at k in a, at k + b_skip in b.
// Grid: one block for each BM x BN of the product.  Shared memory: STAGES * STAGE_BYTES.
KERNEL(GEMM_THREADS, 2)
multiply_mma(const s8* a, const s8* b, int* product, u32* transcripts, int m, int n, int k,
             int a_pitch, int b_pitch, int b_skip, int phases) {
  DYNAMIC_SHARED(stages);
  Place block = place_block(blockIdx.x, (m + BM - 1) / BM, (n + BN - 1) / BN);
  int me = threadIdx.x, lane = me % 32, warp = me / 32;
  int in_m = warp / WARPS_ACROSS * WM, in_n = warp % WARPS_ACROSS * WN;
  int peel_tiles = phases * (PHASE / BK);
  Ring ring = {
      a + (long long)(block.row * BM + me / CHUNKS) * a_pitch + me % CHUNKS * 16,
      b + (long long)(block.col * BN + me / CHUNKS) * b_pitch + me % CHUNKS * 16,
      a_pitch, b_pitch, b_skip, k / BK + peel_tiles, peel_tiles,
      shared_address(stages),
      swizzle(me / CHUNKS, me % CHUNKS),
      swizzle(in_m + lane % 16, lane / 16),
      BM * BK + swizzle(in_n + lane % 8 + lane / 16 * 8, lane / 8 % 2), 0, 0};
  Sums sums;
  States states;
#pragma unroll
  for (int i = 0; i < MI * NI * 4; ++i) sums[i / (NI * 4)][i / 4 % NI][i % 4] = 0;
#pragma unroll
  for (int i = 0; i < TI * TJ; ++i) states[i / TJ][i % TJ] = 0;
#pragma unroll
  for (int i = 0; i < STAGES - 1; ++i) load_tile(ring);

  for (int step = 0; step < k / STEP; ++step) run_step<FOLD>(ring, sums, states);
#if FOLD
  rotate_states(states);
#pragma unroll
  for (int i = 0; i < MI * NI; ++i) fold_fragment(states, sums, i / NI, i % NI);
  int tile_row = (block.row * BM + in_m) / TILE, tile_col = (block.col * BN + in_n) / TILE;
#pragma unroll
  for (int i = 0; i < TI * TJ; ++i) {
    int row = tile_row + i / TJ, col = tile_col + i % TJ;
    if (row < m / TILE && col < n / TILE)
      transcripts[((long long)row * (n / TILE) + col) * TILE + lane] = states[i / TJ][i % TJ];
  }
#endif
  for (int i = 1; i < phases; ++i) scale(sums, INVERSE_255);
  for (int phase = 0; phase < phases; ++phase) {
    if (phase > 0) scale(sums, 255);
#pragma unroll 1
    for (int i = 0; i < PHASE / BK; ++i) run_step<0>(ring, sums, states);
  }
  wait_for_copies<0>();
  if (!product) return;
#pragma unroll
  for (int i = 0; i < MI * NI; ++i) {
    int row = block.row * BM + in_m + i / NI * 16 + lane / 4;
    int col = block.col * BN + in_n + i % NI * 8 + lane % 4 * 2;
    int* target = product + (long long)row * n + col;
    const u32(&values)[4] = sums[i / NI][i % NI];
    if (row < m && col < n) store_pair(target, values[0], values[1]);
    if (row + 8 < m && col < n) store_pair(target + 8LL * n, values[2], values[3]);
  }
}
