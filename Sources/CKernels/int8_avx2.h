// Products of W8 and W4 for AVX2 without a dot product of bytes, in place of int8_template.h, whose results they give to the bit: sums within a block
// are whole numbers, and what follows is in the same order.
//
// A few rows take the weights as they are stored, once for all of them (int8_avx2_few.h). For more, the weights of some blocks are expanded first
// (int8_avx2_many.h).

typedef __m256i ymm;

// Sums are to stay in memory: the compiler, which sees that nothing else changes them, would keep a copy on the stack.
#define KEEP_IN_MEMORY __asm__ volatile("" ::: "memory")
#define ROLLED _Pragma("clang loop unroll(disable)")

INLINE ymm load_ymm(const void *at) { return _mm256_loadu_si256(at); }
INLINE ymm four_bytes(const void *at) {
    int32_t x;
    memcpy(&x, at, sizeof x);
    return _mm256_set1_epi32(x);
}
/// Bytes of a block of 32 columns of a panel, and where its scales stand in it.
INLINE size_t stored_block(int packing) { return packing == RADPHI_W4 ? 1152 : 2176; }
INLINE size_t stored_scales(int packing) { return stored_block(packing) - RADPHI_PANEL * 2; }
INLINE __m256 eight_scales(const uint8_t *at) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)at)); }
/// The first sum of a block of W4 in both halves of 32 bits: −8 · Σ of the row, for the values' 8 too much.
INLINE int32_t w4_start(int32_t row_sum) { return -8 * row_sum & 0xFFFF; }

/// Products of whole bytes, four a lane: |value| times ±a, so that two of them are at most 2 · 128 · 127, which does not saturate.
INLINE ymm dot_signed_bytes(ymm size, ymm value, ymm a) {
    return _mm256_madd_epi16(_mm256_maddubs_epi16(size, _mm256_sign_epi8(a, value)), _mm256_set1_epi16(1));
}
/// Adds a block's whole numbers of a row and 8 columns, scaled, to their sums.
INLINE void add_scaled(ymm dot, float row_scale, __m256 scale, float *sums) {
    const __m256 product = _mm256_mul_ps(_mm256_cvtepi32_ps(dot), _mm256_set1_ps(row_scale));
    _mm256_storeu_ps(sums, _mm256_fmadd_ps(product, scale, _mm256_loadu_ps(sums)));
}

#include "int8_avx2_few.h"
#include "int8_avx2_many.h"

static size_t arranged_size(int packing, int count, int columns) {
    if (packing < RADPHI_W8 || count == 1) return 0;
    return count <= FEW_ROWS ? few_size(count, columns) : many_size(packing, count, columns);
}

static void arrange(int packing, const radphi_rows *rows, int count, int columns, int task, void *arranged) {
    if (count <= FEW_ROWS) arrange_few(packing, rows, count, columns, arranged);
    else arrange_many(packing, rows, count, columns, task, arranged);
}

INLINE void panel_rows(
    int packing, const uint8_t *weights, const radphi_rows *input, const void *arranged, int blocks, int count, float *sums, void *scratch) {
    if (count == 1) one_row(packing == RADPHI_W4, weights, blocks, input->quants, input->scales, input->sums, sums);
    else if (count <= FEW_ROWS) few_rows(packing, weights, arranged, blocks, count, sums);
    else many_rows(packing, weights, arranged, blocks, count, sums, scratch);
}

static void part_int8(const radphi_matrix *matrix, const radphi_rows *input, const void *arranged, int panel, int count, float *sums, void *scratch) {
    const int blocks = matrix->columns / 32;
    const uint8_t *weights = (const uint8_t *)matrix->data + (size_t)panel * blocks * stored_block(matrix->packing);
    if (matrix->packing == RADPHI_W4) panel_rows(RADPHI_W4, weights, input, arranged, blocks, count, sums, scratch);
    else panel_rows(RADPHI_W8, weights, input, arranged, blocks, count, sums, scratch);
}
