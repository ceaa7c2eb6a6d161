/// <reference types="vite/client" />
/**
 * TypeScript's verdict on the golden examples of bridge_spec; tests/contract/test_examples.py gives Python's, which must
 * be the same. Only the bridge's: browsers have no validators for the host's other connections.
 */
import { describe, expect, test } from "vitest";
import * as errors from "./_generated/errors";
import { METHODS, NOTIFICATIONS, isMethodName, isNotificationName } from "./_generated/methods";
import { type Check, notifications, params, results } from "./_generated/validators";

interface Example {
  case: string;
  value: unknown;
  /** Where an invalid value breaks the contract, empty for the whole; absent for a valid value. */
  field?: string;
}
interface ErrorExample {
  case: string;
  error: string;
  value: unknown;
  unreadable?: boolean;
}
type Parts = Record<string, Example[]>;

// As text, since a bundler would turn a key like `__proto__` into something else than JSON.parse does.
const files = import.meta.glob<string>("../../bridge_spec/examples/*.json", {
  query: "?raw",
  import: "default",
  eager: true,
});
const errorExamples: ErrorExample[] = [];
const cases: { name: string; method: string; part: string; example: Example }[] = [];
for (const text of Object.values(files)) {
  const file = JSON.parse(text) as { bridge?: Record<string, Parts>; errors?: ErrorExample[] };
  errorExamples.push(...(file.errors ?? []));
  for (const [method, parts] of Object.entries(file.bridge ?? {})) {
    for (const [part, examples] of Object.entries(parts)) {
      for (const example of examples) {
        cases.push({ name: `${method} ${part}: ${example.case}`, method, part, example });
      }
    }
  }
}

function expand(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expand);
  if (typeof value !== "object" || value === null) return value;
  if ("$repeat" in value) {
    const text = value as { $repeat: string; times: number; prefix?: string };
    return (text.prefix ?? "") + text.$repeat.repeat(text.times);
  }
  const copy = value as Record<string, unknown>;
  for (const key of Object.keys(copy)) {
    const expanded = expand(copy[key]);
    if (expanded !== copy[key]) copy[key] = expanded;
  }
  return copy;
}

function checkOf(method: string, part: string): Check {
  if (isNotificationName(method) && part === "params") return notifications[method];
  if (!isMethodName(method)) throw new Error(`no such method: ${method}`);
  return part === "params" ? params[method] : results[method];
}

describe("the bridge's examples", () => {
  test.each(cases.filter((row) => row.example.field === undefined))("valid: $name", (row) => {
    expect(checkOf(row.method, row.part)(expand(row.example.value))).toBeNull();
  });

  test.each(cases.filter((row) => row.example.field !== undefined))("invalid: $name", (row) => {
    expect(checkOf(row.method, row.part)(expand(row.example.value))?.field).toBe(row.example.field);
  });

  test("name every method and every notification", () => {
    const valid = new Set(
      cases.filter((row) => row.example.field === undefined).map((row) => `${row.method} ${row.part}`),
    );
    const wanted = [
      ...Object.keys(METHODS).map((name) => `${name} params`),
      ...Object.keys(METHODS).map((name) => `${name} result`),
      ...Object.keys(NOTIFICATIONS).map((name) => `${name} params`),
    ];
    expect([...valid].sort()).toEqual(wanted.sort());
  });
});

describe("the examples of errors", () => {
  test.each(errorExamples)("$error: $case", (row) => {
    const error = errors.errorFromWire(row.value);
    expect(error).toBeInstanceOf(errors.ElsipoError);
    expect(error.name).toBe(row.error);
    expect(error.constructor).toBe((errors as Record<string, unknown>)[row.error]);
    if (row.unreadable === true) {
      expect(error.message).toBe("The other side answered with an error that cannot be read.");
    } else {
      expect(error.toWire()).toEqual(row.value);
    }
  });
});

test("names from the prototype are no methods", () => {
  for (const name of ["constructor", "toString", "__proto__"]) {
    expect(isMethodName(name)).toBe(false);
    expect(isNotificationName(name)).toBe(false);
  }
});

test("the place of an endless unknown key is cut", () => {
  expect(params["page.open"]({ ["x".repeat(100_000)]: 1 })?.field).toHaveLength(256);
});
