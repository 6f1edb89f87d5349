#ifndef KERNELS_H
#define KERNELS_H

#include "CVectorKernels.h"

// What the sets share: the little that follows a kernel's sums.

extern const vector_kernels portable_kernels;
#if defined(__x86_64__)
extern const vector_kernels avx2_kernels;
extern const vector_kernels avx512_kernels;
#endif

/// Sums that a residual leaves.
enum { SUM_SQUARES, SUM_MAGNITUDES, SUM_CENTROID, SUM_SIGNED_CENTROID, SUM_NORM, SUM_COUNT };

static inline uint16_t read_u16(const uint8_t *bytes) { return (uint16_t)(bytes[0] | bytes[1] << 8); }

static inline int32_t read_i32(const uint8_t *bytes) {
    return (int32_t)((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
}

/// An entry's key from the sum of agreeing magnitudes.
///
/// The factor is below 2^15 and the sum, once shifted, within 16 bits with its sign, so that the product is below 2^30; right
/// shifts of negative numbers are arithmetic with every compiler that builds this. The rest is below 2^30 for every code that
/// was made of bytes in range; for any others it wraps as it does in a register.
static inline int32_t entry_key(
    const vector_scan_query *query, int32_t sum, uint16_t factor, int32_t base, int32_t centroid) {
    int32_t product = (int32_t)factor * ((2 * sum - query->magnitude_sum) >> query->sum_shift);
    uint32_t part = (uint32_t)(product >> (7 - query->magnitude_shift)) << query->sum_shift;
    return (int32_t)((uint32_t)base - (uint32_t)query->weight * ((uint32_t)centroid + part));
}

/// The places of the bits that are set in each byte, rising; zeros behind them.
extern const uint8_t set_bits[256][8];

/// Which of the next two chunks' entries are wanted, a bit each: `left` of the list's entries stand from `start` on.
static inline uint32_t wanted_entries(const vector_list *list, size_t start, size_t left) {
    uint32_t wanted = left >= 2 * VECTOR_CHUNK ? 0xffffffff : (1u << left) - 1;
    if (!list->masks) return wanted;
    const uint16_t *masks = list->masks + start / VECTOR_CHUNK;
    return wanted & (masks[0] | (left > VECTOR_CHUNK ? (uint32_t)masks[1] << 16 : 0));
}

/// Rows that are asked for while one is read.
enum { ROWS_AHEAD = 4 };

/// Dot products by a set's own, one row at a time.
static inline __attribute__((always_inline)) void walk_rows(
    int32_t (*dot)(const int8_t *, const int8_t *, size_t), const int8_t *query, const int8_t *const *rows,
    size_t count, size_t dimension, int32_t *out) {
    for (size_t row = 0; row < count; row++) {
        if (row + ROWS_AHEAD < count) vector_prefetch(rows[row + ROWS_AHEAD], dimension);
        out[row] = dot(query, rows[row], dimension);
    }
}

#endif
