#ifndef CKERNELS_FORWARD_H
#define CKERNELS_FORWARD_H

#include <stddef.h>
#include <stdint.h>

// The parts of the forward pass that are not matrix products. Sums are taken in 16 interleaved lanes, then pairwise: an order that depends on
// nothing but the length.

/// LayerNorm of x [n]: (x − mean) / √(variance + eps) · weight + bias.
void radphi_norm(const float *x, const float *weight, const float *bias, float eps, int n, float *out);

/// gelu_new, the tanh form, in place.
void radphi_gelu(float *x, int64_t n);

/// Rotates the first `rotary` of `size` dimensions of each head in place, half-split ("NeoX"). cosines, sines [rotary / 2].
void radphi_rotate(float *heads, int count, int size, int rotary, const float *cosines, const float *sines);

/// Keys and values of one head over `capacity` positions, fp32 or fp16 (`half`):
/// keys   [capacity / 16][size][16], so that 16 positions are scored at a time;
/// values [capacity][padded], padded = size rounded up to a multiple of 16.
typedef struct {
    void *keys;
    void *values;
    int size;
    int half;
} radphi_head_cache;

/// Bytes that the keys, and the values, of one head take; capacity is a multiple of 16.
size_t radphi_key_bytes(int capacity, int size, int half);
size_t radphi_value_bytes(int capacity, int size, int half);

/// Writes key and value [size] of one position.
void radphi_cache_store(const radphi_head_cache *cache, int position, const float *key, const float *value);

/// Causal attention of up to 8 queries of one head: query i sees the positions [0, first + i]. Queries and outputs lie `stride` numbers apart.
/// scores is scratch of 8 · (first + count rounded up to a multiple of 16) numbers.
void radphi_attend(const radphi_head_cache *cache, const float *queries, size_t stride, int count, int first, float *scores, float *out);

#endif
