// Leaves of operands, and tickets of tiles.
const int LEAF_CHUNKS_MAX = 513;  // of a strip of 32 x 16384 bytes behind its domain byte
const int TREE_THREADS = 288, HASH_THREADS = 128, TICKET_THREADS = 128, CANDIDATE_WORDS = 9;

// Chaining values of all chunks of all leaves. A leaf is H(0x00 || strip); a strip has 32 rows of
// k bytes, so its message is the strip moved by one byte, and its last chunk holds one byte.
// operand: int8[strips, 32, k] as words.  chains: u32[strips, chunks, 8], chunks = k / 32 + 1.
KERNEL(HASH_THREADS, 1)
hash_chunks(const u32* operand, u32* chains, int strips, int chunks) {
  int place = blockIdx.x * HASH_THREADS + threadIdx.x;
  if (place >= strips * chunks) return;
  int chunk = place % chunks;
  const u32* words = operand + (long long)(place / chunks) * (chunks - 1) * (CHUNK_BYTES / 4);
  words += (long long)chunk * (CHUNK_BYTES / 4);
  u32 chain[DIGEST_WORDS], last = chunk == 0 ? 0 : words[-1];
#pragma unroll
  for (int i = 0; i < DIGEST_WORDS; ++i) chain[i] = initial_word(i);
  if (chunk == chunks - 1) {
    u32 message[BLOCK_WORDS] = {last >> 24};
    advance(chain, message, chunk, 1, CHUNK_START | CHUNK_END);
  } else {
    for (int block = 0; block < CHUNK_BYTES / BLOCK_BYTES; ++block) {
      u32 message[BLOCK_WORDS];
#pragma unroll
      for (int i = 0; i < BLOCK_WORDS; ++i) {
        u32 word = words[block * BLOCK_WORDS + i];
        message[i] = word << 8 | last >> 24;
        last = word;
      }
      u32 ends = (block == 0 ? CHUNK_START : 0) | (block == 15 ? CHUNK_END : 0);
      advance(chain, message, chunk, BLOCK_BYTES, ends);
    }
  }
#pragma unroll
  for (int i = 0; i < DIGEST_WORDS; ++i) chains[(long long)place * DIGEST_WORDS + i] = chain[i];
}

// Leaves from the chaining values of their chunks, one block for each: pairs level by level, a last
// one without a partner goes up as it is.  leaves: u32[strips, 8].  Needs chunks >= 2.
KERNEL(TREE_THREADS, 1)
hash_trees(const u32* chains, u32* leaves, int chunks) {
  SHARED(u32, nodes, LEAF_CHUNKS_MAX * DIGEST_WORDS);
  const u32* source = chains + (long long)blockIdx.x * chunks * DIGEST_WORDS;
  int me = threadIdx.x;
  for (int i = me; i < chunks * DIGEST_WORDS; i += TREE_THREADS) nodes[i] = source[i];
  __syncthreads();
  for (int count = chunks; count > 1; count = (count + 1) / 2) {
    u32 node[DIGEST_WORDS];
    if (me < count / 2) {
      u32 message[BLOCK_WORDS];
#pragma unroll
      for (int i = 0; i < BLOCK_WORDS; ++i) message[i] = nodes[me * BLOCK_WORDS + i];
#pragma unroll
      for (int i = 0; i < DIGEST_WORDS; ++i) node[i] = initial_word(i);
      advance(node, message, 0, BLOCK_BYTES, PARENT | (count == 2 ? ROOT : 0));
    } else if (me < (count + 1) / 2) {
      load_digest(node, nodes + me * BLOCK_WORDS);
    }
    __syncthreads();
    if (me < (count + 1) / 2) {
#pragma unroll
      for (int i = 0; i < DIGEST_WORDS; ++i) nodes[me * DIGEST_WORDS + i] = node[i];
    }
    __syncthreads();
  }
  if (me < DIGEST_WORDS) leaves[blockIdx.x * DIGEST_WORDS + me] = nodes[me];
}

struct Candidate {
  u32 ticket[DIGEST_WORDS];
  u32 tile;
};

// Whether `a` is the better one: the smaller little-endian number, of equals the earlier tile.
DEV bool is_better(const Candidate& a, const Candidate& b) {
  for (int i = DIGEST_WORDS - 1; i >= 0; --i)
    if (a.ticket[i] != b.ticket[i]) return a.ticket[i] < b.ticket[i];
  return a.tile < b.tile;
}

DEV Candidate make_worst() {
  Candidate worst;
#pragma unroll
  for (int i = 0; i < DIGEST_WORDS; ++i) worst.ticket[i] = 0xFFFFFFFFu;
  worst.tile = 0xFFFFFFFFu;
  return worst;
}

// The best candidate of the block, written by its first thread.
DEV void write_best(const Candidate& mine, u32* target) {
  SHARED(Candidate, candidates, TICKET_THREADS);
  int me = threadIdx.x;
  candidates[me] = mine;
  for (int half = TICKET_THREADS / 2; half > 0; half /= 2) {
    __syncthreads();
    if (me < half && is_better(candidates[me + half], candidates[me]))
      candidates[me] = candidates[me + half];
  }
  if (me == 0) {
    for (int i = 0; i < DIGEST_WORDS; ++i) target[i] = candidates[0].ticket[i];
    target[DIGEST_WORDS] = candidates[0].tile;
  }
}

// ticket = keyed(key, transcript || u32 row || u32 col), 136 bytes; the best of each block.
// transcripts: u32[tiles, 32], row by row from row first_row of tiles.
// candidates: u32[blocks, 9], the ninth word the number of the tile in the whole product.
KERNEL(TICKET_THREADS, 1)
draw_tickets(const u32* transcripts, const u32* key, u32* candidates, int tiles, int cols,
             int first_row) {
  int tile = blockIdx.x * TICKET_THREADS + threadIdx.x;
  Candidate mine = make_worst();
  if (tile < tiles) {
    const u32* words = transcripts + (long long)tile * TILE;
    load_digest(mine.ticket, key);
    mine.tile = (u32)first_row * cols + tile;
#pragma unroll 1
    for (int block = 0; block < 2; ++block) {
      u32 message[BLOCK_WORDS];
#pragma unroll
      for (int i = 0; i < BLOCK_WORDS; ++i) message[i] = words[block * BLOCK_WORDS + i];
      advance(mine.ticket, message, 0, BLOCK_BYTES, KEYED | (block == 0 ? CHUNK_START : 0));
    }
    u32 place[BLOCK_WORDS] = {(u32)(first_row + tile / cols), (u32)(tile % cols)};
    advance(mine.ticket, place, 0, 8, KEYED | CHUNK_END | ROOT);
  }
  write_best(mine, candidates + (long long)blockIdx.x * CANDIDATE_WORDS);
}

// The best of the blocks' candidates.  One block.  best: u32[9].
KERNEL(TICKET_THREADS, 1)
choose_best(const u32* candidates, u32* best, int count) {
  Candidate mine = make_worst();
  for (int each = threadIdx.x; each < count; each += TICKET_THREADS) {
    Candidate other;
    const u32* words = candidates + (long long)each * CANDIDATE_WORDS;
    load_digest(other.ticket, words);
    other.tile = words[DIGEST_WORDS];
    if (is_better(other, mine)) mine = other;
  }
  write_best(mine, best);
}
