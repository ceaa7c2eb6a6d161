import { describe, expect, test } from "vitest";
import {
  AccountExistsError,
  ConnectionLostError,
  CredentialStoreError,
  InternalError,
  InvalidAddressError,
  InvalidParamsError,
} from "../sdk/errors";
import type { Call, CallOutcome, RegistrationState } from "../sdk/model";
import { account, call, engine, registration, ringing } from "../sdk/testing/samples";
import { signInHelp } from "./sign-in-help";
import {
  callWords,
  engineWords,
  registrationHelp,
  registrationWord,
  transportWords,
  windowTitle,
} from "./words";

test.each<[RegistrationState, string]>([
  ["unregistered", "not registered"],
  ["registering", "registering"],
  ["registered", "registered"],
  ["unregistering", "unregistering"],
  ["failed", "registration failed"],
])("registration %s is told as %s", (state, word) => {
  expect(registrationWord({ ...registration, state })).toBe(word);
});

test("the window is named after address and registration", () => {
  expect(windowTitle(account, registration, 0)).toBe("alice@provider-a.test – registered – Elsipo");
  expect(windowTitle(account, null, 0)).toBe("alice@provider-a.test – not registered – Elsipo");
  expect(windowTitle(account, registration, 2)).toBe("(2) alice@provider-a.test – registered – Elsipo");
  expect(windowTitle(null, null, 0)).toBe("Elsipo");
});

describe("a failed registration says what to do next", () => {
  const failed = (sip_status: number, reason_phrase: string, more = {}) =>
    registrationHelp({ ...registration, state: "failed", sip_status, reason_phrase, ...more });

  test("a wrong password: sign in again", () => {
    expect(failed(401, "Unauthorized")).toContain("Sign out, then sign in");
    expect(failed(403, "Forbidden")).toContain("403 Forbidden");
  });

  test("an unknown address: check it", () => {
    expect(failed(404, "Not Found")).toContain("Check its spelling");
  });

  test("no answer: when it is tried again, else what to check", () => {
    expect(failed(0, "Connection refused", { retry_in_s: 5 })).toBe(
      "Connection refused Trying again in 5 s.",
    );
    expect(failed(0, "")).toContain("Check the network");
    expect(failed(503, "Busy", { retry_in_s: 9 })).toContain("503 Busy. Trying again in 9 s.");
  });

  test("nothing is said while nothing failed", () => {
    expect(registrationHelp(registration)).toBe("");
    expect(registrationHelp(null)).toBe("");
  });
});

test("only TLS is called encrypted", () => {
  expect(transportWords("tls").secure).toBe(true);
  expect(transportWords("udp")).toEqual({ secure: false, text: "Not encrypted (UDP)" });
});

describe("a call in words", () => {
  test.each<[Partial<Call>, string]>([
    [{ state: "calling" }, "calling"],
    [{ state: "early" }, "ringing"],
    [{ state: "connecting" }, "connecting"],
    [{}, "in call"],
    [{ muted: true }, "muted"],
    [{ muted: true, on_hold: true }, "on hold"],
    [{ on_hold: true, recovering: true }, "interrupted, coming back…"],
  ])("%o is %s", (change, words) => {
    expect(callWords({ ...call, ...change })).toBe(words);
  });

  test.each<[CallOutcome, string]>([
    ["answered", "call ended"],
    ["missed", "missed call"],
    ["rejected", "call rejected (603 Decline)"],
    ["cancelled", "call cancelled"],
    ["busy", "busy"],
    ["no_answer", "no answer"],
    ["failed", "call failed (603 Decline)"],
    ["engine_lost", "call lost: the telephone engine restarted"],
  ])("that ended as %s is told as %s", (outcome, words) => {
    const ended: Call = {
      ...call,
      state: "disconnected",
      outcome,
      sip_status: 603,
      reason_phrase: "Decline",
    };
    expect(callWords(ended)).toBe(words);
  });

  test("that rings here is calling, also after 180", () => {
    expect(callWords(ringing)).toBe("is calling");
    expect(callWords({ ...ringing, state: "early" })).toBe("is calling");
  });
});

test("a running engine needs no words; any other does", () => {
  expect(engineWords(engine)).toBe("");
  expect(engineWords(null)).toBe("");
  for (const state of ["starting", "restarting", "failed", "stopped"] as const) {
    expect(engineWords({ ...engine, state })).toContain("engine");
  }
});

test.each([
  [new InvalidAddressError(), "alice@example.org"],
  [new AccountExistsError(), "sign out there first"],
  [new CredentialStoreError(), "allow the file"],
  [new InvalidParamsError({ field: "server" }), "host:port"],
  [new InvalidParamsError({ field: "params.address" }), "alice@example.org"],
  [new InvalidParamsError({}), "Check what you typed"],
  [new ConnectionLostError(), "try again"],
  [new InternalError(), "The log has the details"],
  [new TypeError("secret"), "Try again"],
])("signing in that fails with %s says what to do next", (error, words) => {
  expect(signInHelp(error)).toContain(words);
});
