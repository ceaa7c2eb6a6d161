// @vitest-environment happy-dom
import { afterEach, describe, expect, test, vi } from "vitest";
import { EngineUnavailableError, InternalError } from "../sdk/errors";
import type { FakeHost } from "../sdk/testing/fake-host";
import { account, branding, call, engine, providerUi, registration, session } from "../sdk/testing/samples";
import { openBridge } from "./bridge/bridge";
import { ChromeStore, ENDED_CALL_SHOWN_MS } from "./store";
import { FakeNetwork } from "./testing/fake-network";

function teach(host: FakeHost): void {
  host
    .on("session.open", () => session)
    .on("notice.list", () => [{ notice_id: "sound", severity: "info", text: "No sound here." }])
    .on("notice.dismiss", () => ({}))
    .on("account.get", () => account)
    .on("registration.get", () => registration)
    .on("engine.status", () => engine)
    .on("account.list", () => [])
    .on("settings.get", () => ({ keep_running: false }))
    .on("provider.branding", () => branding)
    .on("provider.status", () => providerUi)
    .on("call.list", () => ({ calls: [call] }));
}

async function open(prepare: (host: FakeHost) => void = teach) {
  const network = new FakeNetwork(prepare);
  const bridge = await openBridge(network.openSocket, "a".repeat(32), () => undefined);
  const store = new ChromeStore(bridge);
  return { store, bridge, host: network.last.host };
}

describe("ChromeStore", () => {
  afterEach(() => void vi.useRealTimers());

  test("loads what is so now", async () => {
    const { store } = await open();
    await store.load();
    expect(store.account.value).toEqual(account);
    expect(store.registration.value?.state).toBe("registered");
    expect(store.engine.value?.state).toBe("running");
    expect(store.calls.value).toEqual([call]);
    await vi.waitFor(() => expect(store.notices.value).toHaveLength(1));
  });

  test("what a notification told while loading is newer and stays", async () => {
    const { store, host } = await open();
    const loading = store.load();
    host.tell("registration.state_changed", { registration: { ...registration, state: "failed" } });
    host.tell("call.state_changed", { call: { ...call, muted: true } });
    await loading;
    expect(store.registration.value?.state).toBe("failed");
    expect(store.calls.value.map((known) => known.muted)).toEqual([true]);
  });

  test("without an account nothing is asked but the notices", async () => {
    const { store, host } = await open((fake) => {
      teach(fake);
      fake.on("session.open", () => ({
        role: "chrome",
        window_id: "w1",
        protocol_version: 1,
        elsipo_version: "0.1.0",
        capabilities: [],
      }));
    });
    await store.load();
    expect(host.asked.map((asked) => asked.method)).toEqual(["session.open", "notice.list"]);
  });

  test("a call that ended stays in sight for a while, with its reason", async () => {
    const { store, host } = await open();
    await store.load();
    vi.useFakeTimers();
    host.tell("call.state_changed", { call: { ...call, state: "disconnected", outcome: "busy" } });
    expect(store.calls.value.map((known) => known.outcome)).toEqual(["busy"]);
    await vi.advanceTimersByTimeAsync(ENDED_CALL_SHOWN_MS);
    expect(store.calls.value).toEqual([]);
  });

  test("signing out empties it, signing in fills it again", async () => {
    const { store, host } = await open();
    await store.load();
    const { account_id: id, ...signedOut } = session;
    host.tell("session.changed", { session: signedOut });
    expect([store.account.value, store.registration.value, store.calls.value]).toEqual([null, null, []]);
    host.tell("session.changed", { session: { ...signedOut, account_id: id ?? "" } });
    await vi.waitFor(() => expect(store.account.value).toEqual(account));
  });

  test("an action that fails becomes a notice in words; one that works says nothing", async () => {
    const { store, bridge, host } = await open();
    host.on("account.register", () => {
      throw new EngineUnavailableError();
    });
    expect(await store.act(bridge.request("account.register", {}))).toBe(false);
    expect(store.notices.value.map((notice) => notice.text)).toEqual([new EngineUnavailableError().message]);
    expect(await store.act(Promise.resolve())).toBe(true);
    expect(store.notices.value).toHaveLength(1);
  });

  test("a dismissed notice is gone, and the host hears of its own", async () => {
    const { store, host } = await open();
    host.tell("notice.raised", { notice: { notice_id: "sound", severity: "info", text: "No sound." } });
    store.say("error", "Ours.");
    store.notices.value.forEach((notice) => store.dismiss(notice));
    expect(store.notices.value).toEqual([]);
    await vi.waitFor(() => expect(host.params("notice.dismiss")).toEqual([{ notice_id: "sound" }]));
  });

  test("a host that makes a mistake is not silent", async () => {
    const { store } = await open((fake) => {
      teach(fake);
      fake.on("engine.status", () => {
        throw new InternalError();
      });
    });
    await store.load();
    expect(store.notices.value.map((notice) => notice.text)).toContain(new InternalError().message);
  });
});
