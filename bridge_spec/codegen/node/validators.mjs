/**
 * Emits the bridge's validators through ajv standalone: an ES module without eval, so that it runs under a strict CSP,
 * and without require, so that it needs nothing else.
 */
import { fileURLToPath } from "node:url";
import { Ajv, HEADER, esbuild, frontend, standaloneCode } from "./packages.mjs";

const BUNDLE = "bundle";

// What ajv says of a finding beside its place and rule nobody reads, and it keeps whole schemas in the bundle.
const DETAILS =
  /,schemaPath:"[^"]*",keyword:"(?!required|additionalProperties)(\w+)",params:\{(?:"(?:[^"\\]|\\.)*"|[^{}"])*\}/g;

/** Return the texts of validators.js and validators.d.ts. */
export async function emitValidators({ schemas, methods }) {
  // inlineRefs: false makes one function of each schema instead of a copy at each use; messages would double the size.
  const ajv = new Ajv({
    strict: true,
    messages: false,
    inlineRefs: false,
    code: { source: true, esm: true, lines: true },
  });
  ajv.addSchema({ $id: BUNDLE, definitions: schemas });
  const same = equalsOf(schemas);
  const used = [...new Set(methods.flatMap((row) => [same(row.params), same(row.result ?? row.params)]))];
  const code = standaloneCode(
    ajv,
    Object.fromEntries(used.map((name) => [`check${name}`, `${BUNDLE}#/definitions/${name}`])),
  ).replaceAll(DETAILS, ',keyword:"$1",params:{}');
  const built = await esbuild.build({
    stdin: { contents: entry(methods, same), resolveDir: fileURLToPath(frontend), loader: "js" },
    bundle: true,
    write: false,
    format: "esm",
    target: "chrome66",
    charset: "utf8",
    banner: { js: `/* ${HEADER} */` },
    legalComments: "none",
    logLevel: "silent",
    plugins: [{ name: "standalone", setup: (build) => serve(build, code) }],
  });
  if (built.warnings.length > 0) throw new Error(`esbuild: ${built.warnings[0].text}`);
  return {
    "validators.js": built.outputFiles[0].text.replaceAll(/^ *\/\/ .*\n/gm, ""),
    "validators.d.ts": DECLARATIONS,
  };
}

function serve(build, code) {
  build.onResolve({ filter: /^standalone$/ }, () => ({ path: "standalone", namespace: "standalone" }));
  build.onLoad({ filter: /.*/, namespace: "standalone" }, () => ({
    contents: code,
    loader: "js",
    resolveDir: fileURLToPath(frontend),
  }));
}

/** Return a function from a schema's name to the first name with the same content: many parameters are alike. */
function equalsOf(schemas) {
  const first = new Map();
  for (const [name, schema] of Object.entries(schemas)) {
    const content = JSON.stringify(schema);
    if (!first.has(content)) first.set(content, name);
  }
  return (name) => first.get(JSON.stringify(schemas[name]));
}

function entry(methods, same) {
  const table = (rows, key) =>
    `{ ${rows.map((row) => `${JSON.stringify(row.name)}: /* @__PURE__ */ check(v.check${same(row[key])})`).join(", ")} }`;
  const requests = methods.filter((row) => row.result !== null);
  const notifications = methods.filter((row) => row.result === null);
  return `
import * as v from "standalone";
function place({ instancePath, params }) {
  const parts = instancePath.split("/").slice(1).map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));
  const last = params.missingProperty === undefined ? params.additionalProperty : params.missingProperty;
  if (last !== undefined) parts.push(last);
  return parts.join(".").slice(0, 256);
}
function check(validate) {
  return (value) => (validate(value) ? null : { field: place(validate.errors[0]), rule: validate.errors[0].keyword });
}
export const params = ${table(requests, "params")};
export const results = ${table(requests, "result")};
export const notifications = ${table(notifications, "params")};
`;
}

const DECLARATIONS = `/* ${HEADER} */
import type { MethodName, NotificationName } from "./methods";

/** What does not fit: the first place (\`a.b.0.c\`; empty for the whole) and the rule of the schema it breaks. */
export interface Finding {
  readonly field: string;
  readonly rule: string;
}

/** Return null for a value that fits. */
export type Check = (value: unknown) => Finding | null;

export const params: { readonly [M in MethodName]: Check };
export const results: { readonly [M in MethodName]: Check };
export const notifications: { readonly [N in NotificationName]: Check };
`;
