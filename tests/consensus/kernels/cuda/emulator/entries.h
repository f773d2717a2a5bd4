// What Python calls: one entry for each kernel, the last fault, and the device's buffers.
#pragma once
#include "hopper.h"

#define ENTRY(kernel)                                                                        \
  extern "C" int emulate_##kernel(u32 blocks, u32 threads, u32 shared_bytes, int count,      \
                                  const u64* arguments) {                                    \
    return emulator::launch(kernel, blocks, threads, shared_bytes, count, arguments);        \
  }

extern "C" const char* get_fault() { return emulator::fault; }

extern "C" void add_buffer(u64 address, u64 size) { emulator::buffers[address] = size; }

extern "C" void remove_buffer(u64 address) { emulator::buffers.erase(address); }
