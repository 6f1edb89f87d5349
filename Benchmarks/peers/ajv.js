// ajv on the cases of schema_cases.py: microseconds of CPU time for JSON.parse and validation, median of five rounds.
// usage: NODE_PATH=/usr/share/nodejs node ajv.js FOLDER   (Debian: node-ajv)
"use strict";
const fs = require("fs"), path = require("path");
const Ajv = require("ajv");
const version = require("ajv/package.json").version;
const folder = process.argv[2];
for (const name of fs.readdirSync(folder).sort()) {
  const place = path.join(folder, name);
  if (!fs.existsSync(path.join(place, "schema.json"))) continue;
  const text = fs.readFileSync(path.join(place, "document.json"), "utf8");
  const validate = new Ajv().compile(JSON.parse(fs.readFileSync(path.join(place, "schema.json"), "utf8")));
  const parsed = JSON.parse(text);
  if (!validate(parsed)) throw new Error(`${name} is not valid`);
  const times = Math.max(5, Math.floor(20e6 / text.length));
  const round = (body) => {
    const began = process.cpuUsage();
    for (let i = 0; i < times; i++) if (!body()) throw new Error("refused");
    const used = process.cpuUsage(began);
    return (used.user + used.system) / times;
  };
  const figure = (body) => {
    round(body);
    return [1, 2, 3, 4, 5].map(() => round(body)).sort((a, b) => a - b)[2].toFixed(2) + "us";
  };
  console.log(`jsonschema ${name} bytes=${text.length} ajv-${version} parse+validate=${figure(() =>
    validate(JSON.parse(text)))} parse=${figure(() => JSON.parse(text))} validate=${figure(() => validate(parsed))}`);
}
