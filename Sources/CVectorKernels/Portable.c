#include "Kernels.h"
#include "Selection.h"

// Plain C: what every processor runs, and what the others are compared with.

static bool is_available(void) { return true; }

static int32_t dot(const int8_t *query, const int8_t *row, size_t dimension) {
    int32_t sum = 0;
    for (size_t index = 0; index < dimension; index++) sum += (int32_t)query[index] * (int32_t)row[index];
    return sum;
}

static void dot_rows(const int8_t *query, const int8_t *rows, size_t count, size_t dimension, int32_t *out) {
    for (size_t row = 0; row < count; row++) out[row] = dot(query, rows + row * dimension, dimension);
}

static void dot_rows_at(
    const int8_t *query, const int8_t *const *rows, size_t count, size_t dimension, int32_t *out) {
    walk_rows(dot, query, rows, count, dimension, out);
}

// The steps of a selection.

static void key_range(const int32_t *keys, uint32_t count, int32_t *smallest, int32_t *largest) {
    *smallest = *largest = keys[0];
    for (uint32_t index = 1; index < count; index++) {
        *smallest = keys[index] < *smallest ? keys[index] : *smallest;
        *largest = keys[index] > *largest ? keys[index] : *largest;
    }
}

static uint32_t count_below(const int32_t *keys, uint32_t count, int32_t limit) {
    uint32_t below = 0;
    for (uint32_t index = 0; index < count; index++) below += keys[index] < limit;
    return below;
}

static void rank_keys(const int32_t *keys, uint32_t count, uint32_t *ranks) {
    for (uint32_t index = 0; index < count; index++) ranks[index] = count_below(keys, count, keys[index]);
}

static void keep_below(vector_selection *selection, int64_t bound, uint32_t equal) {
    uint32_t kept = 0;
    for (uint32_t index = 0; index < selection->count; index++) {
        int32_t key = selection->keys[index];
        selection->keys[kept] = key;
        selection->ordinals[kept] = selection->ordinals[index];
        bool is_equal = equal > 0 && key == bound;
        equal -= is_equal;
        kept += is_equal || key < bound;
    }
    selection->count = kept;
}

static void append_keys(vector_selection *selection, const int32_t *keys, uint32_t count, uint32_t first) {
    append_each(selection, keys, count, first);
}

static const selection_steps portable_steps = {key_range, count_below, rank_keys, keep_below, append_keys};

static void offer_keys(vector_selection *selection, const int32_t *keys, size_t count, uint32_t first) {
    offer(&portable_steps, selection, keys, count, first);
}

static void trim(vector_selection *selection) { keep_smallest(&portable_steps, selection, 0); }

static void sort_keys(vector_selection *selection, int32_t *keys, uint32_t *ordinals) {
    sort(&portable_steps, selection, keys, ordinals);
}

/// Keys of a chunk: `entry_key` of each entry.
static void chunk_keys(const vector_scan_query *query, const uint8_t *chunk, int32_t centroid, int32_t *keys) {
    int32_t sums[VECTOR_CHUNK] = {0};
    for (uint32_t plane = 0; plane < query->plane_count; plane++) {
        const uint8_t *low = query->table + (plane / 2) * 64 + (plane % 2) * 16;
        const uint8_t *high = low + 32;
        const uint8_t *codes = chunk + plane * VECTOR_CHUNK;
        for (int entry = 0; entry < VECTOR_CHUNK; entry++) {
            sums[entry] += low[codes[entry] & 15] + high[codes[entry] >> 4];
        }
    }
    const uint8_t *factors = chunk + query->plane_count * VECTOR_CHUNK;
    const uint8_t *bases = factors + 2 * VECTOR_CHUNK;
    for (int entry = 0; entry < VECTOR_CHUNK; entry++) {
        keys[entry] = entry_key(
            query, sums[entry], read_u16(factors + 2 * entry) & 0x7fff, read_i32(bases + 4 * entry), centroid);
    }
}

static void scan_list(
    const vector_scan_query *query, vector_list list, uint32_t rank, vector_selection *selection) {
    size_t chunk_bytes = vector_chunk_bytes(query->plane_count);
    for (size_t start = 0; start < list.count; start += 2 * VECTOR_CHUNK) {
        uint32_t wanted = wanted_entries(&list, start, list.count - start);
        reserve(&portable_steps, selection);
        for (size_t first = start; wanted; first += VECTOR_CHUNK, wanted >>= VECTOR_CHUNK) {
            int32_t keys[VECTOR_CHUNK];
            chunk_keys(query, list.codes + first / VECTOR_CHUNK * chunk_bytes, list.centroid, keys);
            for (uint32_t rest = wanted & 0xffff; rest; rest &= rest - 1) {
                uint32_t entry = (uint32_t)__builtin_ctz(rest);
                if (keys[entry] >= selection->bound) continue;
                selection->keys[selection->count] = keys[entry];
                selection->ordinals[selection->count++] = rank << 16 | (uint32_t)(first + entry);
            }
        }
    }
}

static void scan_lists(
    const vector_scan_query *query, const vector_list *lists, size_t count, vector_selection *selection) {
    if (selection->capacity == 0) return;
    for (size_t rank = 0; rank < count; rank++) scan_list(query, lists[rank], (uint32_t)rank, selection);
}

static void residual(
    const int8_t *row, const int8_t *centroid, size_t dimension, uint32_t plane_count, uint8_t *bits, int64_t *sums) {
    int32_t squares = 0, magnitudes = 0, centroids = 0, signed_centroids = 0, norm = 0;
    for (uint32_t plane = 0; plane < plane_count; plane++) bits[plane] = 0xff;
    for (size_t index = 0; index < dimension; index++) {
        int32_t difference = row[index] - centroid[index];
        int32_t sign = difference < 0 ? -1 : 1;
        if (difference < 0) bits[index / 8] &= (uint8_t)~(1 << (index % 8));
        squares += difference * difference;
        magnitudes += sign * difference;
        centroids += difference * centroid[index];
        signed_centroids += sign * centroid[index];
        norm += row[index] * row[index];
    }
    sums[SUM_SQUARES] = squares;
    sums[SUM_MAGNITUDES] = magnitudes;
    sums[SUM_CENTROID] = centroids;
    sums[SUM_SIGNED_CENTROID] = signed_centroids;
    sums[SUM_NORM] = norm;
}

static void add(const int8_t *row, size_t dimension, int32_t *sums) {
    for (size_t index = 0; index < dimension; index++) sums[index] += row[index];
}

const vector_kernels portable_kernels = {
    "portable", is_available, dot, dot_rows, dot_rows_at, scan_lists, offer_keys, trim, sort_keys, residual, add};
