#ifndef C_VECTOR_KERNELS_H
#define C_VECTOR_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The arithmetic of the vector index, integers only. Every set of kernels gives the same integers for the same bytes;
// which set runs is chosen at run time by what the processor offers and changes nothing but the time it takes.
//
// Rows and queries are signed bytes from -127 to 127 (never -128: the AVX2 kernel negates bytes), at most 4,096 of them:
// a dot product is at most 4096 x 127^2 < 2^26.

/// Entries of a chunk of codes.
enum { VECTOR_CHUNK = 16 };
/// The most bytes of a vector.
enum { VECTOR_DIMENSION_MAX = 4096 };

/// What a scan needs of the query.
///
/// A code has one bit a dimension, the sign of the entry minus its list's centroid. `table` holds, for each four
/// dimensions and each four bits, the sum of the query's magnitudes (0 to 31) where bit and sign of the query agree.
typedef struct {
    /// For each two planes: low nibbles of both, then high nibbles of both, 16 bytes each; 64 bytes for 16 dimensions.
    const uint8_t *table;
    /// Planes of a chunk: one for 8 dimensions, an even number.
    uint32_t plane_count;
    /// Sum of all magnitudes.
    int32_t magnitude_sum;
    /// A magnitude's unit is 2 to this power.
    uint32_t magnitude_shift;
    /// Low bits that are left out of twice a sum less all magnitudes, so that it fits 16 bits: 0 up to 1,057 dimensions.
    uint32_t sum_shift;
    /// 1 where the distance is minus the dot product, 2 where it is the squared difference.
    int32_t weight;
    /// Pairs of planes, 1, 2 or 4, whose sums fit a byte together whatever the codes: how far apart they must be widened.
    uint32_t span;
} vector_scan_query;

/// A list that is scanned.
typedef struct {
    /// Chunks of codes, one after another.
    const uint8_t *codes;
    /// Where given, one u16 a chunk with the bits of the entries that are wanted.
    const uint16_t *masks;
    /// Entries.
    uint32_t count;
    /// The query's product with the centroid.
    int32_t centroid;
} vector_list;

/// The smallest candidates so far, in the order in which they were offered: more than wanted, until they are trimmed.
///
/// Candidates are offered by rising ordinal, so that of equal keys the earlier one is the one with the lower ordinal.
typedef struct {
    /// Memory for `room` + `VECTOR_SELECTION_EXCESS` of each.
    int32_t *keys;
    uint32_t *ordinals;
    uint32_t count;
    /// How many are wanted.
    uint32_t capacity;
    /// `vector_selection_room(capacity)`: where more would be held, the largest go.
    uint32_t room;
    /// A key that is not below it cannot be among the smallest: at first one above the largest, 2^31.
    int64_t bound;
} vector_selection;

typedef struct {
    const char *name;
    /// Whether this processor can run it.
    bool (*is_available)(void);
    /// One dot product.
    int32_t (*dot)(const int8_t *query, const int8_t *row, size_t dimension);
    /// Dot products of a query and contiguous rows.
    void (*dot_rows)(const int8_t *query, const int8_t *rows, size_t count, size_t dimension, int32_t *out);
    /// Dot products of a query and rows anywhere.
    void (*dot_rows_at)(const int8_t *query, const int8_t *const *rows, size_t count, size_t dimension, int32_t *out);
    /// Scans lists and keeps the candidates with the smallest keys: for entry i of a chunk
    /// `base[i] - weight x (centroid + product)`.
    ///
    /// An entry's ordinal is its list's place among these x 65,536 + its own place; of equal keys the lower one wins.
    void (*scan_lists)(
        const vector_scan_query *query, const vector_list *lists, size_t count, vector_selection *selection);
    /// Offers keys, whose ordinals are `first`, `first` + 1 and so on.
    void (*offer)(vector_selection *selection, const int32_t *keys, size_t count, uint32_t first);
    /// Leaves the `capacity` smallest candidates.
    void (*trim)(vector_selection *selection);
    /// Leaves them by rising key and ordinal; there is room for as many in `keys` and `ordinals`, whose contents mean nothing
    /// afterwards.
    void (*sort)(vector_selection *selection, int32_t *keys, uint32_t *ordinals);
    /// Residual of a row and a centroid: signs as bits (1 where not negative; `plane_count` bytes, padding 1) and sums.
    void (*residual)(
        const int8_t *row, const int8_t *centroid, size_t dimension, uint32_t plane_count, uint8_t *bits, int64_t *sums);
    /// Adds a row to sums, component by component.
    void (*add)(const int8_t *row, size_t dimension, int32_t *sums);
} vector_kernels;

/// Sets of kernels, the fastest first; the last one runs everywhere.
size_t vector_kernels_count(void);
const vector_kernels *vector_kernels_at(size_t index);

/// Bytes of a chunk of codes: planes, 16 factors (u16, little-endian), 16 bases (i32, little-endian).
static inline size_t vector_chunk_bytes(uint32_t plane_count) {
    return (size_t)plane_count * VECTOR_CHUNK + VECTOR_CHUNK * 2 + VECTOR_CHUNK * 4;
}

/// Fills a query's table (32 bytes a plane), `magnitude_sum`, `magnitude_shift` and `span`.
void vector_scan_prepare(vector_scan_query *scan, const int8_t *query, size_t dimension, uint8_t *table);

/// Places behind the last candidate that are written and not read.
enum { VECTOR_SELECTION_EXCESS = 8 };

/// Candidates that a selection holds before the larger half goes.
static inline size_t vector_selection_room(size_t capacity) { return 2 * capacity + 6 * VECTOR_CHUNK; }

/// How far lists are from a query, by its products with their centroids: squared lengths minus twice the product, or minus
/// the product with the inverse length over 2^14, rounded down.
void vector_list_scores(
    const int32_t *dots, const int32_t *numbers, size_t count, bool is_squared, int32_t *scores);

/// Asks for bytes that will be read soon.
static inline void vector_prefetch(const void *bytes, size_t count) {
    for (size_t offset = 0; offset < count; offset += 64) __builtin_prefetch((const char *)bytes + offset);
}

#endif
