#if defined(__x86_64__)

// The same source where only AVX-512 brings VNNI, so that it can be tested there. The compiler may use full vectors here: its speed says nothing.

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512vl,avx512vnni"))), apply_to = function)

#define KERNELS radphi_kernels_avx2_vnni_evex
#define DPBUSD _mm256_dpbusd_epi32

#include "kernels_vnni256.h"

#pragma clang attribute pop

#endif
