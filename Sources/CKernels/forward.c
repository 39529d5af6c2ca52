#include "forward.h"
#include <math.h>
#include <string.h>
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
typedef float v16 __attribute__((vector_size(64), aligned(4)));

static inline __attribute__((always_inline)) float sum16(const v16 *a) {
    float s[16]; memcpy(s, a, 64);
    for (int w = 8; w; w >>= 1) for (int i = 0; i < w; i++) s[i] += s[i + w];
    return s[0];
}

CLONES void radphi_matmul(const float *x, int m, int k, const float *w, const float *bias, int n0, int n1, float *out, int ldo) {
    for (int n = n0; n < n1; n += 4) {
        int nn = n1 - n < 4 ? n1 - n : 4;
        for (int t = 0; t < m; t += 4) {
            int tt = m - t < 4 ? m - t : 4;
            v16 acc[4][4]; memset(acc, 0, sizeof acc);
            int i = 0;
            if (nn == 4 && tt == 4) {
                for (; i + 16 <= k; i += 16) {
                    v16 a[4], b[4];
                    for (int r = 0; r < 4; r++) a[r] = *(const v16 *)(x + (long)(t + r) * k + i);
                    for (int r = 0; r < 4; r++) b[r] = *(const v16 *)(w + (long)(n + r) * k + i);
                    for (int r = 0; r < 4; r++) for (int c = 0; c < 4; c++) acc[r][c] += a[r] * b[c];
                }
            } else {
                for (; i + 16 <= k; i += 16)
                    for (int r = 0; r < tt; r++) for (int c = 0; c < nn; c++)
                        acc[r][c] += *(const v16 *)(x + (long)(t + r) * k + i) * *(const v16 *)(w + (long)(n + c) * k + i);
            }
            for (int r = 0; r < tt; r++) for (int c = 0; c < nn; c++) {
                float s = sum16(&acc[r][c]);
                for (int j = i; j < k; j++) s += x[(long)(t + r) * k + j] * w[(long)(n + c) * k + j];
                out[(long)(t + r) * ldo + n + c] = s + (bias ? bias[n + c] : 0);
            }
        }
    }
}
CLONES void radphi_norm(const float *x, const float *w, const float *b, float eps, int n, float *out) {
    double s = 0, q = 0;
    for (int i = 0; i < n; i++) s += x[i];
    float mean = s / n;
    for (int i = 0; i < n; i++) q += (double)(x[i] - mean) * (x[i] - mean);
    float r = 1.0 / sqrt(q / n + eps);
    for (int i = 0; i < n; i++) out[i] = (x[i] - mean) * r * w[i] + b[i];
}
void radphi_gelu(float *x, long n) {
    for (long i = 0; i < n; i++) { float v = x[i]; x[i] = 0.5f * v * (1 + tanhf(0.7978845608028654f * (v + 0.044715f * v * v * v))); }
}
// keys/values: [positions][kvHeads*headSize]; q [headSize]; position count n
CLONES void radphi_attention(const float *q, const float *keys, const float *values, int n, int d, int stride, float *scores, float *out) {
    float scale = 1 / sqrtf(d), top = -INFINITY, sum = 0;
    for (int p = 0; p < n; p++) {
        float s = 0; const float *k = keys + (long)p * stride;
        v16 a = {0}; int i = 0;
        for (; i + 16 <= d; i += 16) a += *(const v16 *)(q + i) * *(const v16 *)(k + i);
        s = sum16(&a);
        for (; i < d; i++) s += q[i] * k[i];
        scores[p] = s * scale; if (scores[p] > top) top = scores[p];
    }
    for (int p = 0; p < n; p++) { scores[p] = expf(scores[p] - top); sum += scores[p]; }
    memset(out, 0, d * sizeof(float));
    for (int p = 0; p < n; p++) { float s = scores[p] / sum; const float *v = values + (long)p * stride; for (int i = 0; i < d; i++) out[i] += s * v[i]; }
}
