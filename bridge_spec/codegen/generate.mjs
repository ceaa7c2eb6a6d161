/**
 * The node half of the generator, started by generate.py: the bundled contract as JSON on stdin, `{ file: text }` on stdout.
 * Reads and writes no file of the project itself.
 */
import { emitErrors } from "./node/errors.mjs";
import { checkDocuments } from "./node/meta.mjs";
import { emitMethods } from "./node/methods.mjs";
import { prettier } from "./node/packages.mjs";
import { emitTypes } from "./node/types.mjs";
import { emitValidators } from "./node/validators.mjs";

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const spec = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  checkDocuments(spec.documents);
  const files = {
    "types.ts": await emitTypes(spec),
    "methods.ts": emitMethods(spec),
    "errors.ts": emitErrors(spec),
    ...(await emitValidators(spec)),
  };
  for (const [name, text] of Object.entries(files)) {
    const parser = name.endsWith(".js") ? "babel" : "typescript";
    files[name] = await prettier.format(text, { parser, printWidth: 110 });
  }
  process.stdout.write(JSON.stringify(files));
}

main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
