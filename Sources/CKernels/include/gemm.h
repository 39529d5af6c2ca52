#ifndef CKERNELS_GEMM_H
#define CKERNELS_GEMM_H

#include <stddef.h>
#include <stdint.h>

// Matrix products with packed weights.
//
// A packed matrix [rows, columns] is a row of panels of 32 output rows each; the last panel is filled up with zeros. A panel holds, one after
// the other over the columns:
//   f32, f16, bf16   [columns][32] numbers
//   q8               per block of 32 columns: 32 scales (fp16), then [8][32][4] bytes q + 128
//   q4               per block of 32 columns: 32 scales (fp16), then [4][32][4] bytes, low nibbles for columns 8j…8j+3, high for 8j+4…8j+7
// so that one broadcast of four activations meets 32 outputs. Panels are 64-byte aligned.
//
// Every output is one sum over the columns in rising order (a block's integer sum is exact), whatever the number of tokens, the tile it falls
// into, or the thread that computes it: the same bits always.

typedef enum { RADPHI_F32 = 0, RADPHI_F16 = 1, RADPHI_BF16 = 2, RADPHI_Q8 = 3, RADPHI_Q4 = 4 } radphi_format;

/// Instruction levels, each a superset of the one before.
typedef enum { RADPHI_SCALAR = 0, RADPHI_AVX2 = 1, RADPHI_AVX512 = 2 } radphi_level;

enum { RADPHI_PANEL = 32, RADPHI_BLOCK = 32 };

/// The best level that this processor has.
radphi_level radphi_best_level(void);

/// Bytes of one panel of a matrix with `columns` columns; a multiple of 64.
size_t radphi_panel_bytes(radphi_format format, int columns);

/// Packs up to 32 rows. `rows` are the GGUF blocks of `type` (their f32, f16, bf16, q8_0 or q4_0) as they lie in the file, `row_bytes` apart;
/// `count` of them exist. f32, f16, bf16, q8_0 and q4_0 keep every bit in their own format. Every type may be packed as f32 or q8; q8 from
/// another type than q8_0 is rounded to 8 bits with a scale of its own for each 32 columns. `scratch` [columns] is overwritten.
void radphi_pack_panel(radphi_format format, uint32_t type, const void *rows, size_t row_bytes, int count, int columns, void *panel, float *scratch);

/// Activations for quantised weights: 8 bits with an fp32 scale for each 32 columns, columns filled up with zeros.
/// x [columns] → q [blocks · 32], scales [blocks], sums [blocks] (of the block's quantised values).
void radphi_quantize_row(const float *x, int columns, int8_t *q, float *scales, int32_t *sums);

/// Activations of a product: fp32 rows for f32, f16, bf16; the arrays of radphi_quantize_row, a row a token, for q8 and q4.
typedef struct {
    int tokens;
    int columns;
    const float *x;       // [tokens][columns]
    const int8_t *q;      // [tokens][blocks · 32]
    const float *scales;  // [tokens][blocks]
    const int32_t *sums;  // [tokens][blocks]
} radphi_activations;

/// out[t][n] = Σ x[t]·w[n] + bias[n] for the panels [first, last) of `packed`; with `accumulate` it is added to what stands there.
/// `rows` is the matrix' number of rows; out rows lie `stride` numbers apart. bias [rows] may be NULL.
void radphi_gemm(
    radphi_level level, radphi_format format, const void *packed, int rows, const radphi_activations *activations, int first, int last, const float *bias,
    float *out, size_t stride, int accumulate);

#endif
