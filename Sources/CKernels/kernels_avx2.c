#if defined(__x86_64__)

// AVX2 with FMA and F16C.

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define KERNELS radphi_kernels_avx2
#define INT8_PRODUCTS "int8_avx2.h"
#define GROUP 1
#define GROUP_ONE 4
#define ROWS_FP32 6

#include "kernel_template.h"

#pragma clang attribute pop

#endif
