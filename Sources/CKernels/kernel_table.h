#ifndef CKERNELS_KERNEL_TABLE_H
#define CKERNELS_KERNEL_TABLE_H

#include "include/kernels.h"

/// What each instruction set provides. Private to CKernels.
typedef struct {
    /// LayerNorm of one row.
    void (*norm)(const float *x, int columns, const float *weight, const float *bias, float epsilon, float *out);
    /// One row into blocks of 32.
    void (*quantize)(const float *x, int columns, int8_t *quants, float *scales, int32_t *sums);
    /// Bytes of an input's rows in the order in which `panel` wants them for a matrix of this packing; 0 where it takes them as they are.
    size_t (*arranged_size)(int packing, int count, int columns);
    /// Puts some of `count` rows there, RADPHI_ARRANGED_ROWS of them from `task` times as many on.
    void (*arrange)(int packing, const radphi_rows *rows, int count, int columns, int task, void *arranged);
    /// One panel of a product, whole: sums [count][64] and expanded weights are kept in scratch. `arranged` has the input of each part.
    void (*panel)(const radphi_product *product, const void *const arranged[2], int panel, void *scratch);
    /// One key-value head of one sequence. `scratch`: RADPHI_EXPANDED_BYTES, then for each of RADPHI_QUERY_ROWS its scores of all positions, rounded up to
    /// 64, and two times the head size, rounded up to 16.
    void (*attend)(const radphi_attention_job *job, const radphi_sequence *sequence, int head, float *scratch);
} radphi_kernels;

/// Weights of a panel, or keys or values, expanded for the rows that share them.
#define RADPHI_EXPANDED_BYTES (32 * 1024)
/// Rows that are arranged as one task.
#define RADPHI_ARRANGED_ROWS 16
/// Query rows whose scores are computed together.
#define RADPHI_QUERY_ROWS 12

extern const radphi_kernels radphi_kernels_scalar;
#if defined(__x86_64__)
extern const radphi_kernels radphi_kernels_avx2;
extern const radphi_kernels radphi_kernels_avx2_vnni;
extern const radphi_kernels radphi_kernels_avx2_vnni_evex;
extern const radphi_kernels radphi_kernels_avx512;

/// Whether the processor has VNNI in AVX's own encoding, not only in that of AVX-512.
bool radphi_has_avx_vnni(void);
#elif defined(__aarch64__)
extern const radphi_kernels radphi_kernels_neon;
#endif

const radphi_kernels *radphi_kernels_for(int set);

#endif
