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

/// Leaves fewer candidates than there is room for.
void vector_selection_make_room(vector_selection *selection);

/// Keeps a candidate that may be among the smallest.
static inline void offer(vector_selection *selection, int32_t key, uint32_t ordinal) {
    if (key >= selection->bound) return;
    selection->keys[selection->count] = key;
    selection->ordinals[selection->count++] = ordinal;
    if (selection->count == selection->room) vector_selection_make_room(selection);
}

/// Lists, and rows, that are asked for while one is read.
enum { LISTS_AHEAD = 2, ROWS_AHEAD = 4 };
/// Chunks of a list that are asked for: the processor itself sees that the rest is read one after another.
enum { CHUNKS_AHEAD = 2 };

/// How a set makes keys: it stores those of one chunk, or of two, and returns the entries, a bit each, whose keys are not
/// above a limit, or returns 0 and stores nothing.
typedef uint32_t (*make_keys)(
    const vector_scan_query *query, const uint8_t *chunks, int32_t centroid, int32_t limit, int32_t *keys);

static inline __attribute__((always_inline)) void walk_list(
    make_keys chunk_keys, make_keys pair_keys, const vector_scan_query *query, vector_list list, uint32_t rank,
    vector_selection *selection) {
    int32_t keys[2 * VECTOR_CHUNK];
    size_t bytes = vector_chunk_bytes(query->plane_count);
    const uint8_t *codes = list.codes;
    for (size_t start = 0; start < list.count; start += 2 * VECTOR_CHUNK, codes += 2 * bytes) {
        size_t left = list.count - start, chunk = start / VECTOR_CHUNK;
        bool is_pair = left > VECTOR_CHUNK;
        uint32_t wanted = left >= 2 * VECTOR_CHUNK ? 0xffffffff : (1u << left) - 1;
        if (list.masks) wanted &= list.masks[chunk] | (is_pair ? (uint32_t)list.masks[chunk + 1] << 16 : 0);
        if (!wanted) continue;
        // Nothing can come in where the bound is the least of all keys.
        if (selection->bound == INT32_MIN) return;
        int32_t limit = (int32_t)(selection->bound - 1);
        uint32_t rest = is_pair ? pair_keys(query, codes, list.centroid, limit, keys)
                                : chunk_keys(query, codes, list.centroid, limit, keys);
        for (rest &= wanted; rest; rest &= rest - 1) {
            uint32_t entry = (uint32_t)__builtin_ctz(rest);
            offer(selection, keys[entry], rank << 16 | (uint32_t)(start + entry));
        }
    }
}

static inline __attribute__((always_inline)) void walk_lists(
    make_keys chunk_keys, make_keys pair_keys, const vector_scan_query *shared, const vector_list *lists, size_t count,
    vector_selection *selection) {
    // A copy, so that no store can be taken for one into it.
    const vector_scan_query query = *shared;
    size_t ahead = CHUNKS_AHEAD * vector_chunk_bytes(query.plane_count);
    if (selection->capacity == 0) return;
    for (size_t rank = 0; rank < count; rank++) {
        if (rank + LISTS_AHEAD < count) vector_prefetch(lists[rank + LISTS_AHEAD].codes, ahead);
        walk_list(chunk_keys, pair_keys, &query, lists[rank], (uint32_t)rank, selection);
    }
}

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
