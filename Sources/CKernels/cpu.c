#include "kernel_table.h"

#if defined(__x86_64__)
#include <cpuid.h>

bool radphi_has_avx_vnni(void) {
    unsigned a = 0, b, c, d;
    return __builtin_cpu_supports("avx2") && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & 1u << 4);
}
#elif defined(__aarch64__)
#include <sys/auxv.h>
enum { DOT_PRODUCT = 1 << 20 }; // HWCAP_ASIMDDP
#endif

bool radphi_has_instructions(radphi_instructions set) {
    switch (set) {
    case RADPHI_SCALAR: return true;
#if defined(__x86_64__)
    case RADPHI_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    case RADPHI_AVX2_VNNI:
        return radphi_has_instructions(RADPHI_AVX2) && (radphi_has_avx_vnni() || (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni")));
    case RADPHI_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni") && radphi_has_instructions(RADPHI_AVX2);
#elif defined(__aarch64__)
    case RADPHI_NEON: return (getauxval(AT_HWCAP) & DOT_PRODUCT) != 0;
#endif
    default: return false;
    }
}

const radphi_kernels *radphi_kernels_for(int set) {
#if defined(__x86_64__)
    if (set == RADPHI_AVX512 && radphi_has_instructions(RADPHI_AVX512)) return &radphi_kernels_avx512;
    if (set == RADPHI_AVX2_VNNI && radphi_has_instructions(RADPHI_AVX2_VNNI))
        return radphi_has_avx_vnni() ? &radphi_kernels_avx2_vnni : &radphi_kernels_avx2_vnni_evex;
    if (set == RADPHI_AVX2 && radphi_has_instructions(RADPHI_AVX2)) return &radphi_kernels_avx2;
#elif defined(__aarch64__)
    if (set == RADPHI_NEON && radphi_has_instructions(RADPHI_NEON)) return &radphi_kernels_neon;
#endif
    (void)set;
    return &radphi_kernels_scalar;
}
