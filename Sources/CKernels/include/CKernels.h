#ifndef CKERNELS_H
#define CKERNELS_H

#include "dequantize.h"
#include "file_mapping.h"
#include "kernels.h"
#include "memory.h"
#include "peaks.h"
#include "pool.h"
#include "sha256.h"

#endif
