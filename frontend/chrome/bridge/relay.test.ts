// @vitest-environment happy-dom
import { describe, expect, test, vi } from "vitest";
import { CLOSED, PING, PONG } from "../../sdk/connection";
import { GestureRequiredError, InvalidRequestError, ParseError } from "../../sdk/errors";
import { Relay, type GestureGate } from "./relay";

function build(gate: GestureGate = () => Promise.resolve(true)) {
  const toHost: string[] = [];
  const toPage: unknown[] = [];
  const pings: unknown[] = [];
  const port = {
    onmessage: null as ((event: { data: unknown }) => void) | null,
    postMessage: (data: unknown) => void (isPing(data) ? pings : toPage).push(data),
    close: vi.fn(),
  };
  const onSilence = vi.fn();
  const socket = { send: (text: string) => void toHost.push(text), close: vi.fn() };
  const relay = new Relay(port as unknown as MessagePort, socket, gate, onSilence);
  const post = (data: unknown): void => port.onmessage?.({ data });
  const errors = (): { id: unknown; code: number }[] =>
    toPage.map((text) => {
      const { id, error } = JSON.parse(text as string) as { id: unknown; error: { code: number } };
      return { id, code: error.code };
    });
  return { relay, port, socket, toHost, toPage, pings, post, errors, onSilence };
}

const isPing = (data: unknown): boolean => (data as { type?: unknown }).type === PING;

const request = (method: string, id: unknown = 1): string =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params: { target: "bob", call_id: "call-0001" } });

describe("Relay", () => {
  test("tells once of a page that used to answer pings and does so no more, and of no other", () => {
    vi.useFakeTimers();
    const [knows, busy, old, left] = [build(), build(), build(), build()];
    const dies = (seconds: number): void => void vi.advanceTimersByTime(seconds * 1_000);
    for (const { post } of [knows, busy, left]) post({ type: PONG });
    dies(7);
    expect(knows.pings).toHaveLength(4);
    busy.post({ type: PONG });
    left.relay.close();
    dies(6);
    expect(knows.onSilence).toHaveBeenCalledTimes(1);
    for (const other of [busy, old, left]) expect(other.onSilence).not.toHaveBeenCalled();
    dies(60);
    expect(knows.onSilence).toHaveBeenCalledTimes(1);
    vi.useRealTimers();
  });

  test("carries what needs no gesture, both ways", () => {
    const { relay, toHost, toPage, post } = build();
    post(request("registration.get"));
    relay.toPage('{"jsonrpc":"2.0","id":1,"result":{}}');
    expect(toHost).toEqual([request("registration.get")]);
    expect(toPage).toEqual(['{"jsonrpc":"2.0","id":1,"result":{}}']);
  });

  test.each(["call.dial", "call.answer"])("%s goes on only when the gate allows it", async (method) => {
    const asked: unknown[] = [];
    const { toHost, post } = build((held) => {
      asked.push(held.method);
      return Promise.resolve(true);
    });
    post(request(method));
    expect(toHost).toEqual([]);
    await vi.waitFor(() => expect(toHost).toEqual([request(method)]));
    expect(asked).toEqual([method]);
  });

  test("a refusal is answered to the page and never reaches the host", async () => {
    const { toHost, post, toPage, errors } = build(() => Promise.resolve(false));
    post(request("call.dial", "abc"));
    await vi.waitFor(() => expect(toPage).toHaveLength(1));
    expect(errors()).toEqual([{ id: "abc", code: GestureRequiredError.code }]);
    expect(toHost).toEqual([]);
  });

  test("a refused notification gets no answer", async () => {
    const gate = vi.fn(() => Promise.resolve(false));
    const { post, toPage, toHost } = build(gate);
    post('{"jsonrpc":"2.0","method":"call.dial","params":{"target":"bob"}}');
    await vi.waitFor(() => expect(gate).toHaveBeenCalled());
    await Promise.resolve();
    expect([toPage, toHost]).toEqual([[], []]);
  });

  test("a batch hides nothing: what needs a gesture is taken out of it", async () => {
    const { toHost, toPage, post, errors } = build(() => Promise.resolve(false));
    post(`[${request("call.list", 1)},${request("call.dial", 2)}]`);
    expect(toHost).toEqual([`[${request("call.list", 1)}]`]);
    await vi.waitFor(() => expect(toPage).toHaveLength(1));
    expect(errors()).toEqual([{ id: 2, code: GestureRequiredError.code }]);
  });

  test("a key given twice is sent on as it was understood here", async () => {
    const { toHost, post } = build(() => Promise.resolve(false));
    post('{"jsonrpc":"2.0","id":1,"method":"call.list","method":"call.dial","params":{}}');
    post('{"jsonrpc":"2.0","id":2,"method":"call.dial","method":"call.list","params":{}}');
    await Promise.resolve();
    expect(toHost).toEqual(['{"jsonrpc":"2.0","id":2,"method":"call.list","params":{}}']);
  });

  test("what is no JSON, no text or too long is refused here", () => {
    const { toHost, post, errors } = build();
    post('{"id":NaN,"method":"call.dial"}');
    post({ method: "call.dial" });
    post(`"${"x".repeat(600_000)}"`);
    expect(errors()).toEqual([
      { id: null, code: ParseError.code },
      { id: null, code: InvalidRequestError.code },
      { id: null, code: InvalidRequestError.code },
    ]);
    expect(toHost).toEqual([]);
  });

  test("the end is told to the page, once, and nothing passes after it", () => {
    const { relay, port, socket, toHost, toPage, post } = build();
    relay.close();
    relay.close();
    relay.toPage("late");
    post(request("call.list"));
    expect(toPage).toEqual([{ type: CLOSED }]);
    expect(toHost).toEqual([]);
    expect(port.close).toHaveBeenCalledTimes(1);
    expect(socket.close).toHaveBeenCalledTimes(1);
  });

  test("an answer of the gate that comes after the end changes nothing", async () => {
    let allow: (allowed: boolean) => void = () => undefined;
    const { relay, toHost, post } = build(() => new Promise((resolve) => (allow = resolve)));
    post(request("call.dial"));
    relay.close();
    allow(true);
    await Promise.resolve();
    expect(toHost).toEqual([]);
  });
});
