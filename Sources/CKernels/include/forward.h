#ifndef CKERNELS_FORWARD_H
#define CKERNELS_FORWARD_H

// The fp32 parts of the forward pass. Every sum is taken in an order that depends on nothing but the shapes.

/// out[t][n] = bias[n] + Σ x[t][i]·w[n][i] for n in [n0, n1). x [m, k], w [rows, k], out rows of ldo numbers; bias may be NULL.
void radphi_matmul(const float *x, int m, int k, const float *w, const float *bias, int n0, int n1, float *out, int ldo);
/// LayerNorm of x [n].
void radphi_norm(const float *x, const float *w, const float *b, float eps, int n, float *out);
/// gelu_new (tanh form) in place.
void radphi_gelu(float *x, long n);
/// Attention of one head for one query [d] over n positions; keys and values lie `stride` numbers apart. scores [n] is scratch, out [d].
void radphi_attention(const float *q, const float *keys, const float *values, int n, int d, int stride, float *scores, float *out);

#endif
