#include "gemm_levels.h"

#if defined(__x86_64__)
#include <immintrin.h>

// Tiles of 6 tokens × 32 outputs for quantised weights (12 integer and 12 fp32 accumulators) and of 12 × 32 for the others. A tile with fewer
// tokens does the same operations on the tokens it has, so a token's result does not depend on its company.

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,f16c,fma")))
#define INLINE static inline __attribute__((always_inline)) TARGET

INLINE void store(const radphi_panel *p, int t, __m512 low, __m512 high) {
    const __mmask16 m0 = p->valid >= 16 ? 0xFFFF : (__mmask16)((1u << p->valid) - 1);
    const __mmask16 m1 = p->valid >= 32 ? 0xFFFF : p->valid <= 16 ? 0 : (__mmask16)((1u << (p->valid - 16)) - 1);
    float *out = p->out + (size_t)t * p->stride;
    if (p->bias) {
        low = _mm512_add_ps(low, _mm512_maskz_loadu_ps(m0, p->bias));
        high = _mm512_add_ps(high, _mm512_maskz_loadu_ps(m1, p->bias + 16));
    }
    if (p->accumulate) {
        low = _mm512_add_ps(_mm512_maskz_loadu_ps(m0, out), low);
        high = _mm512_add_ps(_mm512_maskz_loadu_ps(m1, out + 16), high);
    }
    _mm512_mask_storeu_ps(out, m0, low);
    _mm512_mask_storeu_ps(out + 16, m1, high);
}

INLINE __m512i four(const int8_t *q) {
    int32_t bytes;
    __builtin_memcpy(&bytes, q, 4);
    return _mm512_set1_epi32(bytes);
}

INLINE void quantized_tile(const int count, const int is_q4, const radphi_panel *p, const radphi_activations *a, int t0) {
    const int blocks = (a->columns + 31) / 32;
    const size_t bytes = is_q4 ? RADPHI_Q4_BYTES : RADPHI_Q8_BYTES;
    const int8_t *q = a->q + (size_t)t0 * blocks * 32;
    const float *scales = a->scales + (size_t)t0 * blocks;
    const int32_t *sums = a->sums + (size_t)t0 * blocks;
    const size_t row = (size_t)blocks * 32;
    __m512 f[6][2];
    for (int t = 0; t < count; t++) f[t][0] = f[t][1] = _mm512_setzero_ps();
    for (int b = 0; b < blocks; b++) {
        const uint8_t *block = p->weights + b * bytes;
        if (count <= 2) {
            for (size_t ahead = 0; ahead < bytes; ahead += 64) _mm_prefetch((const char *)block + 2 * RADPHI_Q8_BYTES + ahead, _MM_HINT_T0);
        }
        __m512i c[6][2];
        for (int t = 0; t < count; t++) c[t][0] = c[t][1] = _mm512_set1_epi32(-(is_q4 ? 8 : 128) * sums[(size_t)t * blocks + b]);
        if (is_q4) {
            const __m512i mask = _mm512_set1_epi8(15);
            for (int j = 0; j < 4; j++) {
                const __m512i w0 = _mm512_loadu_si512(block + 64 + j * 128);
                const __m512i w1 = _mm512_loadu_si512(block + 128 + j * 128);
                const __m512i l0 = _mm512_and_si512(w0, mask), h0 = _mm512_and_si512(_mm512_srli_epi16(w0, 4), mask);
                const __m512i l1 = _mm512_and_si512(w1, mask), h1 = _mm512_and_si512(_mm512_srli_epi16(w1, 4), mask);
                for (int t = 0; t < count; t++) {
                    const __m512i x = four(q + t * row + b * 32 + j * 8);
                    c[t][0] = _mm512_dpbusd_epi32(c[t][0], l0, x);
                    c[t][1] = _mm512_dpbusd_epi32(c[t][1], l1, x);
                }
                for (int t = 0; t < count; t++) {
                    const __m512i x = four(q + t * row + b * 32 + j * 8 + 4);
                    c[t][0] = _mm512_dpbusd_epi32(c[t][0], h0, x);
                    c[t][1] = _mm512_dpbusd_epi32(c[t][1], h1, x);
                }
            }
        } else {
            for (int j = 0; j < 8; j++) {
                const __m512i w0 = _mm512_loadu_si512(block + 64 + j * 128);
                const __m512i w1 = _mm512_loadu_si512(block + 128 + j * 128);
                for (int t = 0; t < count; t++) {
                    const __m512i x = four(q + t * row + b * 32 + j * 4);
                    c[t][0] = _mm512_dpbusd_epi32(c[t][0], w0, x);
                    c[t][1] = _mm512_dpbusd_epi32(c[t][1], w1, x);
                }
            }
        }
        const __m512 s0 = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)block));
        const __m512 s1 = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(block + 32)));
        for (int t = 0; t < count; t++) {
            const __m512 s = _mm512_set1_ps(scales[(size_t)t * blocks + b]);
            f[t][0] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(c[t][0]), _mm512_mul_ps(s0, s), f[t][0]);
            f[t][1] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(c[t][1]), _mm512_mul_ps(s1, s), f[t][1]);
        }
    }
    for (int t = 0; t < count; t++) store(p, t0 + t, f[t][0], f[t][1]);
}

INLINE __m512 load(const int format, const uint8_t *weights, size_t at) {
    if (format == RADPHI_F32) return _mm512_loadu_ps((const float *)weights + at);
    const __m256i half = _mm256_loadu_si256((const __m256i *)((const uint16_t *)weights + at));
    if (format == RADPHI_F16) return _mm512_cvtph_ps(half);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

INLINE void float_tile(const int count, const int format, const radphi_panel *p, const radphi_activations *a, int t0) {
    const int columns = a->columns;
    const float *x = a->x + (size_t)t0 * columns;
    __m512 f[12][2];
    for (int t = 0; t < count; t++) f[t][0] = f[t][1] = _mm512_setzero_ps();
    for (int k = 0; k < columns; k++) {
        if (count <= 2) _mm_prefetch((const char *)p->weights + (size_t)k * (format == RADPHI_F32 ? 128 : 64) + 1536, _MM_HINT_T0);
        const __m512 w0 = load(format, p->weights, (size_t)k * 32);
        const __m512 w1 = load(format, p->weights, (size_t)k * 32 + 16);
        for (int t = 0; t < count; t++) {
            const __m512 v = _mm512_set1_ps(x[(size_t)t * columns + k]);
            f[t][0] = _mm512_fmadd_ps(w0, v, f[t][0]);
            f[t][1] = _mm512_fmadd_ps(w1, v, f[t][1]);
        }
    }
    for (int t = 0; t < count; t++) store(p, t0 + t, f[t][0], f[t][1]);
}

#define CASE_Q(n) case n: quantized_tile(n, is_q4, p, a, t); break;
#define CASE_F(n) case n: float_tile(n, format, p, a, t); break;

INLINE void quantized_panel(const int is_q4, const radphi_panel *p, const radphi_activations *a) {
    int t = 0;
    for (; t + 6 <= a->tokens; t += 6) quantized_tile(6, is_q4, p, a, t);
    switch (a->tokens - t) { CASE_Q(1) CASE_Q(2) CASE_Q(3) CASE_Q(4) CASE_Q(5) default: break; }
}

INLINE void float_panel(const int format, const radphi_panel *p, const radphi_activations *a) {
    int t = 0;
    for (; t + 12 <= a->tokens; t += 12) float_tile(12, format, p, a, t);
    switch (a->tokens - t) {
        CASE_F(1) CASE_F(2) CASE_F(3) CASE_F(4) CASE_F(5) CASE_F(6) CASE_F(7) CASE_F(8) CASE_F(9) CASE_F(10) CASE_F(11)
        default: break;
    }
}

TARGET static void q8_panel(const radphi_panel *p, const radphi_activations *a) { quantized_panel(0, p, a); }
TARGET static void q4_panel(const radphi_panel *p, const radphi_activations *a) { quantized_panel(1, p, a); }
TARGET static void f32_panel(const radphi_panel *p, const radphi_activations *a) { float_panel(RADPHI_F32, p, a); }
TARGET static void f16_panel(const radphi_panel *p, const radphi_activations *a) { float_panel(RADPHI_F16, p, a); }
TARGET static void bf16_panel(const radphi_panel *p, const radphi_activations *a) { float_panel(RADPHI_BF16, p, a); }

void radphi_panel_avx512(const radphi_panel *p, const radphi_activations *a) {
    switch (p->format) {
        case RADPHI_Q8: q8_panel(p, a); break;
        case RADPHI_Q4: q4_panel(p, a); break;
        case RADPHI_F32: f32_panel(p, a); break;
        case RADPHI_F16: f16_panel(p, a); break;
        case RADPHI_BF16: bf16_panel(p, a); break;
    }
}
#endif
