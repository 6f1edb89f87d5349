#include "Kernels.h"

#include <string.h>

// The smallest of many keys, and their order. Both only count, so that what strangers choose the keys to be changes neither
// how long that takes nor which are found.

static uint32_t count_below(const int32_t *keys, uint32_t count, int32_t limit) {
    uint32_t below = 0;
    for (uint32_t index = 0; index < count; index++) below += keys[index] < limit;
    return below;
}

/// Keeps what is below a bound and the first `equal` that are at it.
static void keep_below(vector_selection *selection, int64_t bound, uint32_t equal) {
    int32_t *keys = selection->keys;
    uint32_t *ordinals = selection->ordinals, kept = 0;
    for (uint32_t index = 0; index < selection->count; index++) {
        int32_t key = keys[index];
        keys[kept] = key;
        ordinals[kept] = ordinals[index];
        if (equal > 0) {
            uint32_t is_equal = key == bound;
            equal -= is_equal;
            kept += is_equal;
        }
        kept += key < bound;
    }
    selection->count = kept;
    selection->bound = bound;
}

/// Keeps the smallest in the order in which they were offered: as many as wanted, or up to `slack` more where the search
/// comes upon them sooner.
static void keep_smallest(vector_selection *selection, uint32_t slack) {
    uint32_t capacity = selection->capacity, count = selection->count;
    int32_t *keys = selection->keys;
    if (count <= capacity) return;
    int32_t smallest = INT32_MAX, largest = INT32_MIN;
    for (uint32_t index = 0; index < count; index++) {
        smallest = keys[index] < smallest ? keys[index] : smallest;
        largest = keys[index] > largest ? keys[index] : largest;
    }
    // Fewer than wanted are below `low`, enough below `high`.
    int64_t low = smallest, high = (int64_t)largest + 1;
    uint32_t below_low = 0, below_high = count;
    for (uint32_t step = 0; high - low > 1 && below_high > capacity + slack; step++) {
        // Where it would be if the keys were spread evenly, and every other time in the middle, whatever they are.
        int64_t part = step % 2 ? (high - low) / 2
                                : (high - low) * (capacity + slack / 2 - below_low) / (below_high - below_low);
        int64_t middle = part < 1 ? low + 1 : low + part < high ? low + part : high - 1;
        uint32_t below = count_below(keys, count, (int32_t)middle);
        if (below < capacity) {
            low = middle;
            below_low = below;
        } else {
            high = middle;
            below_high = below;
        }
    }
    if (below_high <= capacity + slack) {
        keep_below(selection, high, 0);
    } else {
        // Too many below `high`, and nothing between: they are equal.
        keep_below(selection, low, capacity - below_low);
    }
}

void vector_selection_trim(vector_selection *selection) { keep_smallest(selection, 0); }

void vector_selection_make_room(vector_selection *selection) {
    keep_smallest(selection, (selection->room - selection->capacity) / 4);
}

void vector_selection_offer(vector_selection *selection, const int32_t *keys, size_t count, uint32_t first) {
    if (selection->capacity == 0) return;
    // Without a branch for each; the next place is not read back from memory.
    uint32_t held = selection->count;
    for (size_t index = 0; index < count; index++) {
        selection->keys[held] = keys[index];
        selection->ordinals[held] = first + (uint32_t)index;
        held += keys[index] < selection->bound;
        if (held == selection->room) {
            selection->count = held;
            vector_selection_make_room(selection);
            held = selection->count;
        }
    }
    selection->count = held;
}

/// So few that comparing each with all takes less than counting their bytes.
enum { FEW = 160 };

/// The place of each key is how many stand before it.
static void sort_few(const vector_selection *selection, int32_t *keys, uint32_t *ordinals) {
    for (uint32_t index = 0; index < selection->count; index++) {
        int32_t key = selection->keys[index];
        // Of equal ones those that were offered earlier.
        uint32_t place = count_below(selection->keys + index, selection->count - index, key);
        for (uint32_t other = 0; other < index; other++) place += selection->keys[other] <= key;
        keys[place] = key;
        ordinals[place] = selection->ordinals[index];
    }
}

/// Sorts by one byte of the keys, and leaves the order of equal ones.
static void sort_byte(
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

void vector_selection_sort(vector_selection *selection, int32_t *keys, uint32_t *ordinals) {
    vector_selection_trim(selection);
    uint32_t count = selection->count;
    if (count <= FEW) {
        sort_few(selection, keys, ordinals);
        memcpy(selection->keys, keys, count * sizeof(*keys));
        memcpy(selection->ordinals, ordinals, count * sizeof(*ordinals));
        return;
    }
    for (int shift = 0; shift < 32; shift += 16) {
        sort_byte(selection->keys, selection->ordinals, count, shift, keys, ordinals);
        sort_byte(keys, ordinals, count, shift + 8, selection->keys, selection->ordinals);
    }
}
