#if defined(__x86_64__)

// AVX-512 with VNNI: weights are the unsigned operand of vpdpbusd, and each block starts at -128 times the sum of the other operand.

#include <immintrin.h>
#include <stdint.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"))), apply_to = function)

#define KERNELS radphi_kernels_avx512
#define INT8_PRODUCTS "int8_template.h"
#define GROUP 4
#define GROUP_ONE 4
#define ROWS_INT8 3
#define ROWS_FP32 6
#define START_W8 -128

typedef int32_t dot_lanes __attribute__((ext_vector_type(16)));

#define DOT4(sum, w, a) ((dot_lanes)_mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(w), (__m512i)(a)))
#define DOT4_SMALL DOT4

#include "kernel_template.h"

#pragma clang attribute pop

#endif
