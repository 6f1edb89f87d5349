#include "CSchemas.h"

#include <string.h>

/* One constant array for each file. The paths of #embed start at this file's folder. */
static const uint8_t meta_draft7[] = {
#embed "../../schemas/json-schema/meta/draft-07.json"
};
static const uint8_t meta_schema[] = {
#embed "../../schemas/json-schema/meta/2020-12/schema.json"
};
static const uint8_t meta_applicator[] = {
#embed "../../schemas/json-schema/meta/2020-12/applicator.json"
};
static const uint8_t meta_content[] = {
#embed "../../schemas/json-schema/meta/2020-12/content.json"
};
static const uint8_t meta_core[] = {
#embed "../../schemas/json-schema/meta/2020-12/core.json"
};
static const uint8_t meta_format_annotation[] = {
#embed "../../schemas/json-schema/meta/2020-12/format-annotation.json"
};
static const uint8_t meta_format_assertion[] = {
#embed "../../schemas/json-schema/meta/2020-12/format-assertion.json"
};
static const uint8_t meta_data[] = {
#embed "../../schemas/json-schema/meta/2020-12/meta-data.json"
};
static const uint8_t meta_unevaluated[] = {
#embed "../../schemas/json-schema/meta/2020-12/unevaluated.json"
};
static const uint8_t meta_validation[] = {
#embed "../../schemas/json-schema/meta/2020-12/validation.json"
};
static const uint8_t epcis_json[] = {
#embed "../../schemas/json-schema/epcis-2.0.json"
};
static const uint8_t configuration[] = {
#embed "../../schemas/json-schema/configuration.json"
};
static const uint8_t xsd_common[] = {
#embed "../../schemas/xsd/epcis-common.xsd"
};
static const uint8_t xsd_sbdh[] = {
#embed "../../schemas/xsd/sbdh.xsd"
};
static const uint8_t xsd_epcis_2_0[] = {
#embed "../../schemas/xsd/epcis-2.0.xsd"
};
static const uint8_t xsd_epcis_2_0_masterdata[] = {
#embed "../../schemas/xsd/epcis-2.0-masterdata.xsd"
};
static const uint8_t xsd_epcis_1_2[] = {
#embed "../../schemas/xsd/epcis-1.2.xsd"
};
static const uint8_t xsd_epcis_1_2_masterdata[] = {
#embed "../../schemas/xsd/epcis-1.2-masterdata.xsd"
};

static const uint8_t openapi_gateway[] = {
#embed "../../schemas/openapi/gateway.json"
};

static const CSchema files[] = {
    {"json-schema/epcis-2.0.json", epcis_json, sizeof epcis_json},
    {"json-schema/configuration.json", configuration, sizeof configuration},
    {"xsd/epcis-common.xsd", xsd_common, sizeof xsd_common},
    {"xsd/sbdh.xsd", xsd_sbdh, sizeof xsd_sbdh},
    {"xsd/epcis-2.0.xsd", xsd_epcis_2_0, sizeof xsd_epcis_2_0},
    {"xsd/epcis-2.0-masterdata.xsd", xsd_epcis_2_0_masterdata, sizeof xsd_epcis_2_0_masterdata},
    {"xsd/epcis-1.2.xsd", xsd_epcis_1_2, sizeof xsd_epcis_1_2},
    {"xsd/epcis-1.2-masterdata.xsd", xsd_epcis_1_2_masterdata, sizeof xsd_epcis_1_2_masterdata},
    {"json-schema/meta/draft-07.json", meta_draft7, sizeof meta_draft7},
    {"json-schema/meta/2020-12/schema.json", meta_schema, sizeof meta_schema},
    {"json-schema/meta/2020-12/applicator.json", meta_applicator, sizeof meta_applicator},
    {"json-schema/meta/2020-12/content.json", meta_content, sizeof meta_content},
    {"json-schema/meta/2020-12/core.json", meta_core, sizeof meta_core},
    {"json-schema/meta/2020-12/format-annotation.json", meta_format_annotation, sizeof meta_format_annotation},
    {"json-schema/meta/2020-12/format-assertion.json", meta_format_assertion, sizeof meta_format_assertion},
    {"json-schema/meta/2020-12/meta-data.json", meta_data, sizeof meta_data},
    {"json-schema/meta/2020-12/unevaluated.json", meta_unevaluated, sizeof meta_unevaluated},
    {"json-schema/meta/2020-12/validation.json", meta_validation, sizeof meta_validation},
    {"openapi/gateway.json", openapi_gateway, sizeof openapi_gateway},
};

const CSchema *cschema_all(size_t *count) {
    *count = sizeof files / sizeof files[0];
    return files;
}

const CSchema *cschema_find(const char *path) {
    for (size_t index = 0; index < sizeof files / sizeof files[0]; index++) {
        if (strcmp(files[index].path, path) == 0) return &files[index];
    }
    return NULL;
}
