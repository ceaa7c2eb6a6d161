// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import type { Capability } from "../sdk/model";
import { Pace } from "./pace";
import { Simulator, type Rules } from "./simulator";

interface Text {
  id?: number;
  method?: string;
  result?: unknown;
  error?: { code: number; data?: unknown };
}

function play(capabilities: readonly Capability[], rules: Partial<Rules> = {}) {
  const told: Text[] = [];
  const log: string[] = [];
  const simulator = new Simulator(
    { capabilities, elements: [], paces: new Map<string, Pace>(), ...rules },
    { "provider.branding": { name: "Aurora" } },
    (text) => void told.push(JSON.parse(text) as Text),
    (line) => void log.push(line),
  );
  let id = 0;
  const ask = (method: string, params: object = {}): Text | undefined => {
    simulator.receive(JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }));
    return told.find((text) => text.id === id);
  };
  const news = (): unknown[] => told.map(({ method }) => method).filter((method) => method !== undefined);
  return { simulator, ask, news, log };
}

const message = { to: "bob", body: "Hello" };

describe("The played provider", () => {
  test("refuses what the manifest does not ask for, as the host does", () => {
    const { ask, simulator } = play(["history.read"]);
    expect(ask("message.send", message)?.error).toMatchObject({
      code: -32002,
      data: { capability: "message.send" },
    });
    expect(ask("message.list", { peer: "bob" })?.result).toEqual({ messages: [], has_more: false });
    expect(ask("account.remove")?.error?.code).toBe(-32002);
    expect(ask("call.teleport")?.error?.code).toBe(-32601);
    expect(simulator.session.capabilities).toEqual(["history.read"]);
  });

  test("tells a page nothing that it may not hear, and the author why", () => {
    const { simulator, news, log } = play(["call.observe"]);
    simulator.messageFrom("bob", "Hello");
    simulator.callFrom("bob");
    simulator.registrationFails();
    expect(news()).toEqual(["call.state_changed", "registration.state_changed"]);
    expect(log[0]).toBe("✕ message.received: the manifest does not ask for message.read");
  });

  test("fills the elements that the manifest names, and those that the page asks for, and no others", () => {
    const { simulator, ask, news, log } = play(["service.request"], { elements: ["i_infotext"] });
    const shown = (): unknown[] => {
      const { fragments } = ask("fragment.list")?.result as { fragments: { element_id: string }[] };
      return fragments.map(({ element_id }) => element_id);
    };
    simulator.fragment("i_infotext", "12:00");
    simulator.fragment("i_other", "12:01");
    expect(shown()).toEqual(["i_infotext"]);
    expect(log[1]).toBe("✕ fragment.received: the manifest's elements do not name i_other");
    ask("service.request", { service: "stats", element_id: "i_other" });
    expect(shown()).toEqual(["i_infotext", "i_other"]);
    expect(news()).toEqual(["fragment.received", "fragment.received"]);
  });

  test("takes any element of a page without a manifest", () => {
    const { simulator, news } = play([], { elements: null });
    simulator.fragment("anything", "12:00");
    expect(news()).toEqual(["fragment.received"]);
  });

  test("refuses parameters that break the contract", () => {
    const { ask } = play(["message.send"]);
    expect(ask("message.send", { to: "bob" })?.error?.code).toBe(-32602);
    expect(ask("message.send", { ...message, colour: "red" })?.error?.code).toBe(-32602);
    expect(ask("message.send", message)?.result).toMatchObject({ peer: "sip:bob@provider.example" });
  });

  test("holds a page to the host's pace", () => {
    const { ask } = play(["message.send"], {
      paces: new Map([["message.send", new Pace({ per_s: 0.01, at_once: 2 })]]),
    });
    expect([1, 2, 3].map(() => ask("message.send", message)?.error?.code)).toEqual([
      undefined,
      undefined,
      -32003,
    ]);
  });

  test("answers what nobody plays as the contract's examples do", () => {
    expect(play([]).ask("provider.branding")?.result).toEqual({ name: "Aurora" });
  });
});
