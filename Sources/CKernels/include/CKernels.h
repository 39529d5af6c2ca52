#ifndef CKERNELS_H
#define CKERNELS_H

#include "dequantize.h"
#include "file_mapping.h"
#include "forward.h"
#include "gemm.h"
#include "sha256.h"
#include "thread_pool.h"

#endif
