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

/// Moves the `kept` smallest to the front, in no order.
void vector_select(uint64_t *items, uint32_t count, uint32_t kept);

/// Keeps an item that may be among the smallest.
static inline void offer(vector_selection *selection, uint64_t item) {
    if (item >= selection->bound) return;
    selection->items[selection->count++] = item;
    if (selection->count == selection->room) vector_selection_trim(selection);
}

static inline uint64_t packed(int32_t key, uint64_t ordinal) {
    return (uint64_t)((uint32_t)key ^ 0x80000000u) << 32 | ordinal;
}

/// Scans a list by a set's own way to make keys of one chunk and of two: it stores them and returns the entries, a bit
/// each, whose keys are not above a limit, or returns 0 and stores nothing.
static inline __attribute__((always_inline)) void walk_list(
    uint32_t (*chunk_keys)(const vector_scan_query *, const uint8_t *, int32_t, int32_t, int32_t *),
    uint32_t (*pair_keys)(const vector_scan_query *, const uint8_t *, int32_t, int32_t, int32_t *),
    const vector_scan_query *shared, const uint8_t *codes, size_t count, int32_t centroid, uint32_t rank,
    const uint16_t *masks, vector_selection *selection) {
    // A copy, so that no store can be taken for one into it.
    const vector_scan_query query = *shared;
    int32_t keys[2 * VECTOR_CHUNK];
    size_t bytes = vector_chunk_bytes(query.plane_count);
    if (selection->capacity == 0) return;
    for (size_t start = 0; start < count; start += 2 * VECTOR_CHUNK, codes += 2 * bytes) {
        size_t left = count - start;
        bool is_pair = left > VECTOR_CHUNK;
        uint32_t wanted = left >= 2 * VECTOR_CHUNK ? 0xffffffff : (1u << left) - 1;
        if (masks) wanted &= masks[start / VECTOR_CHUNK] | (is_pair ? (uint32_t)masks[start / VECTOR_CHUNK + 1] << 16 : 0);
        if (!wanted) continue;
        // Nothing above the bound's key can come in.
        int32_t limit = (int32_t)((uint32_t)(selection->bound >> 32) ^ 0x80000000u);
        uint32_t rest = is_pair ? pair_keys(&query, codes, centroid, limit, keys)
                                : chunk_keys(&query, codes, centroid, limit, keys);
        for (rest &= wanted; rest; rest &= rest - 1) {
            uint32_t entry = (uint32_t)__builtin_ctz(rest);
            offer(selection, packed(keys[entry], (uint64_t)rank << 16 | (start + entry)));
        }
    }
}

#endif
