#include "Kernels.h"

// Which kernels there are, and what the sets share: the query's table, the walk over a list, the selection.

static const vector_kernels *const all_kernels[] = {
#if defined(__x86_64__)
    &avx512_kernels,
    &avx2_kernels,
#endif
    &portable_kernels,
};

size_t vector_kernels_count(void) { return sizeof(all_kernels) / sizeof(all_kernels[0]); }

const vector_kernels *vector_kernels_at(size_t index) { return all_kernels[index]; }

/// Magnitudes are at most 31 in units of 2^shift, rounded half up, so that eight of them fit a byte.
void vector_scan_prepare(vector_scan_query *scan, const int8_t *query, size_t dimension, uint8_t *table) {
    int32_t largest = 0;
    for (size_t index = 0; index < dimension; index++) {
        int32_t magnitude = query[index] < 0 ? -query[index] : query[index];
        if (magnitude > largest) largest = magnitude;
    }
    uint32_t shift = 0;
    while (largest >> shift > 31) shift++;
    int32_t half = (1 << shift) >> 1, sum = 0;
    for (uint32_t group = 0; group < scan->plane_count * 2; group++) {
        // Group 2p is the low nibble of plane p, 2p + 1 the high one.
        uint32_t plane = group / 2;
        uint8_t *entries = table + (plane / 2) * 64 + (group % 2) * 32 + (plane % 2) * 16;
        int32_t agreeing[2][4] = {{0}};
        for (uint32_t bit = 0; bit < 4; bit++) {
            size_t index = (size_t)group * 4 + bit;
            if (index >= dimension) continue;
            int32_t value = query[index];
            int32_t magnitude = ((value < 0 ? -value : value) + half) >> shift;
            if (magnitude > 31) magnitude = 31;
            agreeing[value >= 0][bit] = magnitude;
            sum += magnitude;
        }
        uint8_t pairs[2][4];
        for (int pair = 0; pair < 2; pair++) {
            for (int bits = 0; bits < 4; bits++) {
                pairs[pair][bits] =
                    (uint8_t)(agreeing[bits & 1][2 * pair] + agreeing[bits >> 1][2 * pair + 1]);
            }
        }
        for (int bits = 0; bits < 16; bits++) entries[bits] = (uint8_t)(pairs[0][bits & 3] + pairs[1][bits >> 2]);
    }
    scan->table = table;
    scan->magnitude_sum = sum;
    scan->magnitude_shift = shift;
}

void vector_selection_offer(vector_selection *selection, const int32_t *keys, size_t count, uint32_t first) {
    if (selection->capacity == 0) return;
    for (size_t index = 0; index < count; index++) offer(selection, packed(keys[index], first + index));
}

void vector_selection_trim(vector_selection *selection) {
    if (selection->count <= selection->capacity) return;
    vector_select(selection->items, selection->count, selection->capacity);
    selection->count = selection->capacity;
    uint64_t largest = 0;
    for (uint32_t index = 0; index < selection->count; index++) {
        if (selection->items[index] > largest) largest = selection->items[index];
    }
    selection->bound = largest;
}

void vector_selection_sort(vector_selection *selection) {
    vector_selection_trim(selection);
    vector_sort(selection->items, selection->count);
}
