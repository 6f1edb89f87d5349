#include "Kernels.h"

#include <string.h>

// Which kernels there are, and what the sets share: the query's table, and how far lists are.

static const vector_kernels *const all_kernels[] = {
#if defined(__x86_64__)
    &avx512_kernels,
    &avx2_kernels,
#endif
    &portable_kernels,
};

size_t vector_kernels_count(void) { return sizeof(all_kernels) / sizeof(all_kernels[0]); }

const vector_kernels *vector_kernels_at(size_t index) { return all_kernels[index]; }

// Eight sums of a table are made at once, a byte each, the first one lowest.
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tables are written as numbers of eight bytes");

/// Byte n is 1 where n has bit 0, 1, 2.
static const uint64_t has_bit[3] = {0x0100010001000100, 0x0101000001010000, 0x0101010100000000};
static const uint64_t all_bytes = 0x0101010101010101;

/// Magnitudes of a group's four dimensions as 16 sums; returns the largest of these, which is all four together.
///
/// Without a branch: signs are as good as random.
static uint32_t write_sums(const uint8_t *magnitudes, const int8_t *query, uint8_t *sums) {
    uint64_t low = 0;
    for (int bit = 0; bit < 3; bit++) {
        uint64_t is_negative = -(uint64_t)(query[bit] < 0);
        low += magnitudes[bit] * (has_bit[bit] ^ (all_bytes & is_negative));
    }
    uint64_t last = magnitudes[3] * all_bytes, is_negative = -(uint64_t)(query[3] < 0);
    uint64_t halves[2] = {low + (last & is_negative), low + (last & ~is_negative)};
    memcpy(sums, halves, sizeof(halves));
    return (uint32_t)magnitudes[0] + magnitudes[1] + magnitudes[2] + magnitudes[3];
}

/// The most pairs of planes, 4, 2 or 1, that cannot exceed a byte: `largest` has each plane's largest sum.
static uint32_t span_of(const uint16_t *largest, uint32_t plane_count) {
    for (uint32_t span = 4; span > 1; span /= 2) {
        uint32_t most = 0;
        for (uint32_t start = 0; start + 2 * span <= plane_count; start += 2 * span) {
            uint32_t even = 0, odd = 0;
            for (uint32_t plane = start; plane < start + 2 * span; plane += 2) {
                even += largest[plane];
                odd += largest[plane + 1];
            }
            if (even > most) most = even;
            if (odd > most) most = odd;
        }
        if (most <= UINT8_MAX) return span;
    }
    return 1;
}

/// Magnitudes are at most 31 in units of 2^shift, rounded half up, so that eight of them fit a byte.
void vector_scan_prepare(vector_scan_query *scan, const int8_t *query, size_t dimension, uint8_t *table) {
    // With zeros up to a whole pair of planes.
    uint8_t magnitudes[VECTOR_DIMENSION_MAX + 16];
    int8_t padded[VECTOR_DIMENSION_MAX + 16];
    uint16_t largest_sums[(VECTOR_DIMENSION_MAX + 16) / 8];
    size_t length = (size_t)scan->plane_count * 8;
    memcpy(padded, query, dimension);
    memset(padded + dimension, 0, length - dimension);
    uint8_t largest = 0;
    for (size_t index = 0; index < length; index++) {
        magnitudes[index] = (uint8_t)(padded[index] < 0 ? -padded[index] : padded[index]);
        if (magnitudes[index] > largest) largest = magnitudes[index];
    }
    uint32_t shift = 0;
    while (largest >> shift > 31) shift++;
    uint8_t half = (uint8_t)((1 << shift) >> 1);
    int32_t sum = 0;
    for (size_t index = 0; index < length; index++) {
        uint8_t magnitude = (uint8_t)(magnitudes[index] + half) >> shift;
        magnitudes[index] = magnitude > 31 ? 31 : magnitude;
        sum += magnitudes[index];
    }
    for (uint32_t plane = 0; plane < scan->plane_count; plane++) {
        // The low nibbles of two planes, then their high ones.
        uint8_t *sums = table + (plane / 2) * 64 + (plane % 2) * 16;
        size_t start = (size_t)plane * 8;
        largest_sums[plane] = (uint16_t)(write_sums(magnitudes + start, padded + start, sums)
            + write_sums(magnitudes + start + 4, padded + start + 4, sums + 32));
    }
    scan->table = table;
    scan->magnitude_sum = sum;
    scan->magnitude_shift = shift;
    scan->span = span_of(largest_sums, scan->plane_count);
}

void vector_list_scores(
    const int32_t *dots, const int32_t *numbers, size_t count, bool is_squared, int32_t *scores) {
    if (is_squared) {
        for (size_t index = 0; index < count; index++) scores[index] = numbers[index] - 2 * dots[index];
    } else {
        for (size_t index = 0; index < count; index++) {
            scores[index] = -(int32_t)(((int64_t)dots[index] * numbers[index]) >> 14);
        }
    }
}
