// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ConnectionLostError, ElsipoError, InvalidAddressError, RequestTimeoutError } from "./errors";
import { DEFAULT_TIMEOUT_MS, RpcClient, timeoutOf } from "./rpc";
import { FakeHost } from "./testing/fake-host";
import { registration } from "./testing/samples";

function connect() {
  const host = new FakeHost();
  const heard: [string, unknown][] = [];
  const client = new RpcClient(
    (text) => host.receive(text),
    (name, params) => heard.push([name, params]),
  );
  host.send = (text) => client.receive(text);
  return { host, client, heard };
}

describe("RpcClient", () => {
  test("an answer resolves the request that asked for it, whatever the order", async () => {
    const { client } = connect();
    const sent: string[] = [];
    const manual = new RpcClient(
      (text) => sent.push(text),
      () => undefined,
    );
    const first = manual.request("system.echo", { text: "a", hop: "host" });
    const second = manual.request("system.echo", { text: "b", hop: "host" });
    manual.receive('{"jsonrpc":"2.0","id":2,"result":"b"}');
    manual.receive('{"jsonrpc":"2.0","id":1,"result":"a"}');
    expect(await Promise.all([first, second])).toEqual(["a", "b"]);
    expect(JSON.parse(sent[0] ?? "")).toEqual({
      jsonrpc: "2.0",
      id: 1,
      method: "system.echo",
      params: { text: "a", hop: "host" },
    });
    client.close();
  });

  test("an error of the host arrives as its class", async () => {
    const { host, client } = connect();
    host.on("address.normalize", () => {
      throw new InvalidAddressError();
    });
    await expect(client.request("address.normalize", { text: "a b" })).rejects.toBeInstanceOf(
      InvalidAddressError,
    );
  });

  test("a notification is heard; texts that mean nothing are ignored", () => {
    const { host, client, heard } = connect();
    host.tell("registration.state_changed", { registration });
    for (const text of ["not json", "42", "null", "[]", '{"id":99,"result":1}', '{"id":"x","error":{}}']) {
      client.receive(text);
    }
    expect(heard).toEqual([["registration.state_changed", { registration }]]);
  });

  test("a batch is heard as its messages, in their order", () => {
    const { client, heard } = connect();
    const told = (name: string) => ({ jsonrpc: "2.0", method: name, params: { name } });
    client.receive(
      JSON.stringify([told("page.changed"), 42, null, { id: 99, result: 1 }, told("session.changed")]),
    );
    expect(heard.map(([name]) => name)).toEqual(["page.changed", "session.changed"]);
  });

  test("the end of the channel fails what is pending and what comes later", async () => {
    const client = new RpcClient(
      () => undefined,
      () => undefined,
    );
    const pending = client.request("account.get", {});
    client.close();
    await expect(pending).rejects.toBeInstanceOf(ConnectionLostError);
    await expect(client.request("account.get", {})).rejects.toBeInstanceOf(ConnectionLostError);
  });

  describe("with time", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    test("no answer in time is a RequestTimeoutError, and the late answer is ignored", async () => {
      const client = new RpcClient(
        () => undefined,
        () => undefined,
      );
      const outcome = client.request("account.get", {}).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(DEFAULT_TIMEOUT_MS);
      expect(await outcome).toBeInstanceOf(RequestTimeoutError);
      client.receive('{"jsonrpc":"2.0","id":1,"result":{}}');
    });
  });

  test("methods that wait for a person or for a tone may take longer", () => {
    expect(timeoutOf("call.dial", { target: "bob" })).toBeGreaterThan(DEFAULT_TIMEOUT_MS);
    expect(timeoutOf("call.probe_audio", { call_id: "call-0001", tone_hz: 440, duration_ms: 5000 })).toBe(
      DEFAULT_TIMEOUT_MS + 5000,
    );
  });

  test("an error that cannot be read is still an ElsipoError", async () => {
    const client = new RpcClient(
      () => undefined,
      () => undefined,
    );
    const outcome = client.request("account.get", {}).catch((error: unknown) => error);
    client.receive('{"jsonrpc":"2.0","id":1,"error":"broken"}');
    expect(await outcome).toBeInstanceOf(ElsipoError);
  });
});
