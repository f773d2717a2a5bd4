// BLAKE3 (J. O'Connor, J.-P. Aumasson, S. Neves, Z. Wilcox-O'Hearn, 2020): one compression, and
// the few uses the kernels have for it.
enum { CHUNK_START = 1, CHUNK_END = 2, PARENT = 4, ROOT = 8, KEYED = 16 };
const int CHUNK_BYTES = 1024, BLOCK_BYTES = 64, BLOCK_WORDS = 16, DIGEST_WORDS = 8;

DEV u32 initial_word(int index) {
  const u32 words[8] = {0x6A09E667u, 0xBB67AE85u, 0x3C6EF372u, 0xA54FF53Au,
                        0x510E527Fu, 0x9B05688Cu, 0x1F83D9ABu, 0x5BE0CD19u};
  return words[index];
}

DEV void mix(u32& a, u32& b, u32& c, u32& d, u32 x, u32 y) {
  a += b + x;
  d = rotate_right(d ^ a, 16);
  c += d;
  b = rotate_right(b ^ c, 12);
  a += b + y;
  d = rotate_right(d ^ a, 8);
  c += d;
  b = rotate_right(b ^ c, 7);
}

DEV void permute(u32 (&message)[BLOCK_WORDS]) {
  const int order[16] = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
  u32 before[BLOCK_WORDS];
#pragma unroll
  for (int i = 0; i < BLOCK_WORDS; ++i) before[i] = message[i];
#pragma unroll
  for (int i = 0; i < BLOCK_WORDS; ++i) message[i] = before[order[i]];
}

// The state after one compression; its first half is the next chaining value. Spoils `message`.
DEV void compress(u32 (&state)[BLOCK_WORDS], const u32 (&chain)[DIGEST_WORDS],
                  u32 (&message)[BLOCK_WORDS], u64 counter, u32 length, u32 flags) {
#pragma unroll
  for (int i = 0; i < 8; ++i) state[i] = chain[i];
#pragma unroll
  for (int i = 0; i < 4; ++i) state[8 + i] = initial_word(i);
  state[12] = (u32)counter;
  state[13] = (u32)(counter >> 32);
  state[14] = length;
  state[15] = flags;
#pragma unroll
  for (int round = 0; round < 7; ++round) {
    mix(state[0], state[4], state[8], state[12], message[0], message[1]);
    mix(state[1], state[5], state[9], state[13], message[2], message[3]);
    mix(state[2], state[6], state[10], state[14], message[4], message[5]);
    mix(state[3], state[7], state[11], state[15], message[6], message[7]);
    mix(state[0], state[5], state[10], state[15], message[8], message[9]);
    mix(state[1], state[6], state[11], state[12], message[10], message[11]);
    mix(state[2], state[7], state[8], state[13], message[12], message[13]);
    mix(state[3], state[4], state[9], state[14], message[14], message[15]);
    permute(message);
  }
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    state[i] ^= state[i + 8];
    state[i + 8] ^= chain[i];
  }
}

DEV void advance(u32 (&chain)[DIGEST_WORDS], u32 (&message)[BLOCK_WORDS], u64 counter, u32 length,
                 u32 flags) {
  u32 state[BLOCK_WORDS];
  compress(state, chain, message, counter, length, flags);
#pragma unroll
  for (int i = 0; i < DIGEST_WORDS; ++i) chain[i] = state[i];
}

DEV void load_digest(u32 (&words)[DIGEST_WORDS], const u32* source) {
#pragma unroll
  for (int i = 0; i < DIGEST_WORDS; ++i) words[i] = source[i];
}

// Block `index` (64 bytes) of the keyed output stream of a message of one block.
DEV void read_stream(u32 (&out)[BLOCK_WORDS], const u32* key, u32 (&message)[BLOCK_WORDS],
                     u32 length, u64 index) {
  u32 chain[DIGEST_WORDS];
  load_digest(chain, key);
  compress(out, chain, message, index, length, KEYED | CHUNK_START | CHUNK_END | ROOT);
}

// The same for a label of one letter.
DEV void read_labelled_stream(u32 (&out)[BLOCK_WORDS], const u32* key, u8 label, u64 index) {
  u32 message[BLOCK_WORDS] = {label};
  read_stream(out, key, message, 1, index);
}
