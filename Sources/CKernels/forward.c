#include "forward.h"

#include <math.h>
#include <string.h>

#include "gemm.h"

// Written as plain loops over 16 lanes that the compiler turns into vectors of whatever width the processor has; the loader picks the clone.
#if defined(__x86_64__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif
#define INLINE static inline __attribute__((always_inline))
#define LANES 16

INLINE float lane_sum(float *s) {
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int i = 0; i < width; i++) s[i] += s[i + width];
    return s[0];
}

/// e^x to about 2 units in the last place, without branches: 2^n · a polynomial on [−ln 2 / 2, ln 2 / 2] (Cephes' expf coefficients).
INLINE float exponential(float x) {
    x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    const float n = __builtin_rintf(x * 1.44269504088896341f);
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    const int32_t bits = ((int32_t)n + 127) << 23;
    float scale;
    memcpy(&scale, &bits, 4);
    return p * scale;
}

CLONES void radphi_norm(const float *x, const float *weight, const float *bias, float eps, int n, float *out) {
    float s[LANES] = {0};
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) s[l] += x[i + l];
    for (int l = 0; i + l < n; l++) s[l] += x[i + l];
    const float mean = lane_sum(s) / (float)n;
    float q[LANES] = {0};
    for (i = 0; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) q[l] += (x[i + l] - mean) * (x[i + l] - mean);
    for (int l = 0; i + l < n; l++) q[l] += (x[i + l] - mean) * (x[i + l] - mean);
    const float factor = 1.0f / sqrtf(lane_sum(q) / (float)n + eps);
    for (i = 0; i < n; i++) out[i] = (x[i] - mean) * factor * weight[i] + bias[i];
}

CLONES void radphi_gelu(float *x, int64_t n) {
    // ½x(1 + tanh u) = x / (1 + e^−2u)
    for (int64_t i = 0; i < n; i++) {
        const float v = x[i];
        const float u = 0.7978845608028654f * (v + 0.044715f * v * v * v);
        x[i] = v / (1.0f + exponential(-2.0f * u));
    }
}

CLONES void radphi_rotate(float *heads, int count, int size, int rotary, const float *cosines, const float *sines) {
    const int half = rotary / 2;
    for (int h = 0; h < count; h++) {
        float *a = heads + (size_t)h * size, *b = a + half;
        for (int i = 0; i < half; i++) {
            const float x = a[i], y = b[i];
            a[i] = x * cosines[i] - y * sines[i];
            b[i] = y * cosines[i] + x * sines[i];
        }
    }
}

CLONES void radphi_quantize_row(const float *x, int columns, int8_t *q, float *scales, int32_t *sums) {
    const int blocks = (columns + 31) / 32;
    for (int b = 0; b < blocks; b++) {
        float v[32] = {0};
        const int count = columns - b * 32 < 32 ? columns - b * 32 : 32;
        memcpy(v, x + b * 32, (size_t)count * sizeof(float));
        float top = 0;
        for (int k = 0; k < 32; k++) {
            const float m = __builtin_fabsf(v[k]);
            top = m > top ? m : top;
        }
        const float scale = top / 127.0f;
        const float inverse = top > 0 ? 127.0f / top : 0;
        int32_t sum = 0;
        for (int k = 0; k < 32; k++) {
            const int32_t r = (int32_t)__builtin_rintf(v[k] * inverse);
            q[b * 32 + k] = (int8_t)r;
            sum += r;
        }
        scales[b] = scale;
        sums[b] = sum;
    }
}

static int padded(int size) { return (size + LANES - 1) / LANES * LANES; }

size_t radphi_key_bytes(int capacity, int size, int half) { return (size_t)capacity * (size_t)size * (half ? 2 : 4); }
size_t radphi_value_bytes(int capacity, int size, int half) { return (size_t)capacity * (size_t)padded(size) * (half ? 2 : 4); }

CLONES void radphi_cache_store(const radphi_head_cache *cache, int position, const float *key, const float *value) {
    const int size = cache->size;
    const size_t k = (size_t)(position / LANES) * size * LANES + position % LANES;
    const size_t v = (size_t)position * padded(size);
    if (cache->half) {
        for (int d = 0; d < size; d++) ((_Float16 *)cache->keys)[k + (size_t)d * LANES] = (_Float16)key[d];
        for (int d = 0; d < size; d++) ((_Float16 *)cache->values)[v + d] = (_Float16)value[d];
        for (int d = size; d < padded(size); d++) ((_Float16 *)cache->values)[v + d] = 0;
    } else {
        for (int d = 0; d < size; d++) ((float *)cache->keys)[k + (size_t)d * LANES] = key[d];
        for (int d = 0; d < size; d++) ((float *)cache->values)[v + d] = value[d];
        for (int d = size; d < padded(size); d++) ((float *)cache->values)[v + d] = 0;
    }
}

/// The scaled scores of `count` queries against one block of 16 positions.
#define SCORE_BLOCK(TYPE)                                                                      \
    do {                                                                                       \
        const TYPE *k = (const TYPE *)cache->keys + (size_t)block * size * LANES;              \
        float s[8][LANES];                                                                     \
        for (int i = 0; i < count; i++)                                                        \
            for (int l = 0; l < LANES; l++) s[i][l] = 0;                                       \
        for (int d = 0; d < size; d++) {                                                       \
            float w[LANES];                                                                    \
            for (int l = 0; l < LANES; l++) w[l] = (float)k[(size_t)d * LANES + l];            \
            for (int i = 0; i < count; i++) {                                                  \
                const float q = queries[(size_t)i * stride + d];                               \
                for (int l = 0; l < LANES; l++) s[i][l] += q * w[l];                           \
            }                                                                                  \
        }                                                                                      \
        for (int i = 0; i < count; i++)                                                        \
            for (int l = 0; l < LANES; l++) scores[(size_t)i * width + block * LANES + l] = s[i][l] * scale; \
    } while (0)

/// 16 dimensions of `count` outputs: Σ over the positions of weight · value.
#define MIX_COLUMN(TYPE)                                                                       \
    do {                                                                                       \
        const TYPE *v = (const TYPE *)cache->values + column;                                  \
        float s[8][LANES];                                                                     \
        for (int i = 0; i < count; i++)                                                        \
            for (int l = 0; l < LANES; l++) s[i][l] = 0;                                       \
        for (int p = 0; p < positions; p++) {                                                  \
            float w[LANES];                                                                    \
            for (int l = 0; l < LANES; l++) w[l] = (float)v[(size_t)p * pad + l];              \
            for (int i = 0; i < count; i++) {                                                  \
                const float a = scores[(size_t)i * width + p];                                 \
                for (int l = 0; l < LANES; l++) s[i][l] += a * w[l];                           \
            }                                                                                  \
        }                                                                                      \
        const int many = size - column < LANES ? size - column : LANES;                        \
        for (int i = 0; i < count; i++) memcpy(out + (size_t)i * stride + column, s[i], (size_t)many * sizeof(float)); \
    } while (0)

/// `count` and `half` are constants where this is inlined, so that the accumulators live in registers.
#define ATTEND(COUNT, HALF)                                                                    \
    do {                                                                                       \
        enum { count = COUNT };                                                                \
        for (int block = 0; block < blocks; block++) {                                         \
            if (HALF) SCORE_BLOCK(_Float16); else SCORE_BLOCK(float);                          \
        }                                                                                      \
        for (int i = 0; i < count; i++) {                                                      \
            float *row = scores + (size_t)i * width;                                           \
            const int seen = first + i + 1;                                                    \
            float top = row[0];                                                                \
            for (int p = 1; p < seen; p++) top = row[p] > top ? row[p] : top;                  \
            float sum[LANES] = {0};                                                            \
            for (int p = seen; p < blocks * LANES; p++) row[p] = -INFINITY;                    \
            for (int p = 0; p < blocks * LANES; p += LANES)                                    \
                for (int l = 0; l < LANES; l++) {                                              \
                    const float e = p + l < seen ? exponential(row[p + l] - top) : 0;          \
                    row[p + l] = e;                                                            \
                    sum[l] += e;                                                               \
                }                                                                              \
            const float inverse = 1.0f / lane_sum(sum);                                        \
            for (int p = 0; p < blocks * LANES; p++) row[p] *= inverse;                        \
        }                                                                                      \
        for (int column = 0; column < pad; column += LANES) {                                  \
            if (HALF) MIX_COLUMN(_Float16); else MIX_COLUMN(float);                            \
        }                                                                                      \
    } while (0)

#define ATTEND_CASE(N) case N: if (cache->half) ATTEND(N, 1); else ATTEND(N, 0); break;

CLONES void radphi_attend(const radphi_head_cache *cache, const float *queries, size_t stride, int total, int first, float *scores, float *out) {
    const int size = cache->size, pad = padded(size);
    const int positions = first + total;
    const int blocks = (positions + LANES - 1) / LANES;
    const size_t width = (size_t)blocks * LANES;
    const float scale = 1.0f / sqrtf((float)size);
    switch (total) {
        ATTEND_CASE(1) ATTEND_CASE(2) ATTEND_CASE(3) ATTEND_CASE(4) ATTEND_CASE(5) ATTEND_CASE(6) ATTEND_CASE(7) ATTEND_CASE(8)
        default: break;
    }
}
