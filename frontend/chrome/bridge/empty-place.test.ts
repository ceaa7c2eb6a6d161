// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { NotFoundError } from "../../sdk/errors";
import { FakeHost } from "../../sdk/testing/fake-host";
import { bridgeTo } from "../testing/bridge-to";
import { EmptyPlace } from "./empty-place";

const URL_OF_ONE = "http://0123456789abcdef0123456789abcdef.sip-alice.localhost:1234/empty";
const GREETING = { type: "elsipo.empty" };

describe("EmptyPlace", () => {
  let host: FakeHost;
  let place: EmptyPlace;
  let contentWindow: { postMessage: ReturnType<typeof vi.fn> };
  let keys: number;

  function say(data: unknown, source: unknown = contentWindow): void {
    const event = new Event("message");
    Object.assign(event, { source, origin: "null", data });
    window.dispatchEvent(event);
  }
  async function begun(): Promise<void> {
    await place.prepare();
    place.attach({ contentWindow } as unknown as HTMLIFrameElement);
  }
  async function ready(): Promise<void> {
    await begun();
    say(GREETING);
    place.loaded();
  }

  beforeEach(() => {
    vi.useFakeTimers();
    host = new FakeHost().on("sip_page.empty_place", () => ({ url: URL_OF_ONE }));
    keys = 0;
    place = new EmptyPlace(bridgeTo(host), () => ++keys);
    contentWindow = { postMessage: vi.fn() };
  });
  afterEach(() => {
    place.drop();
    vi.useRealTimers();
  });

  test("is asked for once, however often it is wanted", async () => {
    await Promise.all([place.prepare(), place.prepare()]);
    await place.prepare();
    expect(host.asked.map((asked) => asked.method)).toEqual(["sip_page.empty_place"]);
    expect(place.source.value).toEqual({ key: 1, url: URL_OF_ONE });
  });

  test("takes one page, and that alone", async () => {
    await ready();
    expect(await place.isReady()).toBe(true);
    expect(place.fill("<h1>One</h1>")).toEqual({ key: 1, url: URL_OF_ONE });
    expect(contentWindow.postMessage.mock.calls).toEqual([
      [{ type: "elsipo.page", markup: "<h1>One</h1>" }, "*"],
    ]);
    expect(place.source.value).toBeNull();
    expect(place.fill("<h1>Two</h1>")).toBeNull();
    expect(await place.isReady()).toBe(false);
    expect(contentWindow.postMessage).toHaveBeenCalledTimes(1);
  });

  test("is not ready for the greeting of anybody else, nor for other words", async () => {
    await begun();
    place.loaded();
    say(GREETING, {});
    say(GREETING, null);
    say({ type: "elsipo.hello" });
    say("elsipo.empty");
    expect(place.fill("<h1>Page</h1>")).toBeNull();
    say(GREETING);
    expect(place.fill("<h1>Page</h1>")).not.toBeNull();
  });

  test("that has greeted and not loaded is not ready: what is written would load once more", async () => {
    await begun();
    say(GREETING);
    expect(place.fill("<h1>Page</h1>")).toBeNull();
  });

  test("on its way is waited for, and not for long", async () => {
    await begun();
    const soon = place.isReady();
    say(GREETING);
    place.loaded();
    expect(await soon).toBe(true);
    place.drop();
    await begun();
    const late = place.isReady();
    await vi.advanceTimersByTimeAsync(100);
    expect(await late).toBe(false);
  });

  test("that cannot be had is none, and nobody waits for it", async () => {
    host.on("sip_page.empty_place", () => {
      throw new NotFoundError();
    });
    await place.prepare();
    expect(place.source.value).toBeNull();
    expect(await place.isReady()).toBe(false);
  });

  test("that comes after it was dropped is not laid out", async () => {
    const asked = place.prepare();
    place.drop();
    await asked;
    expect(place.source.value).toBeNull();
  });
});
