// libxml2 called bare on one XML case: microseconds of CPU time to parse into its own tree and validate that, and to
// validate while parsing without a tree (xmlSchemaValidateStream); median of five rounds.
// usage: xsd FOLDER/CASE
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static xmlSchemaPtr schema;
static char *text;
static size_t size;

static int tree(void) {
    xmlDocPtr document = xmlReadMemory(text, (int)size, "document.xml", NULL, XML_PARSE_NONET);
    xmlSchemaValidCtxtPtr context = xmlSchemaNewValidCtxt(schema);
    int result = xmlSchemaValidateDoc(context, document);
    xmlSchemaFreeValidCtxt(context);
    xmlFreeDoc(document);
    return result;
}

static int stream(void) {
    xmlSAXHandler handler;
    memset(&handler, 0, sizeof handler);
    handler.initialized = XML_SAX2_MAGIC;
    xmlSchemaValidCtxtPtr context = xmlSchemaNewValidCtxt(schema);
    xmlParserInputBufferPtr input = xmlParserInputBufferCreateMem(text, (int)size, XML_CHAR_ENCODING_UTF8);
    int result = xmlSchemaValidateStream(context, input, XML_CHAR_ENCODING_UTF8, &handler, NULL);
    xmlSchemaFreeValidCtxt(context);
    return result;
}

static int compare(const void *a, const void *b) { return *(double *)a < *(double *)b ? -1 : 1; }

static double figure(int (*body)(void)) {
    double rounds[5];
    int times = size > 4000000 / 5 ? 5 : (int)(4000000 / size);
    if (body() != 0) exit(2);
    for (int round = 0; round < 5; round++) {
        struct timespec from, to;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        for (int i = 0; i < times; i++) body();
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        rounds[round] = ((to.tv_sec - from.tv_sec) * 1e6 + (to.tv_nsec - from.tv_nsec) / 1e3) / times;
    }
    qsort(rounds, 5, sizeof(double), compare);
    return rounds[2];
}

int main(int argc, char **argv) {
    char path[4096];
    if (argc != 2) return 1;
    snprintf(path, sizeof path, "%s/main.xsd", argv[1]);
    schema = xmlSchemaParse(xmlSchemaNewParserCtxt(path));
    snprintf(path, sizeof path, "%s/document.xml", argv[1]);
    FILE *file = fopen(path, "rb");
    if (!schema || !file) return 1;
    fseek(file, 0, SEEK_END);
    size = (size_t)ftell(file);
    rewind(file);
    text = malloc(size);
    if (fread(text, 1, size, file) != size) return 1;
    char *name = strrchr(argv[1], '/');
    printf("xmlschema %s bytes=%zu libxml2-%s bare with-tree=%.2fus stream=%.2fus\n", name ? name + 1 : argv[1], size,
           LIBXML_DOTTED_VERSION, figure(tree), figure(stream));
    return 0;
}
