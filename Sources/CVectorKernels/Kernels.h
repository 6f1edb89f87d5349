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
/// The factor is below 2^15 and the sum, once shifted, below 2^16, so that the product is below 2^31; right shifts of
/// negative numbers are arithmetic with every compiler that builds this. The rest is below 2^30 for every code that was
/// made of bytes in range; for any others it wraps as it does in a register.
static inline int32_t entry_key(
    const vector_scan_query *query, int32_t sum, uint16_t factor, int32_t base, int32_t centroid) {
    int32_t signed_sum = (2 * sum - query->magnitude_sum) * (1 << query->magnitude_shift);
    int32_t product = (int32_t)factor * (signed_sum >> query->product_shift);
    uint32_t part = (uint32_t)(product >> 7) << query->product_shift;
    return (int32_t)((uint32_t)base - (uint32_t)query->weight * ((uint32_t)centroid + part));
}

#endif
