#pragma once
#include <stddef.h>
#include <stdint.h>

/* A file under schemas/, built in with C23's #embed. */
typedef struct {
    /* Path below schemas/, such as "json-schema/epcis-2.0.json". */
    const char *path;
    const uint8_t *bytes;
    size_t count;
} CSchema;

/* The file of that path, or NULL. */
const CSchema *cschema_find(const char *path);

/* All files; how many there are is stored in count. */
const CSchema *cschema_all(size_t *count);
