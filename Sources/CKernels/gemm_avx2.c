#include "gemm_levels.h"

#if defined(__x86_64__)
#include <immintrin.h>

// Two tokens × 32 outputs at a time: the panel layout is the one of gemm_avx512.c, four 256-bit vectors wide. The integer sums are the same
// and so is the order of the fp32 additions: both levels give the same bits.

#define TARGET __attribute__((target("avx2,fma,f16c")))
#define INLINE static inline __attribute__((always_inline)) TARGET

INLINE void store(const radphi_panel *p, int t, const __m256 *f) {
    float *out = p->out + (size_t)t * p->stride;
    float values[32];
    for (int i = 0; i < 4; i++) _mm256_storeu_ps(values + 8 * i, f[i]);
    for (int n = 0; n < p->valid; n++) {
        const float value = p->bias ? values[n] + p->bias[n] : values[n];
        out[n] = p->accumulate ? out[n] + value : value;
    }
}

/// Σ of four products of signed bytes, in 32 bits. |w| ≤ 128 and |x| ≤ 127, so the 16-bit sums of two cannot overflow.
INLINE __m256i dot(__m256i sum, __m256i w, __m256i x) {
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

INLINE __m256i dot_unsigned(__m256i sum, __m256i w, __m256i x) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(w, x), _mm256_set1_epi16(1)));
}

INLINE __m256i four(const int8_t *q) {
    int32_t bytes;
    __builtin_memcpy(&bytes, q, 4);
    return _mm256_set1_epi32(bytes);
}

INLINE void quantized_tile(const int count, const int is_q4, const radphi_panel *p, const radphi_activations *a, int t0) {
    const int blocks = (a->columns + 31) / 32;
    const size_t bytes = is_q4 ? RADPHI_Q4_BYTES : RADPHI_Q8_BYTES;
    __m256 f[2][4];
    for (int t = 0; t < count; t++)
        for (int i = 0; i < 4; i++) f[t][i] = _mm256_setzero_ps();
    for (int b = 0; b < blocks; b++) {
        const uint8_t *block = p->weights + b * bytes;
        __m256i c[2][4];
        for (int t = 0; t < count; t++)
            for (int i = 0; i < 4; i++) c[t][i] = _mm256_set1_epi32(is_q4 ? -8 * a->sums[(size_t)(t0 + t) * blocks + b] : 0);
        for (int j = 0; j < (is_q4 ? 4 : 8); j++)
            for (int i = 0; i < 4; i++) {
                const __m256i w = _mm256_loadu_si256((const __m256i *)(block + 64 + j * 128 + i * 32));
                for (int t = 0; t < count; t++) {
                    const int8_t *q = a->q + ((size_t)(t0 + t) * blocks + b) * 32;
                    if (is_q4) {
                        const __m256i mask = _mm256_set1_epi8(15);
                        c[t][i] = dot_unsigned(c[t][i], _mm256_and_si256(w, mask), four(q + j * 8));
                        c[t][i] = dot_unsigned(c[t][i], _mm256_and_si256(_mm256_srli_epi16(w, 4), mask), four(q + j * 8 + 4));
                    } else {
                        c[t][i] = dot(c[t][i], _mm256_xor_si256(w, _mm256_set1_epi8((char)0x80)), four(q + j * 4));
                    }
                }
            }
        for (int i = 0; i < 4; i++) {
            const __m256 s = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(block + 16 * i)));
            for (int t = 0; t < count; t++)
                f[t][i] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(c[t][i]), _mm256_mul_ps(s, _mm256_set1_ps(a->scales[(size_t)(t0 + t) * blocks + b])), f[t][i]);
        }
    }
    for (int t = 0; t < count; t++) store(p, t0 + t, f[t]);
}

INLINE __m256 load(const int format, const uint8_t *weights, size_t at) {
    if (format == RADPHI_F32) return _mm256_loadu_ps((const float *)weights + at);
    const __m128i half = _mm_loadu_si128((const __m128i *)((const uint16_t *)weights + at));
    if (format == RADPHI_F16) return _mm256_cvtph_ps(half);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}

INLINE void float_tile(const int count, const int format, const radphi_panel *p, const radphi_activations *a, int t0) {
    __m256 f[2][4];
    for (int t = 0; t < count; t++)
        for (int i = 0; i < 4; i++) f[t][i] = _mm256_setzero_ps();
    for (int k = 0; k < a->columns; k++)
        for (int i = 0; i < 4; i++) {
            const __m256 w = load(format, p->weights, (size_t)k * 32 + 8 * i);
            for (int t = 0; t < count; t++) f[t][i] = _mm256_fmadd_ps(w, _mm256_set1_ps(a->x[(size_t)(t0 + t) * a->columns + k]), f[t][i]);
        }
    for (int t = 0; t < count; t++) store(p, t0 + t, f[t]);
}

INLINE void quantized_panel(const int is_q4, const radphi_panel *p, const radphi_activations *a) {
    int t = 0;
    for (; t + 2 <= a->tokens; t += 2) quantized_tile(2, is_q4, p, a, t);
    if (t < a->tokens) quantized_tile(1, is_q4, p, a, t);
}

INLINE void float_panel(const int format, const radphi_panel *p, const radphi_activations *a) {
    int t = 0;
    for (; t + 2 <= a->tokens; t += 2) float_tile(2, format, p, a, t);
    if (t < a->tokens) float_tile(1, format, p, a, t);
}

TARGET static void q8_panel(const radphi_panel *p, const radphi_activations *a) { quantized_panel(0, p, a); }
TARGET static void q4_panel(const radphi_panel *p, const radphi_activations *a) { quantized_panel(1, p, a); }
TARGET static void f32_panel(const radphi_panel *p, const radphi_activations *a) { float_panel(RADPHI_F32, p, a); }
TARGET static void f16_panel(const radphi_panel *p, const radphi_activations *a) { float_panel(RADPHI_F16, p, a); }
TARGET static void bf16_panel(const radphi_panel *p, const radphi_activations *a) { float_panel(RADPHI_BF16, p, a); }

void radphi_panel_avx2(const radphi_panel *p, const radphi_activations *a) {
    switch (p->format) {
        case RADPHI_Q8: q8_panel(p, a); break;
        case RADPHI_Q4: q4_panel(p, a); break;
        case RADPHI_F32: f32_panel(p, a); break;
        case RADPHI_F16: f16_panel(p, a); break;
        case RADPHI_BF16: bf16_panel(p, a); break;
    }
}
#endif
