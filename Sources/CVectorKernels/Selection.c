#include "Kernels.h"

// The smallest of many numbers. They all differ, since an ordinal is part of each, so that every way to find them finds
// the same; how long it takes is bounded for any numbers, as strangers choose them.

/// So few are sorted by insertion.
enum { FEW = 16 };

static void insertion_sort(uint64_t *items, uint32_t count) {
    for (uint32_t next = 1; next < count; next++) {
        uint64_t item = items[next];
        uint32_t place = next;
        for (; place > 0 && items[place - 1] > item; place--) items[place] = items[place - 1];
        items[place] = item;
    }
}

/// Lets an item sink from `place` below the larger ones of a heap.
static void sift_down(uint64_t *items, uint32_t count, uint32_t place, uint64_t item) {
    for (uint32_t child = 2 * place + 1; child < count; child = 2 * place + 1) {
        if (child + 1 < count && items[child + 1] > items[child]) child++;
        if (items[child] <= item) break;
        items[place] = items[child];
        place = child;
    }
    items[place] = item;
}

static void heap_sort(uint64_t *items, uint32_t count) {
    for (uint32_t place = count / 2; place-- > 0;) sift_down(items, count, place, items[place]);
    for (uint32_t left = count; left-- > 1;) {
        uint64_t largest = items[0];
        sift_down(items, left, 0, items[left]);
        items[left] = largest;
    }
}

/// How often numbers may be parted before they are taken to be chosen against it.
static uint32_t parting_limit(uint32_t count) {
    uint32_t bits = 0;
    while (count >> bits) bits++;
    return 2 * bits;
}

/// Parts at least three numbers by the median of three of them, without a branch that depends on them; returns how many
/// are below it. It stands after those.
static uint32_t part(uint64_t *items, uint32_t count) {
    uint64_t first = items[0], middle = items[count / 2], last = items[count - 1];
    uint64_t low = first < middle ? first : middle, high = first < middle ? middle : first;
    uint64_t pivot = last < low ? low : last > high ? high : last;
    uint32_t from = pivot == first ? 0 : pivot == middle ? count / 2 : count - 1;
    items[from] = items[count - 1];
    uint32_t below = 0;
    for (uint32_t index = 0; index + 1 < count; index++) {
        uint64_t item = items[index];
        items[index] = items[below];
        items[below] = item;
        below += item < pivot;
    }
    items[count - 1] = items[below];
    items[below] = pivot;
    return below;
}

void vector_select(uint64_t *items, uint32_t count, uint32_t kept) {
    uint32_t limit = parting_limit(count);
    while (count > FEW && kept > 0 && kept < count) {
        if (limit-- == 0) return heap_sort(items, count);
        uint32_t below = part(items, count);
        if (kept <= below) {
            count = below;
        } else {
            items += below + 1;
            count -= below + 1;
            kept -= below + 1;
        }
    }
    if (count <= FEW) insertion_sort(items, count);
}

static void sort_within(uint64_t *items, uint32_t count, uint32_t limit) {
    while (count > FEW) {
        if (limit-- == 0) return heap_sort(items, count);
        uint32_t below = part(items, count);
        // The smaller part first, so that calls stay few.
        if (below < count / 2) {
            sort_within(items, below, limit);
            items += below + 1;
            count -= below + 1;
        } else {
            sort_within(items + below + 1, count - below - 1, limit);
            count = below;
        }
    }
    insertion_sort(items, count);
}

void vector_sort(uint64_t *items, uint32_t count) { sort_within(items, count, parting_limit(count)); }
