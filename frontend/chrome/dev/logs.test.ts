// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import type { SocketEvents } from "../bridge/socket";
import { RpcLog } from "./rpc-log";
import {
  MOST_MESSAGES,
  NO_FILTER,
  SipLog,
  delta,
  filtered,
  kindOf,
  understood,
  type SipMessage,
} from "./sip-log";

function message(seq: number, text: string, direction: SipMessage["direction"] = "outgoing"): SipMessage {
  return { seq, at_ms: 1_000 + seq, direction, peer_address: "192.0.2.1:5060", is_repeat: false, text };
}

const register = message(1, "REGISTER sip:a.test SIP/2.0\r\nCall-ID: one\r\nCSeq: 1 REGISTER\r\n\r\n");
const refused = message(2, "SIP/2.0 401 Unauthorized\r\ni: one\r\nCSeq: 1 REGISTER\r\n\r\n", "incoming");
const hello = message(3, "MESSAGE sip:b SIP/2.0\r\nCall-ID: two\r\nCSeq: 7 MESSAGE\r\n\r\nCall-ID: body");

describe("the SIP log", () => {
  test("reads what a message is, in long and compact form, and never from its body", () => {
    expect([register, refused, hello].map(understood)).toMatchObject([
      { title: "REGISTER", method: "REGISTER", status: 0, callId: "one" },
      { title: "401 Unauthorized", method: "REGISTER", status: 401, callId: "one" },
      { title: "MESSAGE", method: "MESSAGE", callId: "two" },
    ]);
    expect(kindOf(understood(refused))).toBe("failure");
    expect(understood(message(4, "\u0000nonsense"))).toMatchObject({
      status: 0,
      callId: "",
      title: "\u0000nonsense",
    });
  });

  test("filters by text, by method and by call", () => {
    const entries = [register, refused, hello].map(understood);
    const seqs = (filter: Partial<typeof NO_FILTER>): number[] =>
      filtered(entries, { ...NO_FILTER, ...filter }).map((entry) => entry.seq);
    expect(seqs({})).toEqual([1, 2, 3]);
    expect(seqs({ text: " UNAUTH " })).toEqual([2]);
    expect(seqs({ method: "REGISTER" })).toEqual([1, 2]);
    expect(seqs({ callId: "two" })).toEqual([3]);
  });

  test("is bounded, and counts what it does not show", () => {
    const log = new SipLog();
    for (let seq = 1; seq <= MOST_MESSAGES + 5; seq += 1)
      log.take({ messages: [message(seq, "x")], missed: 0 });
    expect(log.entries.value).toHaveLength(MOST_MESSAGES);
    expect(log.entries.value[0]?.seq).toBe(6);
    log.take({ messages: [], missed: 7 });
    log.isPaused.value = true;
    log.take({ messages: [register], missed: 1 });
    expect(log.missed.value).toBe(9);
    log.clear();
    expect([log.entries.value.length, log.missed.value]).toEqual([0, 0]);
  });

  test("tells times apart", () => {
    expect([delta(0), delta(999), delta(3_400)]).toEqual(["+0 ms", "+999 ms", "+3.4 s"]);
  });
});

describe("the RPC log", () => {
  async function tapped(log: RpcLog) {
    const sent: string[] = [];
    let events: SocketEvents | undefined;
    const open = log.tap("page", (given) => {
      events = given;
      return Promise.resolve({ send: (text: string) => sent.push(text), close: () => undefined });
    });
    const got: string[] = [];
    const socket = await open({ onText: (text) => got.push(text), onClosed: () => undefined });
    return { sent, got, socket, tell: (value: unknown) => events?.onText(JSON.stringify(value)) };
  }

  test("carries everything on, and looks at nothing while it is off", async () => {
    const log = new RpcLog();
    const line = await tapped(log);
    line.socket.send('{"jsonrpc":"2.0","id":1,"method":"system.echo","params":{}}');
    line.tell({ jsonrpc: "2.0", id: 1, result: "x" });
    expect([line.sent.length, line.got.length, log.entries.value.length]).toEqual([1, 1, 0]);
  });

  test("pairs answers with requests, and knows refusals and notifications", async () => {
    const log = new RpcLog();
    log.turn(true);
    const line = await tapped(log);
    line.tell({ jsonrpc: "2.0", id: 9, result: "asked before it was on" });
    line.socket.send('[{"id":1,"method":"system.echo","params":{"text":"x"}},{"id":2,"method":"call.dial"}]');
    line.tell({ jsonrpc: "2.0", id: 2, error: { code: -32013 } });
    line.tell({ jsonrpc: "2.0", id: 1, result: "x" });
    line.tell({ jsonrpc: "2.0", method: "call.state_changed", params: {} });
    line.tell("no message");
    expect(log.entries.value.map((entry) => `${entry.line} ${entry.kind} ${entry.method}`)).toEqual([
      "page request system.echo",
      "page request call.dial",
      "page error call.dial",
      "page result system.echo",
      "page notification call.state_changed",
    ]);
    expect(log.entries.value[3]?.ms).toBeGreaterThanOrEqual(0);
    log.turn(false);
    expect(log.entries.value).toEqual([]);
  });

  test("keeps no token, password, body or digits, however deep, and not the panel's own traffic", async () => {
    const log = new RpcLog();
    log.turn(true);
    const line = await tapped(log);
    const params = {
      token: "s3cret",
      password: "s3cret",
      message: { body: "s3cret" },
      list: [{ html: "s3cret" }],
    };
    line.socket.send(
      JSON.stringify({ id: 1, method: "call.send_dtmf", params: { ...params, digits: "s3cret" } }),
    );
    line.tell({ id: 1, result: params });
    line.tell({ method: "message.received", params });
    line.tell({ method: "sip_trace.captured", params: { batch: {} } });
    expect(log.entries.value).toHaveLength(3);
    expect(JSON.stringify(log.entries.value)).not.toContain("s3cret");
    expect(log.entries.value[0]?.text).toContain("[redacted]");
  });
});
