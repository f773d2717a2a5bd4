// The words of the kernels for a GPU: types, declarations, and one function for each instruction
// that C++ has no name for (sm_80 and later). The CPU build of the tests replaces this file.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;

#define DEV __device__ __forceinline__
#define KERNEL(threads, blocks) extern "C" __global__ void __launch_bounds__(threads, blocks)
#define SHARED(type, name, count) __shared__ type name[count]
#define DYNAMIC_SHARED(name) extern __shared__ __align__(128) u8 name[]

DEV u32 shared_address(const void* pointer) { return (u32)__cvta_generic_to_shared(pointer); }

DEV u32 rotate_left(u32 word, int bits) { return __funnelshift_l(word, word, bits); }

DEV u32 rotate_right(u32 word, int bits) { return __funnelshift_r(word, word, bits); }

DEV void store_pair(int* target, u32 first, u32 second) {
  *(int2*)target = make_int2((int)first, (int)second);
}

// 16 bytes from global to shared memory, behind the thread's back.
DEV void copy_async(u32 target, const void* source) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\n" ::"r"(target), "l"(source));
}

DEV void commit_copies() { asm volatile("cp.async.commit_group;\n"); }

// Waits until at most `Pending` of the thread's groups of copies are under way.
template <int Pending>
DEV void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(Pending) : "memory");
}

// Four 8 x 16 byte matrices; the address of row r of matrix i comes from lane 8 i + r.
DEV void load_matrices(u32 (&words)[4], u32 address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
               : "r"(address)
               : "memory");
}

// sums += a (16 x 32) . b (32 x 8), modulo 2^32: there is no saturation without .satfinite.
DEV void multiply_accumulate(u32 (&sums)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 "
      "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
      : "+r"(sums[0]), "+r"(sums[1]), "+r"(sums[2]), "+r"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
