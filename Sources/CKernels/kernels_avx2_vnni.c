#if defined(__x86_64__)

// For processors with AVX-VNNI and without AVX-512, such as Intel's since Alder Lake.

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avxvnni"))), apply_to = function)

#define KERNELS radphi_kernels_avx2_vnni
#define DPBUSD _mm256_dpbusd_avx_epi32

#include "kernels_vnni256.h"

#pragma clang attribute pop

#endif
