#include "CVectorKernels.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Every function of every set of kernels over the same bytes, for processors that are not at hand: `deploy/kernels` builds
// and runs it. Prints a line a set, its name and a hash of all results; exits with 1 where two sets differ.

enum { ROWS = 9, LISTS = 5 };
static const size_t dimensions[] = {1, 2, 15, 16, 17, 63, 64, 65, 100, 128, 384, 768, 1057, 1058, 2115, 4096};
static const uint32_t counts[LISTS] = {64, 61, 1, 17, 192};

static uint64_t state;

// xorshift64 (Marsaglia, Journal of Statistical Software 8, 2003).
static uint8_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint8_t)(state >> 32);
}

static int8_t component(int spread) { return (int8_t)(next() % (2 * spread + 1) - spread); }

// FNV-1a.
static uint64_t hash;

static void take(const void *bytes, size_t count) {
    for (size_t index = 0; index < count; index++) hash = (hash ^ ((const uint8_t *)bytes)[index]) * 0x100000001b3;
}

static void *allocate(size_t count) {
    void *memory = calloc(count + 1, 1);
    if (!memory) abort();
    return memory;
}

static vector_selection selection_of(uint32_t capacity) {
    size_t room = vector_selection_room(capacity), places = room + VECTOR_SELECTION_EXCESS;
    return (vector_selection){
        .keys = allocate(places * 4), .ordinals = allocate(places * 4), .capacity = capacity, .room = (uint32_t)room,
        .bound = (int64_t)INT32_MAX + 1};
}

static void take_selection(vector_selection selection) {
    take(selection.keys, selection.count * sizeof(int32_t));
    take(selection.ordinals, selection.count * sizeof(uint32_t));
    free(selection.keys);
    free(selection.ordinals);
}

static void try_products(const vector_kernels *kernels, const int8_t *query, const int8_t *rows, size_t dimension) {
    int32_t dots[ROWS];
    const int8_t *scattered[ROWS];
    for (size_t row = 0; row < ROWS; row++) scattered[row] = rows + (row * 4 % ROWS) * dimension;
    kernels->dot_rows(query, rows, ROWS, dimension, dots);
    take(dots, sizeof(dots));
    kernels->dot_rows_at(query, scattered, ROWS, dimension, dots);
    take(dots, sizeof(dots));
    dots[0] = kernels->dot(query, query, dimension);
    take(dots, sizeof(dots[0]));
    int32_t *sums = allocate(dimension * sizeof(int32_t));
    kernels->add(rows, dimension, sums);
    take(sums, dimension * sizeof(int32_t));
    free(sums);
}

static void try_residual(const vector_kernels *kernels, const int8_t *query, const int8_t *rows, size_t dimension) {
    uint32_t planes = (uint32_t)((dimension + 15) / 16 * 2);
    uint8_t *bits = allocate(planes);
    int64_t sums[5];
    kernels->residual(rows, query, dimension, planes, bits, sums);
    take(bits, planes);
    take(sums, sizeof(sums));
    free(bits);
}

static void try_scan(const vector_kernels *kernels, const int8_t *query, size_t dimension) {
    uint32_t planes = (uint32_t)((dimension + 15) / 16 * 2);
    uint8_t *table = allocate(planes * 32), *codes[LISTS];
    uint16_t masks[LISTS][16];
    for (int list = 0; list < LISTS; list++) {
        size_t chunks = (counts[list] + VECTOR_CHUNK - 1) / VECTOR_CHUNK, bytes = chunks * vector_chunk_bytes(planes);
        codes[list] = allocate(bytes);
        for (size_t index = 0; index < bytes; index++) codes[list][index] = next();
        for (size_t chunk = 0; chunk < chunks; chunk++) masks[list][chunk] = (uint16_t)(next() << 8 | next());
    }
    for (int weight = 1; weight <= 2; weight++) {
        vector_scan_query scan = {.plane_count = planes, .weight = weight};
        vector_scan_prepare(&scan, query, dimension, table);
        while ((dimension * 31) >> scan.sum_shift > INT16_MAX) scan.sum_shift++;
        vector_selection selection = selection_of(20);
        for (int is_masked = 0; is_masked <= 1; is_masked++) {
            vector_list lists[LISTS];
            for (int list = 0; list < LISTS; list++) {
                lists[list] = (vector_list){codes[list], is_masked ? masks[list] : NULL, counts[list], list * 1000 - 77};
            }
            kernels->scan_lists(&scan, lists, LISTS, &selection);
        }
        kernels->trim(&selection);
        take_selection(selection);
    }
    for (int list = 0; list < LISTS; list++) free(codes[list]);
    free(table);
}

static void try_selection(const vector_kernels *kernels) {
    int32_t keys[1000], sorted[200];
    uint32_t ordinals[200];
    for (int index = 0; index < 1000; index++) {
        uint32_t word = (uint32_t)next() << 24 | (uint32_t)next() << 16 | next();
        keys[index] = index % 7 == 0 ? INT32_MIN : index % 11 == 0 ? INT32_MAX : (int32_t)(word >> index % 25);
    }
    for (uint32_t capacity = 1; capacity <= 200; capacity += 13) {
        vector_selection selection = selection_of(capacity);
        kernels->offer(&selection, keys, 100, 0);
        kernels->offer(&selection, keys + 100, 900, 100);
        kernels->sort(&selection, sorted, ordinals);
        take_selection(selection);
    }
}

static uint64_t hash_of(const vector_kernels *kernels) {
    static const int spreads[] = {1, 20, 127};
    state = 0x9e3779b97f4a7c15;
    hash = 0xcbf29ce484222325;
    for (size_t one = 0; one < sizeof(dimensions) / sizeof(dimensions[0]); one++) {
        for (size_t spread = 0; spread < 3; spread++) {
            size_t dimension = dimensions[one];
            int8_t *query = allocate(dimension), *rows = allocate(ROWS * dimension);
            for (size_t index = 0; index < dimension; index++) query[index] = component(spreads[spread]);
            for (size_t index = 0; index < ROWS * dimension; index++) rows[index] = component(spreads[spread]);
            try_products(kernels, query, rows, dimension);
            try_residual(kernels, query, rows, dimension);
            try_scan(kernels, query, dimension);
            free(query);
            free(rows);
        }
    }
    try_selection(kernels);
    return hash;
}

int main(int count, char **arguments) {
    // With "--emulated" also what the processor lacks: its instructions are functions then.
    bool is_emulated = count > 1 && strcmp(arguments[1], "--emulated") == 0;
    uint64_t last = 0;
    int status = 0;
    for (size_t index = 0; index < vector_kernels_count(); index++) {
        const vector_kernels *kernels = vector_kernels_at(index);
        if (!is_emulated && !kernels->is_available()) continue;
        uint64_t result = hash_of(kernels);
        if (last && result != last) status = 1;
        last = result;
        printf("%s %016" PRIx64 "\n", kernels->name, result);
    }
    if (status) fprintf(stderr, "the sets of kernels differ\n");
    return status;
}
