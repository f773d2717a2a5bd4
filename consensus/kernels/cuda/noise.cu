// Noise from its seed, noised operands in the packing of the product's kernel, and the digits that
// take the noise off again.
const int NOISE_THREADS = 128, PACK_THREADS = 256, DIGIT_THREADS = 256;

// A Seeded operand: each byte of a keyed stream mod 127 less 63.  One thread for 64 values.
// message: u32[16], zeros behind its `length` bytes.
KERNEL(NOISE_THREADS, 1)
expand_operand(const u32* key, const u32* message, int length, s8* operand, int blocks) {
  int block = blockIdx.x * NOISE_THREADS + threadIdx.x;
  if (block >= blocks) return;
  u32 words[BLOCK_WORDS], out[BLOCK_WORDS];
#pragma unroll
  for (int i = 0; i < BLOCK_WORDS; ++i) words[i] = message[i];
  read_stream(out, key, words, length, block);
  u32* target = (u32*)operand + (long long)block * BLOCK_WORDS;
#pragma unroll
  for (int i = 0; i < BLOCK_WORDS; ++i) {
    u32 packed = 0;
#pragma unroll
    for (int byte = 0; byte < 4; ++byte) {
      u32 drawn = out[i] >> 8 * byte & 255;
      packed |= (drawn % 127 - 63 & 255) << 8 * byte;
    }
    target[i] = packed;
  }
}

// The left factor, one row a thread: X[i, q] = (byte & 63) - 32.  left: int8[rows, 64].
KERNEL(NOISE_THREADS, 1)
draw_left(const u32* key, s8* left, int rows) {
  int row = blockIdx.x * NOISE_THREADS + threadIdx.x;
  if (row >= rows) return;
  u32 out[BLOCK_WORDS];
  read_labelled_stream(out, key, 'X', row);
  u32* target = (u32*)left + (long long)row * BLOCK_WORDS;
#pragma unroll
  for (int i = 0; i < BLOCK_WORDS; ++i) {
    u32 packed = 0;
#pragma unroll
    for (int byte = 0; byte < 4; ++byte)
      packed |= ((out[i] >> 8 * byte & 63) - 32 & 255) << 8 * byte;
    target[i] = packed;
  }
}

// The right factor, one step a block: two stable sorts of 64 words, by counting smaller ones.
// places: u8[2, k], place (h, c) the row of X that column c adds (h = 0) or takes off (h = 1).
// columns: u16[2, k / 64, 64], the inverse: of each row of X its column in each step.
KERNEL(2 * STEP, 1)
draw_right(const u32* key, u8* places, u16* columns, int k) {
  SHARED(u32, words, 2 * STEP);
  int me = threadIdx.x, step = blockIdx.x;
  if (me < 8) {
    u32 out[BLOCK_WORDS];
    read_labelled_stream(out, key, 'P', (u64)step * 8 + me);
#pragma unroll
    for (int i = 0; i < BLOCK_WORDS; ++i) words[me * BLOCK_WORDS + i] = out[i];
  }
  __syncthreads();
  int half = me / STEP, row = me % STEP, rank = 0;
  for (int other = 0; other < STEP; ++other) {
    u32 word = words[half * STEP + other];
    rank += word < words[me] || (word == words[me] && other < row);
  }
  int start = half * k + step * STEP;
  places[start + rank] = (u8)row;
  columns[start + row] = (u16)(step * STEP + rank);
}

// The noised operand, packed: 16 columns a thread, zeros where the operand has none.
// operand: int8[rows, k].  left: int8[rows, 64], null for an operand that has its noise already.
KERNEL(PACK_THREADS, 1)
pack(const s8* operand, const s8* left, const u8* places, s8* packed, int rows, int k,
     int rows_padded, int k_padded, int pitch, int block_rows) {
  int across = k_padded / 16;
  long long place = (long long)blockIdx.x * PACK_THREADS + threadIdx.x;
  if (place >= (long long)rows_padded * across) return;
  int row = (int)(place / across), column = (int)(place % across) * 16;
  __align__(16) s8 values[16] = {};
  if (row < rows && column < k) {
    *(uint4*)values = *(const uint4*)(operand + (long long)row * k + column);
    if (left) {
      const s8* mine = left + (long long)row * STEP;
      __align__(16) u8 plus[16], minus[16];
      *(uint4*)plus = *(const uint4*)(places + column);
      *(uint4*)minus = *(const uint4*)(places + k + column);
#pragma unroll
      for (int i = 0; i < 16; ++i) values[i] += mine[plus[i]] - mine[minus[i]];
    }
  }
  *(uint4*)(packed + locate(locate_row(row, pitch, block_rows), column)) = *(uint4*)values;
}

// The peel's columns: the other side's right factor applied to this operand, as digits to the base
// 255, most significant phase first, beside this side's left factor. Side A (negated, so that the
// product subtracts) is [-digit | -X], side B is [Y | digit].
// source: what is projected, pitch and packing of its own.  columns: u16[depth, 64] of the other
// side, first those that add, then those that take off; 0xFFFF is none.
KERNEL(DIGIT_THREADS, 1)
append_digits(const s8* source, int source_pitch, int source_block_rows, const u16* columns,
              int depth_plus, int depth_minus, const s8* left, s8* packed, int rows,
              int rows_padded, int first_column, int pitch, int block_rows, int phases,
              int is_side_a) {
  int row = blockIdx.x * (DIGIT_THREADS / STEP) + threadIdx.x / STEP, q = threadIdx.x % STEP;
  if (row >= rows_padded) return;
  int value = 0, factor = 0;
  if (row < rows) {
    Packing from = locate_row(row, source_pitch, source_block_rows);
    for (int each = 0; each < depth_plus + depth_minus; ++each) {
      int column = columns[each * STEP + q];
      int element = column == 0xFFFF ? 0 : source[locate(from, column)];
      value += each < depth_plus ? element : -element;
    }
    factor = left[(long long)row * STEP + q];
  }
  Packing to = locate_row(row, pitch, block_rows);
  for (int phase = phases - 1; phase >= 0; --phase) {
    int above = (value + 127 + 255 * 65536) / 255 - 65536;  // floor((value + 127) / 255)
    int digit = value - 255 * above, column = first_column + phase * PHASE + q;
    packed[locate(to, column)] = (s8)(is_side_a ? -digit : factor);
    packed[locate(to, column + STEP)] = (s8)(is_side_a ? -factor : digit);
    value = above;
  }
}
