"""Writes the schemas and documents of the schema benchmark into folders that all programs read.

usage: schema_cases.py VECTORS FOLDER

JSON: the official EPCIS schema on the official example of one event (1.2 KB) and of two, and on 1,000 events; an
order of 1 KB against a schema of draft-07 such as interfaces have. XML: the official EPCIS 2.0 schema on 1,000 events.
"""
import json, os, re, sys

vectors, folder = sys.argv[1:3]


def write(case, name, text):
    os.makedirs(os.path.join(folder, case), exist_ok=True)
    with open(os.path.join(folder, case, name), "w", encoding="utf-8") as file:
        file.write(text)


def read(*path):
    with open(os.path.join(vectors, *path), encoding="utf-8") as file:
        return file.read()


epcis = read("epcis", "EPCIS-JSON-Schema.json")
two = read("epcis", "JSON", "Example_9.6.1-ObjectEvent.jsonld")
thousand = json.loads(two)
events = thousand["epcisBody"]["eventList"]
thousand["epcisBody"]["eventList"] = [events[number % len(events)] for number in range(1000)]
for case, document in [("epcis-event", read("epcis", "JSON", "Example_9.6.3-AggregationEvent.jsonld")),
                       ("epcis-two-events", two),
                       ("epcis-1000-events", json.dumps(thousand, separators=(",", ":")))]:
    write(case, "schema.json", epcis)
    write(case, "document.json", document)

order = {
    "$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
    "required": ["id", "placed", "buyer", "lines", "currency"], "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{6}$"}, "placed": {"type": "string", "format": "date-time"},
        "currency": {"enum": ["EUR", "USD", "GBP", "CHF", "JPY"]}, "note": {"type": "string", "maxLength": 400},
        "buyer": {"$ref": "#/definitions/party"}, "seller": {"$ref": "#/definitions/party"},
        "lines": {"type": "array", "minItems": 1, "maxItems": 100, "items": {
            "type": "object", "required": ["gtin", "quantity", "price"], "additionalProperties": False,
            "properties": {
                "gtin": {"type": "string", "pattern": "^[0-9]{14}$"},
                "description": {"type": "string", "minLength": 1, "maxLength": 120},
                "quantity": {"type": "integer", "minimum": 1, "maximum": 100000},
                "price": {"type": "number", "exclusiveMinimum": 0}, "taxed": {"type": "boolean"}}}},
    },
    "definitions": {"party": {
        "type": "object", "required": ["name", "country"], "properties": {
            "name": {"type": "string", "minLength": 1}, "country": {"type": "string", "minLength": 2, "maxLength": 2},
            "email": {"type": "string", "format": "email"}, "site": {"type": "string", "format": "uri"}}}},
}
document = {
    "id": "PO-004711", "placed": "2026-04-14T09:02:11Z", "currency": "EUR", "note": "deliver to the rear entrance",
    "buyer": {"name": "Nordlicht Handel GmbH", "country": "DE", "email": "orders@nordlicht.example",
              "site": "https://nordlicht.example/orders"},
    "seller": {"name": "Acme Trading Ltd", "country": "GB", "email": "sales@acme.example"},
    "lines": [{"gtin": f"0401234501{number:04}", "description": f"Roasted coffee beans, variety {number}, 1 kg bag",
               "quantity": 10 + number, "price": 12.5 + number, "taxed": number % 2 == 0} for number in range(5)],
}
write("order", "schema.json", json.dumps(order))
write("order", "document.json", json.dumps(document, separators=(",", ":")))

# XML: `main.xsd` imports the official main document.
for name in os.listdir(os.path.join(vectors, "epcis", "XSD")):
    if name.endswith(".xsd"):
        write("epcis-xml-1000-events", name, read("epcis", "XSD", name))
write("epcis-xml-1000-events", "main.xsd",
      '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:import namespace="urn:epcglobal:epcis:xsd:2" '
      'schemaLocation="EPCglobal-epcis-2_0.xsd"/></xs:schema>')
text = re.sub(r"<!DOCTYPE[^>]*>", "", read("epcis", "XML", "Example_9.6.1-ObjectEvent-2020_06_18a.xml"))
first, last = text.index("<ObjectEvent>"), text.rindex("</ObjectEvent>") + len("</ObjectEvent>")
inner = text[first:last]
write("epcis-xml-1000-events", "document.xml", text[:first] + inner * (1000 // inner.count("<ObjectEvent>")) + text[last:])
