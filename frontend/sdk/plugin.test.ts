// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from "vitest";
import { METHODS, type MethodName } from "./_generated/methods";
import { createElsipo, type Elsipo } from "./api";
import { PluginError, PluginUnavailableError } from "./errors";
import type { PluginDescription } from "./model";
import { offerPlugins } from "./sip2011/plugins";
import { plugin as ancestor } from "./sip2011/sip";
import { FakeChrome } from "./testing/fake-chrome";
import { FakeHost } from "./testing/fake-host";
import { session } from "./testing/samples";

const text = { type: "string" };
const object = (...names: string[]) => ({
  type: "object",
  properties: Object.assign({}, ...names.map((name) => ({ [name]: text }))) as unknown,
});
const echo: PluginDescription = {
  name: "echo",
  title: "Echo",
  version: "1.0",
  methods: [
    { name: "say", summary: "", params: object("text", "voice"), result: text },
    { name: "name", summary: "a name that is taken", params: object(), result: text },
  ],
  notifications: [{ name: "said", summary: "", params: object("text", "times") }],
};
const status = { distribution: "elsipo-echo", version: "1.0", state: "stopped", detail: "" } as const;

let elsipo: Elsipo;
let chrome: FakeChrome;
let host: FakeHost;

beforeEach(() => {
  chrome = new FakeChrome();
  host = new FakeHost().on("fragment.list", () => ({ fragments: [] }));
  elsipo = createElsipo(chrome.page);
});

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
};

describe("elsipo.plugin", () => {
  test("calls methods by name, and rejects with the plugin's error", async () => {
    chrome.handOver(host);
    host.on("plugin.call", ({ method }) => {
      if (method === "nothing") return {};
      if (method === "refuse") throw new PluginError("Not today.");
      return { value: "hi" };
    });
    const plugin = elsipo.plugin("echo");
    expect(await plugin.call("say", { text: "hi" })).toBe("hi");
    expect(await plugin.call("nothing")).toBeNull();
    await expect(plugin.call("refuse")).rejects.toThrow("Not today.");
    expect(host.params("plugin.call")[0]).toEqual({ plugin: "echo", method: "say", params: { text: "hi" } });
  });

  test("hears its own notifications alone, until it stops", () => {
    chrome.handOver(host);
    const heard: unknown[] = [];
    const stop = elsipo.plugin("echo").on("said", (params) => heard.push(params.text));
    const told = (plugin: string, name: string, said: string): void =>
      host.tell("plugin.notified", { plugin, name, params: { text: said } });
    told("echo", "said", "1");
    told("other", "said", "2");
    told("echo", "whispered", "3");
    stop();
    told("echo", "said", "4");
    expect(heard).toEqual(["1"]);
  });

  test("describes itself and starts anew", async () => {
    chrome.handOver(host);
    host.on("plugin.describe", () => echo).on("plugin.restart", () => ({ name: "echo", ...status }));
    expect((await elsipo.plugin("echo").describe()).title).toBe("Echo");
    expect((await elsipo.plugin("echo").restart()).state).toBe("stopped");
  });
});

describe("a plugin of 2011", () => {
  const page = (): Record<string, unknown> => chrome.page as unknown as Record<string, unknown>;
  const heard: unknown[][] = [];
  const names = ["sipcb_alert", "echocb_say", "echocb_said", "echocb_failed"];
  const able = { ...session, capabilities: ["plugin.use" as const] };

  beforeEach(() => {
    heard.length = 0;
    for (const name of [...names, "echo", "ghost"]) Reflect.deleteProperty(window, name);
    page().echo = ancestor("Echo");
    host
      .on("plugin.list", () => ["echo", "ghost", "location"].map((name) => ({ name, ...status })))
      .on("plugin.describe", ({ plugin }) => {
        if (plugin === "ghost") throw new PluginUnavailableError();
        return { ...echo, name: plugin };
      });
  });

  const old = async (): Promise<Record<string, (...values: unknown[]) => unknown>> => {
    for (const name of names) page()[name] = (...words: unknown[]) => heard.push([name, ...words]);
    offerPlugins(elsipo, chrome.page);
    chrome.handOver(host, able);
    await settled();
    return page().echo as Record<string, (...values: unknown[]) => unknown>;
  };

  test("answers at once; what comes of it is told to the callbacks", async () => {
    const global = await old();
    host.on("plugin.call", ({ params }) => {
      if (params.text === "no") throw new PluginError("Not that.");
      return { value: params.text };
    });
    expect(global.say?.("hi")).toBe(0);
    expect(global.say?.("no")).toBe(0);
    expect(global.say?.("too", "many", "words")).toBe(-1);
    host.tell("plugin.notified", {
      plugin: "echo",
      name: "said",
      params: { times: 2, text: "hi" },
    });
    await settled();
    expect(heard).toEqual([
      ["echocb_said", "hi", 2],
      ["echocb_say", "hi"],
      ["echocb_failed", "say", "Not that."],
    ]);
  });

  test("keeps what every plugin had, and takes no name of the browser's", async () => {
    const location = page().location;
    const global = await old();
    expect(global.name?.()).toBe("Echo");
    expect(global.echoStr?.("x")).toBe("Echo Plugin Says: x");
    expect(page().location).toBe(location);
    expect("ghost" in page()).toBe(false);
  });

  test("is not made for a page of today, nor for one that may not", async () => {
    offerPlugins(elsipo, chrome.page);
    chrome.handOver(host, able);
    await settled();
    page().sipcb_alert = () => undefined;
    offerPlugins(elsipo, chrome.page);
    chrome.handOver(host);
    await settled();
    expect(host.params("plugin.list")).toEqual([]);
  });
});

test("every method that a page may send has its place in the API, where the reference says", () => {
  const api = elsipo as unknown as Record<string, Record<string, unknown>>;
  const missing = (Object.keys(METHODS) as MethodName[]).filter((name) => {
    const [noun = "", verb = ""] = name.split(".");
    const camel = verb.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return METHODS[name].senders.includes("page") && typeof api[noun]?.[camel] !== "function";
  });
  expect(missing).toEqual(["session.open"]);
});
