/** Emits the tree of errors: ElsipoError and a class for each row of errors.yaml. */
import { HEADER } from "./packages.mjs";

const TYPES = { string: "string", integer: "number" };

/** Return the text of errors.ts. */
export function emitErrors({ errors }) {
  return `/* ${HEADER} */

/** A JSON-RPC error object (JSON-RPC 2.0 §5.1). */
export interface WireError {
  code: number;
  message: string;
  data?: Record<string, unknown>;
}

/** An error that may cross a boundary. */
export class ElsipoError extends Error {
  /** JSON-RPC error code. */
  readonly code: number;
  /** Whether trying again can help. */
  readonly retryable: boolean;
  /** The row's typed properties. */
  readonly data: Readonly<Record<string, unknown>>;

  constructor(name: string, code: number, retryable: boolean, message: string, data: object = {}) {
    super(message);
    this.name = name;
    this.code = code;
    this.retryable = retryable;
    this.data = { ...data };
  }

  toWire(): WireError {
    const wire: WireError = { code: this.code, message: this.message };
    if (Object.keys(this.data).length > 0) wire.data = { ...this.data };
    return wire;
  }
}

${errors.map(errorClass).join("\n")}

type Kind = "string" | "integer";
interface Row {
  /** Property to its type and whether it is always there. */
  readonly data: Readonly<Record<string, readonly [Kind, boolean]>>;
  make(message: string, data: unknown): ElsipoError;
}

const ROWS: Readonly<Record<string, Row>> = {
${errors.map(errorEntry).join("\n")}
};

function fits(data: unknown, row: Row): data is Record<string, unknown> {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return false;
  const found = data as Record<string, unknown>;
  if (Object.keys(found).some((name) => !Object.prototype.hasOwnProperty.call(row.data, name))) return false;
  return Object.keys(row.data).every((name) => {
    const [kind, required] = row.data[name] as readonly [Kind, boolean];
    const value = found[name];
    if (value === undefined) return !required;
    return kind === "string" ? typeof value === "string" : Number.isInteger(value);
  });
}

/** Read the \`error\` of a response; never throws. What cannot be read becomes an InternalError. */
export function errorFromWire(wire: unknown): ElsipoError {
  const unreadable = "The other side answered with an error that cannot be read.";
  if (typeof wire !== "object" || wire === null) return new InternalError(unreadable);
  const { code, message, data = {}, ...rest } = wire as Record<string, unknown>;
  if (!Number.isInteger(code) || typeof message !== "string" || Object.keys(rest).length > 0) {
    return new InternalError(unreadable);
  }
  const key = String(code);
  const row = Object.prototype.hasOwnProperty.call(ROWS, key) ? ROWS[key] : undefined;
  if (row === undefined) return new ElsipoError("ElsipoError", code as number, false, message);
  return fits(data, row) ? row.make(message, data) : new InternalError(unreadable);
}
`;
}

function dataType(row) {
  const properties = Object.entries(row.data).map(
    ([name, [kind, required]]) => `readonly ${name}${required ? "" : "?"}: ${TYPES[kind]}`,
  );
  return `{ ${properties.join("; ")} }`;
}

function errorClass(row) {
  const head = `/** ${row.message} */\nexport class ${row.name} extends ElsipoError {\n  static readonly code = ${row.code};\n`;
  const pass = `"${row.name}", ${row.code}, ${row.retryable}, message`;
  const message = JSON.stringify(row.message);
  if (Object.keys(row.data).length === 0) {
    return `${head}  constructor(message = ${message}) {\n    super(${pass});\n  }\n}\n`;
  }
  const optional = Object.values(row.data).every(([, required]) => !required);
  return `${head}  declare readonly data: ${dataType(row)};
  constructor(data: ${dataType(row)}${optional ? " = {}" : ""}, message = ${message}) {
    super(${pass}, data);
  }
}
`;
}

function errorEntry(row) {
  const hasData = Object.keys(row.data).length > 0;
  const make = hasData
    ? `(message, data) => new ${row.name}(data as ${row.name}["data"], message)`
    : `(message) => new ${row.name}(message)`;
  return `"${row.code}": { data: ${JSON.stringify(row.data)}, make: ${make} },`;
}
