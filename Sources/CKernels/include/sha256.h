#ifndef CKERNELS_SHA256_H
#define CKERNELS_SHA256_H

#include <stddef.h>
#include <stdint.h>

/// Runs the SHA-256 compression function (FIPS 180-4) over `blocks` blocks of 64 bytes at `data`, updating `state` [8]. Uses the
/// processor's SHA instructions where it has them, unless `portable` is not 0.
void radphi_sha256(uint32_t *state, const void *data, size_t blocks, int portable);

#endif
