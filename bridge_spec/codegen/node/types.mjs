/** Emits the TypeScript types of every schema through json-schema-to-typescript. */
import { HEADER, compile } from "./packages.mjs";

/** Return the text of types.ts. */
export async function emitTypes({ schemas }) {
  const names = Object.keys(schemas);
  const root = {
    type: "object",
    description: "Every schema by its name.",
    additionalProperties: false,
    required: names,
    properties: Object.fromEntries(names.map((name) => [name, { $ref: `#/definitions/${name}` }])),
    definitions: schemas,
  };
  return compile(root, "Schemas", {
    bannerComment: `/* ${HEADER} */`,
    ignoreMinAndMaxItems: true,
    format: false,
    cwd: process.cwd(),
    $refOptions: { resolve: { file: false, http: false } },
  });
}
