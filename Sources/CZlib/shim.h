#pragma once
#include <zlib.h>

/* inflateInit2 and deflateInit2 are macros, which Swift does not see. */
static inline int vivian_inflate_init(z_streamp stream, int windowBits) { return inflateInit2(stream, windowBits); }
static inline int vivian_deflate_init(z_streamp stream, int level, int windowBits) {
    return deflateInit2(stream, level, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY);
}
