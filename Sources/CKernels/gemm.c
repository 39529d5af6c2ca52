#include "gemm.h"

#include "gemm_levels.h"

radphi_level radphi_best_level(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vnni"))
        return RADPHI_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) return RADPHI_AVX2;
#endif
    return RADPHI_SCALAR;
}

void radphi_gemm(
    radphi_level level, radphi_format format, const void *packed, int rows, const radphi_activations *activations, int first, int last, const float *bias,
    float *out, size_t stride, int accumulate) {
    const size_t bytes = radphi_panel_bytes(format, activations->columns);
    for (int p = first; p < last; p++) {
        const int row = p * RADPHI_PANEL;
        radphi_panel panel = {
            .format = format, .weights = (const uint8_t *)packed + (size_t)p * bytes, .valid = rows - row < RADPHI_PANEL ? rows - row : RADPHI_PANEL,
            .bias = bias ? bias + row : 0, .out = out + row, .stride = stride, .accumulate = accumulate};
        switch (level) {
#if defined(__x86_64__)
            case RADPHI_AVX512: radphi_panel_avx512(&panel, activations); break;
            case RADPHI_AVX2: radphi_panel_avx2(&panel, activations); break;
#endif
            default: radphi_panel_scalar(&panel, activations); break;
        }
    }
}
