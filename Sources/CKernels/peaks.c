#include "peaks.h"

// Vectors of 64 bytes, which each level's compiler cuts to its own registers; 16 chains hide the latency of every level.
#pragma clang diagnostic ignored "-Wpsabi"

typedef int32_t i16 __attribute__((ext_vector_type(16)));
typedef float v16 __attribute__((ext_vector_type(16)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
// Keeps the compiler from working out a chain in advance.
#define OPAQUE(x) __asm__ volatile("" : "+m"(x))

#if defined(__x86_64__)
INLINE double fp32_chains(int64_t rounds) {
    float seed = 0.5f;
    OPAQUE(seed);
    v16 sum[16];
    UNROLL for (int i = 0; i < 16; i++) sum[i] = (float)i;
    const v16 w = seed;
    for (int64_t r = 0; r < rounds; r++)
        UNROLL for (int i = 0; i < 16; i++) sum[i] = __builtin_elementwise_fma(sum[i], w, w);
    v16 all = 0.0f;
    UNROLL for (int i = 0; i < 16; i++) all += sum[i];
    float sink = all[0];
    OPAQUE(sink);
    return (double)rounds * 16 * 16 * 2;
}
#endif

INLINE uint64_t read_chains(const void *data, size_t size) {
    const i16 *at = data;
    i16 sum[4] = {0, 0, 0, 0};
    for (size_t i = 0; i + 4 <= size / 64; i += 4)
        UNROLL for (int j = 0; j < 4; j++) sum[j] ^= at[i + (size_t)j];
    return (uint32_t)__builtin_reduce_xor(sum[0] ^ sum[1] ^ sum[2] ^ sum[3]);
}

static double int8_scalar(int64_t rounds) {
    int32_t seed = 3, sum[16] = {0};
    OPAQUE(seed);
    for (int64_t r = 0; r < rounds; r++)
        UNROLL for (int i = 0; i < 16; i++) sum[i] += (seed + i) * (int8_t)r;
    int32_t all = 0;
    UNROLL for (int i = 0; i < 16; i++) all ^= sum[i];
    OPAQUE(all);
    return (double)rounds * 16 * 2;
}

static double fp32_scalar(int64_t rounds) {
    float seed = 0.5f, sum[16] = {0};
    OPAQUE(seed);
    for (int64_t r = 0; r < rounds; r++)
        UNROLL for (int i = 0; i < 16; i++) sum[i] = sum[i] * seed + seed;
    float all = 0;
    UNROLL for (int i = 0; i < 16; i++) all += sum[i];
    OPAQUE(all);
    return (double)rounds * 16 * 2;
}

static uint64_t read_scalar(const void *data, size_t size) { return read_chains(data, size); }

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,f16c,fma")))
#define AVX2 __attribute__((target("avx2,fma,f16c")))

AVX512 static double int8_avx512(int64_t rounds) {
    int32_t seed = 0x01020304;
    OPAQUE(seed);
    const __m512i w = _mm512_set1_epi32(seed);
    __m512i sum[16];
    UNROLL for (int i = 0; i < 16; i++) sum[i] = _mm512_set1_epi32(i);
    for (int64_t r = 0; r < rounds; r++)
        UNROLL for (int i = 0; i < 16; i++) sum[i] = _mm512_dpbusd_epi32(sum[i], w, w);
    __m512i all = sum[0];
    UNROLL for (int i = 1; i < 16; i++) all = _mm512_xor_si512(all, sum[i]);
    int32_t sink = _mm512_reduce_add_epi32(all);
    OPAQUE(sink);
    return (double)rounds * 16 * 64 * 2;
}

// Without VNNI: products in pairs, pairs in fours, then the sum.
AVX2 static double int8_avx2(int64_t rounds) {
    int32_t seed = 0x01020304;
    OPAQUE(seed);
    const __m256i w = _mm256_set1_epi32(seed), ones = _mm256_set1_epi16(1);
    __m256i sum[12];
    UNROLL for (int i = 0; i < 12; i++) sum[i] = _mm256_set1_epi32(i);
    for (int64_t r = 0; r < rounds; r++)
        UNROLL for (int i = 0; i < 12; i++) {
            __m256i pairs = _mm256_maddubs_epi16(w, sum[i]);
            sum[i] = _mm256_add_epi32(sum[i], _mm256_madd_epi16(pairs, ones));
        }
    __m256i all = sum[0];
    UNROLL for (int i = 1; i < 12; i++) all = _mm256_xor_si256(all, sum[i]);
    int32_t sink = _mm256_extract_epi32(all, 0);
    OPAQUE(sink);
    return (double)rounds * 12 * 32 * 2;
}

AVX512 static double fp32_avx512(int64_t rounds) { return fp32_chains(rounds); }
AVX2 static double fp32_avx2(int64_t rounds) {
    // Half the chains fill the 16 registers of this level.
    float seed = 0.5f;
    OPAQUE(seed);
    const __m256 w = _mm256_set1_ps(seed);
    __m256 sum[12];
    UNROLL for (int i = 0; i < 12; i++) sum[i] = _mm256_set1_ps((float)i);
    for (int64_t r = 0; r < rounds; r++)
        UNROLL for (int i = 0; i < 12; i++) sum[i] = _mm256_fmadd_ps(sum[i], w, w);
    __m256 all = sum[0];
    UNROLL for (int i = 1; i < 12; i++) all = _mm256_add_ps(all, sum[i]);
    float sink = _mm256_cvtss_f32(all);
    OPAQUE(sink);
    return (double)rounds * 12 * 8 * 2;
}
AVX512 static uint64_t read_avx512(const void *data, size_t size) { return read_chains(data, size); }
AVX2 static uint64_t read_avx2(const void *data, size_t size) { return read_chains(data, size); }

#define CHOOSE(name, ...) (set == RADPHI_AVX512 ? name##_avx512(__VA_ARGS__) : set == RADPHI_AVX2 ? name##_avx2(__VA_ARGS__) : name##_scalar(__VA_ARGS__))
#elif defined(__aarch64__)
#include <arm_neon.h>

__attribute__((target("dotprod"))) static double int8_neon(int64_t rounds) {
    int32_t seed = 0x01020304;
    OPAQUE(seed);
    const int8x16_t w = vreinterpretq_s8_s32(vdupq_n_s32(seed));
    int32x4_t sum[24];
    UNROLL for (int i = 0; i < 24; i++) sum[i] = vdupq_n_s32(i);
    for (int64_t r = 0; r < rounds; r++)
        UNROLL for (int i = 0; i < 24; i++) sum[i] = vdotq_s32(sum[i], w, w);
    int32x4_t all = sum[0];
    UNROLL for (int i = 1; i < 24; i++) all = veorq_s32(all, sum[i]);
    int32_t sink = vgetq_lane_s32(all, 0);
    OPAQUE(sink);
    return (double)rounds * 24 * 16 * 2;
}

static double fp32_neon(int64_t rounds) {
    float seed = 0.5f;
    OPAQUE(seed);
    const float32x4_t w = vdupq_n_f32(seed);
    float32x4_t sum[24];
    UNROLL for (int i = 0; i < 24; i++) sum[i] = vdupq_n_f32((float)i);
    for (int64_t r = 0; r < rounds; r++)
        UNROLL for (int i = 0; i < 24; i++) sum[i] = vfmaq_f32(sum[i], w, w);
    float32x4_t all = sum[0];
    UNROLL for (int i = 1; i < 24; i++) all = vaddq_f32(all, sum[i]);
    float sink = vgetq_lane_f32(all, 0);
    OPAQUE(sink);
    return (double)rounds * 24 * 4 * 2;
}

static uint64_t read_neon(const void *data, size_t size) { return read_chains(data, size); }

#define CHOOSE(name, ...) (set == RADPHI_NEON ? name##_neon(__VA_ARGS__) : name##_scalar(__VA_ARGS__))
#else
#define CHOOSE(name, ...) ((void)set, name##_scalar(__VA_ARGS__))
#endif

double radphi_int8_work(int set, int64_t rounds) { return CHOOSE(int8, rounds); }
double radphi_fp32_work(int set, int64_t rounds) { return CHOOSE(fp32, rounds); }
uint64_t radphi_read_work(int set, const void *data, size_t size) { return CHOOSE(read, data, size); }
