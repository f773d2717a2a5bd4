// How a packed operand lies in memory, and the constants that every kernel shares.
//
// A packed operand has `pitch` columns: the noised ones, padded to the kernel's unit, then room for
// the digits of the peel. With block_rows = 0 it is row-major. Otherwise it is cut into blocks of
// block_rows x 128 bytes, each contiguous, in which 16-byte chunk c of row r lies at chunk
// c ^ (r mod 8): the 128-byte swizzle in which wgmma reads shared memory.
const int TILE = 32;        // side of a tile, which draws one ticket
const int STEP = 64;        // columns between two folds; rank of the noise
const int ROTATION = 13;    // bits by which a transcript turns between two folds
const int PHASE = 2 * STEP; // columns of one phase of the peel
const u32 INVERSE_255 = 0xFEFEFEFFu;  // 255 * INVERSE_255 = 1 mod 2^32

struct Packing {
  long long row_start;
  int block_bytes, swizzle;  // block_bytes: from one block to the next in a row; 0 if row-major
};

DEV Packing locate_row(int row, int pitch, int block_rows) {
  if (block_rows == 0) return {(long long)row * pitch, 0, 0};
  long long block = (long long)(row / block_rows) * (pitch >> 7) * block_rows;
  return {(block + row % block_rows) << 7, block_rows << 7, (row & 7) << 4};
}

DEV long long locate(const Packing& row, int column) {
  if (row.block_bytes == 0) return row.row_start + column;
  return row.row_start + (long long)(column >> 7) * row.block_bytes +
         ((column & 127) ^ row.swizzle);
}

// Blocks of the product in an order that keeps operands in the second-level cache: eight rows of
// blocks at a time, down then across.
struct Place {
  int row, col;
};

DEV Place place_block(int index, int rows, int cols) {
  const int group = 8;
  int first = index / (group * cols) * group, within = index % (group * cols);
  int high = rows - first < group ? rows - first : group;
  return {first + within % high, within / high};
}
