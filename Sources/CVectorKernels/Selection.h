#ifndef SELECTION_H
#define SELECTION_H

#include "CVectorKernels.h"

#include <string.h>

// The smallest of many keys, and their order. All of it only counts, so that what strangers choose the keys to be changes
// neither how long that takes nor which are found.
//
// A set of kernels brings five steps and is given `offer`, `trim` and `sort` of them. Whoever calls steps has written
// `VECTOR_SELECTION_EXCESS` keys of INT32_MAX behind the last one, so that steps take whole registers.

typedef struct {
    /// The smallest and the largest key; there is at least one.
    void (*range)(const int32_t *keys, uint32_t count, int32_t *smallest, int32_t *largest);
    /// How many keys are below a limit.
    uint32_t (*count_below)(const int32_t *keys, uint32_t count, int32_t limit);
    /// For each key how many are below it; there is room for `VECTOR_SELECTION_EXCESS` ranks more.
    void (*rank)(const int32_t *keys, uint32_t count, uint32_t *ranks);
    /// Moves the candidates below a bound together, in their order, and the first `equal` that are at it.
    void (*keep)(vector_selection *selection, int64_t bound, uint32_t equal);
    /// Appends those of up to `VECTOR_CHUNK` keys that are below the bound, whose ordinals are `first` and so on.
    void (*append)(vector_selection *selection, const int32_t *keys, uint32_t count, uint32_t first);
} selection_steps;

#define INLINE static inline __attribute__((always_inline))

INLINE void pad(vector_selection *selection) {
    for (int place = 0; place < VECTOR_SELECTION_EXCESS; place++) selection->keys[selection->count + place] = INT32_MAX;
}

/// Keeps the smallest in the order in which they were offered: as many as wanted, or up to `slack` more where the search
/// comes upon them sooner.
INLINE void keep_smallest(const selection_steps *steps, vector_selection *selection, uint32_t slack) {
    uint32_t capacity = selection->capacity, count = selection->count;
    if (count <= capacity) return;
    pad(selection);
    int32_t smallest, largest;
    steps->range(selection->keys, count, &smallest, &largest);
    // Fewer than wanted are below `low`, enough below `high`.
    int64_t low = smallest, high = (int64_t)largest + 1;
    uint32_t below_low = 0, below_high = count;
    for (uint32_t step = 0; high - low > 1 && below_high > capacity + slack; step++) {
        // Where it would be if the keys were spread evenly, and every other time in the middle, whatever they are.
        int64_t part = step % 2 ? (high - low) / 2
                                : (high - low) * (capacity + slack / 2 - below_low) / (below_high - below_low);
        int64_t middle = part < 1 ? low + 1 : low + part < high ? low + part : high - 1;
        uint32_t below = steps->count_below(selection->keys, count, (int32_t)middle);
        if (below < capacity) {
            low = middle;
            below_low = below;
        } else {
            high = middle;
            below_high = below;
        }
    }
    bool is_enough = below_high <= capacity + slack;
    // Where too many are below `high` and nothing is between, they are equal.
    selection->bound = is_enough ? high : low;
    steps->keep(selection, selection->bound, is_enough ? 0 : capacity - below_low);
}

/// Leaves room for the candidates of two chunks.
INLINE void reserve(const selection_steps *steps, vector_selection *selection) {
    if (selection->count + 2 * VECTOR_CHUNK <= selection->room) return;
    keep_smallest(steps, selection, (selection->room - selection->capacity) / 4);
}

/// `append` without registers, and without a branch for each; the next place is not read back from memory.
INLINE void append_each(vector_selection *selection, const int32_t *keys, uint32_t count, uint32_t first) {
    uint32_t held = selection->count;
    for (uint32_t index = 0; index < count; index++) {
        selection->keys[held] = keys[index];
        selection->ordinals[held] = first + index;
        held += keys[index] < selection->bound;
    }
    selection->count = held;
}

INLINE void offer(
    const selection_steps *steps, vector_selection *selection, const int32_t *keys, size_t count, uint32_t first) {
    if (selection->capacity == 0) return;
    for (size_t start = 0; start < count; start += VECTOR_CHUNK) {
        size_t left = count - start;
        reserve(steps, selection);
        steps->append(
            selection, keys + start, left < VECTOR_CHUNK ? (uint32_t)left : VECTOR_CHUNK, first + (uint32_t)start);
    }
}

/// So few that comparing each with all takes less than counting their bytes.
enum { FEW = 160 };

/// The place of each key is how many are below it, and of equal ones those offered earlier.
INLINE void sort_few(const selection_steps *steps, const vector_selection *selection, int32_t *keys, uint32_t *ordinals) {
    uint32_t ranks[FEW + VECTOR_SELECTION_EXCESS];
    uint8_t placed[FEW] = {0};
    steps->rank(selection->keys, selection->count, ranks);
    for (uint32_t index = 0; index < selection->count; index++) {
        uint32_t place = ranks[index] + placed[ranks[index]]++;
        keys[place] = selection->keys[index];
        ordinals[place] = selection->ordinals[index];
    }
}

/// Sorts by one byte of the keys, and leaves the order of equal ones.
INLINE void sort_byte(
    const int32_t *keys, const uint32_t *ordinals, uint32_t count, int shift, int32_t *keys_out, uint32_t *ordinals_out) {
    uint32_t places[257] = {0};
    for (uint32_t index = 0; index < count; index++) places[(((uint32_t)keys[index] ^ 0x80000000u) >> shift & 255) + 1]++;
    for (uint32_t byte = 1; byte < 257; byte++) places[byte] += places[byte - 1];
    for (uint32_t index = 0; index < count; index++) {
        uint32_t place = places[((uint32_t)keys[index] ^ 0x80000000u) >> shift & 255]++;
        keys_out[place] = keys[index];
        ordinals_out[place] = ordinals[index];
    }
}

INLINE void sort(const selection_steps *steps, vector_selection *selection, int32_t *keys, uint32_t *ordinals) {
    keep_smallest(steps, selection, 0);
    uint32_t count = selection->count;
    if (count <= FEW) {
        pad(selection);
        sort_few(steps, selection, keys, ordinals);
        memcpy(selection->keys, keys, count * sizeof(*keys));
        memcpy(selection->ordinals, ordinals, count * sizeof(*ordinals));
        return;
    }
    for (int shift = 0; shift < 32; shift += 16) {
        sort_byte(selection->keys, selection->ordinals, count, shift, keys, ordinals);
        sort_byte(keys, ordinals, count, shift + 8, selection->keys, selection->ordinals);
    }
}

#endif
