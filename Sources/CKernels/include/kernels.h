#ifndef CKERNELS_KERNELS_H
#define CKERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pool.h"

// The parts of a forward pass, written once and compiled for several instruction sets (kernel_template.h).
//
// Every result is the same to the bit for any number of threads, any number of rows computed together, and any instruction set:
// each sum has one order, and multiply-adds are fused everywhere.

/// Instruction sets, the reference first.
typedef enum {
    RADPHI_SCALAR = 0,
    RADPHI_AVX2 = 1,   // with FMA and F16C
    RADPHI_AVX512 = 2, // with BW, VL, DQ and VNNI
    RADPHI_NEON = 3,   // Arm, with the dot product
    RADPHI_AVX2_VNNI = 4, // AVX2 with the dot product of bytes, on vectors of 256 bits
} radphi_instructions;
enum { RADPHI_INSTRUCTION_SETS = 5 };

/// Whether this processor has them.
bool radphi_has_instructions(radphi_instructions set);

// MARK: Packed matrices
//
// Rows (= outputs) stand in panels of 64; the last panel is filled up with zeros. Inside a panel, k runs over the columns:
//   F32, F16, BF16: [columns][64] numbers.
//   W8: for each block of 32 columns [8][64][4] bytes, value + 128, then [64] scales in fp16: 2176 bytes.
//   W4: for each block of 32 columns [4][64][4] bytes, then [64] scales in fp16: 1152 bytes. The low half of byte j of group g is
//       column 4g + j, the high half column 16 + 4g + j; each is value + 8.

#define RADPHI_PANEL 64
#define RADPHI_BLOCK 32

typedef enum { RADPHI_F32 = 0, RADPHI_F16 = 1, RADPHI_BF16 = 2, RADPHI_W8 = 3, RADPHI_W4 = 4 } radphi_packing;

typedef struct {
    const void *data; // 64-byte aligned, radphi_packed_size bytes; owned by the caller
    int packing;
    int rows;
    int columns; // a multiple of 32 for W8 and W4
} radphi_matrix;

/// Bytes of a packed matrix.
size_t radphi_packed_size(int packing, int rows, int columns);
/// The packing that computes with numbers of a GGUF type; nothing measurable is lost. -1 for an unknown type.
int radphi_packing_for(uint32_t type);
/// Packs `rows` rows of `columns` numbers of GGUF type `type` at `source`. False when memory is short or the types do not fit.
bool radphi_pack(radphi_pool *pool, uint32_t type, const void *source, int rows, int columns, int packing, void *target);

// MARK: Rows of activations

/// Rows as matrices take them in: `values` for F32, F16 and BF16, the rest for W8 and W4.
typedef struct {
    float *values;  // [rows][stride]
    int stride;
    int8_t *quants; // [rows][columns], of blocks of 32, within ±127
    float *scales;  // [rows][columns / 32]
    int32_t *sums;  // [rows][columns / 32], the sum of each block's quants
} radphi_rows;

/// LayerNorm of `count` rows of x [count][columns] into `out`: its values and, where out->quants is not NULL, its quants.
bool radphi_norm_rows(
    radphi_pool *pool, int set, const float *x, int count, int columns, const float *weight, const float *bias, float epsilon, const radphi_rows *out);
/// Fills quants, scales and sums of `rows` from its values.
bool radphi_quantize_rows(radphi_pool *pool, int set, const radphi_rows *rows, int count, int columns);

// MARK: Matrix times rows

typedef enum {
    RADPHI_STORE = 0,         // out = x·Wᵀ + bias
    RADPHI_ADD = 1,           // out += x·Wᵀ + bias
    RADPHI_GELU = 2,          // out = gelu_new(x·Wᵀ + bias)
    RADPHI_GELU_QUANTIZE = 3, // the same, into out_rows.quants; rows of the matrix must be a multiple of 32
} radphi_epilogue;

/// out = epilogue(Σ over parts of input·matrixᵀ). Both parts have the same number of rows.
typedef struct {
    radphi_matrix matrix[2];
    radphi_rows input[2];
    int parts;         // 1 or 2
    int count;         // rows of input
    const float *bias; // [matrix rows], or NULL
    int epilogue;
    radphi_rows out;   // values [count][stride], or quants
} radphi_product;

/// Computes several products together; they must not depend on one another. At most 512 rows each. False when memory is short.
bool radphi_multiply(radphi_pool *pool, int set, const radphi_product *products, int count);

// MARK: Attention

/// Rows of one sequence. Its cache holds, for each key-value head, keys [capacity / 64][head][64] and values [capacity][padded head],
/// where `padded head` is the head size rounded up to 16; numbers are F32 or F16.
typedef struct {
    void *keys;
    void *values;
    int capacity; // a multiple of 64
    int past;     // positions in the cache before these rows
    int row;      // the first row of the sequence in key and value
    int count;    // rows of the sequence
    int queries;  // the last so many rows ask; the others are only put into the cache
    int query;    // the first asking row in query and out
} radphi_sequence;

typedef struct {
    const float *query; // [rows][stride]
    float *key;         // rotated in place
    const float *value;
    int query_stride, key_stride, value_stride;
    float *out;         // [rows][out_stride]
    int out_stride;
    const float *cosines, *sines; // [positions][rotary / 2]
    int heads, shared_heads, head_size, rotary;
    int packing;        // RADPHI_F32 or RADPHI_F16
    const radphi_sequence *sequences;
    int sequence_count;
} radphi_attention_job;

/// Rotates queries and keys, stores keys and values, and attends causally within each sequence. Scores are fp32.
bool radphi_attend(radphi_pool *pool, int set, const radphi_attention_job *job);

#endif
