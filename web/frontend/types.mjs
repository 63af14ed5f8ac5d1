// The types of the API's answers, made from its description: `npm run api`; `--check` says whether they are current.
import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const DESCRIPTION = new URL("../../docs/openapi.json", import.meta.url);
const TYPES = new URL("src/api/answers.ts", import.meta.url);

const { components } = JSON.parse(await readFile(DESCRIPTION, "utf8"));
const definitions = JSON.parse(
  JSON.stringify(components.schemas).replaceAll("#/components/schemas/", "#/definitions/"),
);
for (const schema of Object.values(definitions)) {
  schema.additionalProperties ??= false;
  for (const property of Object.values(schema.properties ?? {})) delete property.title; // a type of its own for each otherwise
}
const made = await compile({ definitions }, "Answers", {
  bannerComment: "/** What the API answers, made from docs/openapi.json by `npm run api`: do not edit. */",
  unreachableDefinitions: true,
  style: { printWidth: 120 },
});
const text = made
  .replace(/export interface Answers \{[^}]*\}\n/, "")
  .replace(/\/\*\*\n \* This interface was referenced by [^/]*\*\/\n/g, "")
  .replace(/ \*\n \* This interface was referenced by .*\n \* via the .*\n/g, "");
if (process.argv.includes("--check")) {
  if ((await readFile(TYPES, "utf8")) !== text) throw new Error("src/api/answers.ts is not current: npm run api");
} else {
  await writeFile(TYPES, text);
}
