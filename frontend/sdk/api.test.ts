// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createElsipo, type Elsipo } from "./api";
import { CLOSED, HELLO, PORT } from "./connection";
import { ConnectionLostError, NotRegisteredError } from "./errors";
import type { Fragment } from "./model";
import { FakeChrome } from "./testing/fake-chrome";
import { FakeHost } from "./testing/fake-host";
import { registration, session } from "./testing/samples";

describe("elsipo in a page", () => {
  let elsipo: Elsipo;
  let chrome: FakeChrome;
  let host: FakeHost;

  function handOver() {
    host = new FakeHost().on("fragment.list", () => ({ fragments: [] }));
    return chrome.handOver(host);
  }

  const fragment = (html: string, received_at_ms: number, element_id = "i_infotext"): Fragment => ({
    element_id,
    html,
    received_at_ms,
  });

  beforeEach(() => {
    document.body.innerHTML = '<div id="i_infotext"></div>';
    chrome = new FakeChrome();
    elsipo = createElsipo(chrome.page);
  });
  afterEach(() => void vi.useRealTimers());

  test("greets the window above it at once", () => {
    expect(chrome.greetings).toEqual([{ type: HELLO, protocol_version: 1 }]);
  });

  test("is ready with the session when the chrome hands a port over", async () => {
    handOver();
    expect(await elsipo.ready).toEqual(session);
    expect(elsipo.session).toEqual(session);
  });

  test("takes no port from anybody but the window above, and no other message", () => {
    const stranger = new FakeHost();
    chrome.post(stranger, window, { type: PORT, session });
    chrome.post(stranger, null, { type: PORT, session });
    chrome.post(stranger, chrome.page.parent, { type: "something" });
    chrome.post(stranger, chrome.page.parent, "text");
    expect(elsipo.session).toBeNull();
  });

  test("a request before the hand-over waits for it", async () => {
    const asked = elsipo.registration.get();
    handOver();
    host.on("registration.get", () => registration);
    expect(await asked).toEqual(registration);
  });

  test("a request that waits in vain ends with ConnectionLostError", async () => {
    vi.useFakeTimers();
    const outcome = elsipo.account.get().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await outcome).toBeInstanceOf(ConnectionLostError);
  });

  test("methods send what the contract calls them", async () => {
    handOver();
    host.on("call.dial", () => {
      throw new NotRegisteredError();
    });
    await expect(elsipo.call.dial({ target: "bob" })).rejects.toBeInstanceOf(
      elsipo.errors.NotRegisteredError,
    );
    expect(host.params("call.dial")).toEqual([{ target: "bob" }]);
  });

  test("listeners hear until they unsubscribe", () => {
    handOver();
    const heard: string[] = [];
    const stop = elsipo.on("registration.state_changed", (event) => heard.push(event.registration.state));
    host.tell("registration.state_changed", { registration });
    stop();
    host.tell("registration.state_changed", { registration: { ...registration, state: "failed" } });
    expect(heard).toEqual(["registered"]);
  });

  test("a lost line fails what is pending, says so, and a fresh port is taken", async () => {
    const events: string[] = [];
    elsipo.on("connected", () => events.push("connected"));
    elsipo.on("disconnected", () => events.push("disconnected"));
    const port = handOver();
    host.receive = () => undefined;
    const pending = elsipo.account.get().catch((error: unknown) => error);
    port.onmessage?.({ data: { type: CLOSED } });
    expect(await pending).toBeInstanceOf(ConnectionLostError);
    handOver();
    host.on("registration.get", () => registration);
    expect(await elsipo.registration.get()).toEqual(registration);
    expect(events).toEqual(["connected", "disconnected", "connected"]);
  });

  test("fragments known at the host fill their elements, and later ones replace them", async () => {
    const answer = vi.fn(() => ({ fragments: [fragment("<b>12:00</b>", 1)] }));
    handOver();
    host.on("fragment.list", answer);
    await vi.waitFor(() => expect(document.getElementById("i_infotext")?.innerHTML).toBe("<b>12:00</b>"));
    host.tell("fragment.received", { fragment: fragment("<b>12:01</b>", 2) });
    expect(document.getElementById("i_infotext")?.textContent).toBe("12:01");
  });

  test("an older fragment does not undo a newer one", () => {
    handOver();
    host.tell("fragment.received", { fragment: fragment("new", 20) });
    host.tell("fragment.received", { fragment: fragment("old", 10) });
    expect(document.getElementById("i_infotext")?.textContent).toBe("new");
  });

  test("a fragment for an element that is not there waits until the page asks", () => {
    handOver();
    const seen: string[] = [];
    elsipo.on("fragment.received", (event) => seen.push(event.fragment.element_id));
    host.tell("fragment.received", { fragment: fragment("late", 5, "i_later") });
    expect(document.getElementById("i_later")).toBeNull();
    document.body.insertAdjacentHTML("beforeend", '<p id="i_later"></p>');
    elsipo.fragment.applyAll();
    expect(document.getElementById("i_later")?.textContent).toBe("late");
    expect(seen).toEqual(["i_later"]);
  });

  test("a page that declares its elements hears of no others, and what was there before stays", () => {
    document.body.innerHTML = '<p id="i_mine"></p><p id="i_other">mine alone</p>';
    handOver();
    host.tell("fragment.received", { fragment: fragment("before", 1, "i_mine") });
    elsipo.fragment.declare(["i_mine", "i_later"]);
    const seen: string[] = [];
    elsipo.on("fragment.received", (event) => seen.push(event.fragment.element_id));
    host.tell("fragment.received", { fragment: fragment("not asked for", 2, "i_other") });
    elsipo.fragment.applyAll();
    expect(document.body.textContent).toBe("beforemine alone");
    host.tell("fragment.received", { fragment: fragment("after", 3, "i_mine") });
    expect(document.getElementById("i_mine")?.textContent).toBe("after");
    expect(seen).toEqual(["i_mine"]);
  });

  test("a fragment never becomes a script or a style", () => {
    document.body.innerHTML = '<script id="i_script" type="text/plain"></script><style id="i_style"></style>';
    handOver();
    host.tell("fragment.received", { fragment: fragment("alert(1)", 1, "i_script") });
    host.tell("fragment.received", { fragment: fragment("* {}", 1, "i_style") });
    expect(document.body.textContent).toBe("");
  });
});
