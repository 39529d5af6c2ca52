#if defined(__x86_64__)

// AVX-512 with VNNI: weights are the unsigned operand of vpdpbusd, and each block starts at -128 times the sum of the other operand.

#include <immintrin.h>
#include <stdint.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"))), apply_to = function)

#define KERNELS radphi_kernels_avx512
#define GROUP 4
#define GROUP_ONE 4
#define READ_AHEAD 0
#define ROWS_W8 3
#define ROWS_W4 3
#define ROWS_FP32 6
#define START_W8 -128

typedef int32_t dot_lanes __attribute__((ext_vector_type(16)));

#define DOT4(sum, w, a) ((dot_lanes)_mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(w), (__m512i)(a)))
typedef dot_lanes nibble_sums;
#define NIBBLE_START(start) (start)
#define NIBBLE_DOT DOT4
#define NIBBLE_TOTAL(sums, start) ((void)(start), sums)

#include "kernel_template.h"

#pragma clang attribute pop

#endif
