#include "Kernels.h"

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

static uint32_t chunk_keys(
    const vector_scan_query *query, const uint8_t *chunk, int32_t centroid, int32_t limit, int32_t *keys) {
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
    uint32_t mask = 0;
    for (int entry = 0; entry < VECTOR_CHUNK; entry++) {
        keys[entry] = entry_key(
            query, sums[entry], read_u16(factors + 2 * entry) & 0x7fff, read_i32(bases + 4 * entry), centroid);
        mask |= (uint32_t)(keys[entry] <= limit) << entry;
    }
    return mask;
}

static uint32_t pair_keys(
    const vector_scan_query *query, const uint8_t *chunks, int32_t centroid, int32_t limit, int32_t *keys) {
    const uint8_t *second = chunks + vector_chunk_bytes(query->plane_count);
    uint32_t mask = chunk_keys(query, second, centroid, limit, keys + VECTOR_CHUNK) << VECTOR_CHUNK;
    return mask | chunk_keys(query, chunks, centroid, limit, keys);
}

static void scan_lists(
    const vector_scan_query *query, const vector_list *lists, size_t count, vector_selection *selection) {
    walk_lists(chunk_keys, pair_keys, query, lists, count, selection);
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
    "portable", is_available, dot, dot_rows, dot_rows_at, scan_lists, residual, add};
