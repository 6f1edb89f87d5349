#include "Kernels.h"

// Constant, so that no processor has to make it first.
#define BELOW(bits, place) __builtin_popcount((bits) & ((1 << (place)) - 1))
#define IF_SET(bits, place, rank) (((bits) >> (place) & 1) && BELOW(bits, place) == (rank) ? (place) : 0)
#define PLACE(bits, rank) \
    IF_SET(bits, 1, rank) | IF_SET(bits, 2, rank) | IF_SET(bits, 3, rank) | IF_SET(bits, 4, rank) \
        | IF_SET(bits, 5, rank) | IF_SET(bits, 6, rank) | IF_SET(bits, 7, rank)
#define PLACES(bits) \
    {PLACE(bits, 0), PLACE(bits, 1), PLACE(bits, 2), PLACE(bits, 3), \
     PLACE(bits, 4), PLACE(bits, 5), PLACE(bits, 6), PLACE(bits, 7)}
#define PLACES_4(bits) PLACES(bits), PLACES((bits) + 1), PLACES((bits) + 2), PLACES((bits) + 3)
#define PLACES_16(bits) PLACES_4(bits), PLACES_4((bits) + 4), PLACES_4((bits) + 8), PLACES_4((bits) + 12)
#define PLACES_64(bits) PLACES_16(bits), PLACES_16((bits) + 16), PLACES_16((bits) + 32), PLACES_16((bits) + 48)
const uint8_t set_bits[256][8] = {PLACES_64(0), PLACES_64(64), PLACES_64(128), PLACES_64(192)};
