#include "peaks.h"

#include "kernel_table.h"

// Vector types beyond a level's registers are cut to them by the compiler.
#pragma clang diagnostic ignored "-Wpsabi"

typedef int32_t i16 __attribute__((ext_vector_type(16)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
// Keeps the compiler from working out a chain in advance.
#define OPAQUE(x) __asm__ volatile("" : "+m"(x))

// Independent chains of `step` on vectors of `lanes` numbers, as many as fill the registers and hide the latency; each step counts `operations`.
#define CHAINS(name, attributes, number, lanes, count, first, step, join, operations) \
    attributes static double name(int64_t rounds) { \
        typedef number vector __attribute__((ext_vector_type(lanes))); \
        number seed = first; \
        OPAQUE(seed); \
        vector sum[count]; \
        UNROLL for (int i = 0; i < count; i++) sum[i] = (number)i; \
        const vector w = seed; \
        for (int64_t r = 0; r < rounds; r++) \
            UNROLL for (int i = 0; i < count; i++) sum[i] = step(vector, sum[i], w); \
        vector all = sum[0]; \
        UNROLL for (int i = 1; i < count; i++) all = all join sum[i]; \
        number sink = all[0]; \
        OPAQUE(sink); \
        return (double)rounds * count * operations; \
    }
#define FUSED(vector, sum, w) __builtin_elementwise_fma(sum, w, w)
#define FP32_CHAINS(name, attributes, lanes, count) CHAINS(name, attributes, float, lanes, count, 0.5f, FUSED, +, 2 * lanes)
#define INT8_CHAINS(name, attributes, lanes, count, step) CHAINS(name, attributes, int32_t, lanes, count, 0x01020304, step, ^, 8 * lanes)

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
#define VNNI __attribute__((target("avx2,fma,avxvnni")))
#define VNNI_EVEX __attribute__((target("avx2,fma,avx512vl,avx512vnni")))

#define DOT512(vector, sum, w) ((vector)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)w, (__m512i)w))
// Without VNNI: products in pairs, pairs in fours, then the sum.
#define DOT256(vector, sum, w) (sum + (vector)_mm256_madd_epi16(_mm256_maddubs_epi16((__m256i)w, (__m256i)sum), _mm256_set1_epi16(1)))
#define DOT256_VNNI(vector, sum, w) ((vector)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)w, (__m256i)w))
#define DOT256_EVEX(vector, sum, w) ((vector)_mm256_dpbusd_epi32((__m256i)sum, (__m256i)w, (__m256i)w))
INT8_CHAINS(int8_vnni, VNNI, 8, 12, DOT256_VNNI)
INT8_CHAINS(int8_vnni_evex, VNNI_EVEX, 8, 12, DOT256_EVEX)
INT8_CHAINS(int8_avx512, AVX512, 16, 16, DOT512)
INT8_CHAINS(int8_avx2, AVX2, 8, 12, DOT256)
FP32_CHAINS(fp32_avx512, AVX512, 16, 16)
FP32_CHAINS(fp32_avx2, AVX2, 8, 12)
AVX512 static uint64_t read_avx512(const void *data, size_t size) { return read_chains(data, size); }
AVX2 static uint64_t read_avx2(const void *data, size_t size) { return read_chains(data, size); }

#define CHOOSE(name, ...) \
    (set == RADPHI_AVX512 ? name##_avx512(__VA_ARGS__) : set == RADPHI_AVX2 || set == RADPHI_AVX2_VNNI ? name##_avx2(__VA_ARGS__) : name##_scalar(__VA_ARGS__))
#elif defined(__aarch64__)
#include <arm_neon.h>

#define DOT128(vector, sum, w) ((vector)vdotq_s32((int32x4_t)sum, (int8x16_t)w, (int8x16_t)w))
INT8_CHAINS(int8_neon, __attribute__((target("dotprod"))), 4, 24, DOT128)
FP32_CHAINS(fp32_neon, , 4, 24)
static uint64_t read_neon(const void *data, size_t size) { return read_chains(data, size); }

#define CHOOSE(name, ...) (set == RADPHI_NEON ? name##_neon(__VA_ARGS__) : name##_scalar(__VA_ARGS__))
#else
#define CHOOSE(name, ...) ((void)set, name##_scalar(__VA_ARGS__))
#endif

double radphi_int8_work(int set, int64_t rounds) {
#if defined(__x86_64__)
    if (set == RADPHI_AVX2_VNNI) return radphi_has_avx_vnni() ? int8_vnni(rounds) : int8_vnni_evex(rounds);
#endif
    return CHOOSE(int8, rounds);
}
double radphi_fp32_work(int set, int64_t rounds) { return CHOOSE(fp32, rounds); }
uint64_t radphi_read_work(int set, const void *data, size_t size) { return CHOOSE(read, data, size); }
