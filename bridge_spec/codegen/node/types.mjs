/** Emits the TypeScript types of every schema through json-schema-to-typescript. */
import { HEADER, compile } from "./packages.mjs";

/** A schema that says nothing of its values is `unknown`; left alone it would become an object. */
function openIsUnknown(key, value) {
  const isOpen = ["value", "additionalProperties"].includes(key) && Object.keys(value).join() === "description";
  return isOpen ? { ...value, tsType: "unknown" } : value;
}

/** Return the text of types.ts. */
export async function emitTypes({ schemas }) {
  const names = Object.keys(schemas);
  const root = {
    type: "object",
    description: "Every schema by its name.",
    additionalProperties: false,
    required: names,
    properties: Object.fromEntries(names.map((name) => [name, { $ref: `#/definitions/${name}` }])),
    definitions: JSON.parse(JSON.stringify(schemas), openIsUnknown),
  };
  return compile(root, "Schemas", {
    bannerComment: `/* ${HEADER} */`,
    ignoreMinAndMaxItems: true,
    format: false,
    cwd: process.cwd(),
    $refOptions: { resolve: { file: false, http: false } },
  });
}
