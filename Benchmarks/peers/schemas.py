"""jsonschema-rs and lxml (libxml2) on the cases of schema_cases.py: microseconds of CPU time, median of five rounds.

usage: schemas.py FOLDER   (PyPI: jsonschema-rs, lxml)
"""
import importlib.metadata, json, os, statistics, sys, time

folder = sys.argv[1]


def figure(times, body):
    def once():
        began = time.process_time()
        for _ in range(times):
            assert body()
        return (time.process_time() - began) / times * 1e6

    once()
    return f"{statistics.median(once() for _ in range(5)):.2f}us"


def read(*path):
    with open(os.path.join(folder, *path), "rb") as file:
        return file.read()


for name in sorted(os.listdir(folder)):
    if os.path.exists(os.path.join(folder, name, "schema.json")):
        import jsonschema_rs
        validator = jsonschema_rs.validator_for(json.loads(read(name, "schema.json")), validate_formats=True)
        text = read(name, "document.json").decode()
        parsed, times = json.loads(text), max(5, 20_000_000 // len(text))
        print(f"jsonschema {name} bytes={len(text)} jsonschema-rs-{importlib.metadata.version('jsonschema-rs')}",
              f"parse+validate={figure(times, lambda: validator.is_valid(json.loads(text)))}",
              f"validate={figure(times, lambda: validator.is_valid(parsed))}", flush=True)
    else:
        from lxml import etree
        schema = etree.XMLSchema(etree.parse(os.path.join(folder, name, "main.xsd")))
        text = read(name, "document.xml")
        times = max(5, 4_000_000 // len(text))
        print(f"xmlschema {name} bytes={len(text)} lxml-{etree.__version__} libxml2={etree.LIBXML_VERSION}",
              f"parse+validate={figure(times, lambda: schema.validate(etree.fromstring(text)))}", flush=True)
