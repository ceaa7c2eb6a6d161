/** Holds the documents to OpenRPC's own meta-schema, from local copies only. */
import { Ajv, jsonSchemaMetaSchema, openrpcMetaSchema } from "./packages.mjs";

/** Throw where a document is not OpenRPC. */
export function checkDocuments(documents) {
  // The meta-schemas are others' and use keywords loosely: strict mode is for our own schemas.
  const ajv = new Ajv({
    strict: false,
    allErrors: false,
    logger: false,
    validateFormats: false,
    addUsedSchema: false,
  });
  // OpenRPC's refers to it by its name with and without the slash at the end.
  const { $id, ...jsonSchema } = withoutDialect(jsonSchemaMetaSchema);
  ajv.addSchema({ $id, ...jsonSchema });
  ajv.addSchema({ $id: $id.replace(/\/$/, ""), ...jsonSchema });
  const validate = ajv.compile(withoutDialect(openrpcMetaSchema));
  for (const [name, document] of Object.entries(documents)) {
    if (!validate(document)) {
      const finding = validate.errors[0];
      throw new Error(
        `openrpc/${name}.yaml is not OpenRPC: ${finding.instancePath || "/"} ${finding.message}`,
      );
    }
  }
}

/** Both say that JSON Schema Tools' dialect describes them; ajv reads them as draft-07, which that dialect is. */
function withoutDialect(schema) {
  const copy = { ...schema };
  delete copy.$schema;
  return copy;
}
