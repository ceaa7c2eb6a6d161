// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HELLO, PONG, PORT } from "../../sdk/connection";
import { FakeHost } from "../../sdk/testing/fake-host";
import { session, ticket } from "../../sdk/testing/samples";
import { bridgeTo } from "../testing/bridge-to";
import { FakeNetwork } from "../testing/fake-network";
import { PageLink } from "./page-link";

const ORIGIN = "http://alice.localhost:1234";

describe("PageLink", () => {
  let network: FakeNetwork;
  let link: PageLink;
  let posted: { data: unknown; origin: string; ports: readonly MessagePort[] }[];
  let contentWindow: object;
  let host: FakeHost;
  let isWatched: boolean;
  let tokens: string[];
  let unlinked: ReturnType<typeof vi.fn<() => void>>;
  let died: ReturnType<typeof vi.fn<(isShownAgain: boolean) => void>>;

  function greet(source: unknown = contentWindow, origin = ORIGIN, data: unknown = { type: HELLO }): void {
    const event = new Event("message");
    Object.assign(event, { source, origin, data });
    window.dispatchEvent(event);
  }

  beforeEach(() => {
    tokens = ["1".repeat(32), "2".repeat(32), "3".repeat(32)];
    isWatched = false;
    host = new FakeHost()
      .on("page.open", () => ({
        ...ticket,
        token: tokens.shift() ?? "",
        url: `${ORIGIN}/`,
        origin: ORIGIN,
      }))
      .on("dev_tools.get", () => ({ is_open: isWatched }));
    network = new FakeNetwork((page) => page.on("session.open", () => ({ ...session, role: "page" })));
    unlinked = vi.fn();
    died = vi.fn();
    link = new PageLink(bridgeTo(host), network.openSocket, () => Promise.resolve(true), unlinked, died);
    posted = [];
    contentWindow = {
      postMessage: (data: unknown, origin: string, ports: readonly MessagePort[]) =>
        posted.push({ data, origin, ports }),
    };
    link.attach({ contentWindow } as unknown as HTMLIFrameElement);
  });
  afterEach(() => {
    posted.forEach(({ ports }) => ports.forEach((port) => port.close()));
    link.close();
    vi.useRealTimers();
  });

  test("hands a port over, to the ticket's origin only, after opening the page's socket with its token", async () => {
    await link.open();
    greet();
    await vi.waitFor(() => expect(posted).toHaveLength(1));
    expect(network.last.host.params("session.open")).toEqual([
      { token: "1".repeat(32), protocol_version: 1 },
    ]);
    expect(posted[0]?.data).toEqual({ type: PORT, session: { ...session, role: "page" } });
    expect(posted[0]?.origin).toBe(ORIGIN);
    expect(posted[0]?.ports).toHaveLength(1);
  });

  test("greetings from other windows, other origins, or of another kind get nothing", async () => {
    await link.open();
    greet({}, ORIGIN);
    greet(null, ORIGIN);
    greet(contentWindow, "http://evil.localhost:1234");
    greet(contentWindow, "null");
    greet(contentWindow, ORIGIN, { type: "else" });
    greet(contentWindow, ORIGIN, "elsipo.hello");
    await Promise.resolve();
    expect(network.lines).toHaveLength(0);
  });

  test("before there is a ticket, nobody is greeted back", () => {
    greet();
    expect(network.lines).toHaveLength(0);
  });

  test("a page that was reloaded greets again and gets a fresh ticket and a fresh port", async () => {
    await link.open();
    greet();
    await vi.waitFor(() => expect(posted).toHaveLength(1));
    const first = network.last;
    greet();
    await vi.waitFor(() => expect(posted).toHaveLength(2));
    expect(first.closed).toBe(true);
    expect(unlinked).toHaveBeenCalledTimes(1);
    expect(network.last.host.params("session.open")[0]).toEqual({
      token: "2".repeat(32),
      protocol_version: 1,
    });
  });

  test("a line that breaks is laid anew after a pause, without the page asking", async () => {
    await link.open();
    greet();
    await vi.waitFor(() => expect(posted).toHaveLength(1));
    vi.useFakeTimers();
    network.last.drop();
    expect(network.lines).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(network.lines).toHaveLength(2);
    expect(posted).toHaveLength(2);
  });

  test("while the host takes no connection it is tried again", async () => {
    await link.open();
    vi.useFakeTimers();
    network.isDown = true;
    greet();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(posted).toHaveLength(0);
    network.isDown = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(posted).toHaveLength(1);
  });

  test("a page that answers no more is shown again, and left alone when that happens at once again", async () => {
    const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "system.versions", params: {} });
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    for (const [round, isShownAgain] of [true, false].entries()) {
      await link.open();
      greet();
      await vi.waitFor(() => expect(posted).toHaveLength(round + 1));
      const page = posted[round]?.ports[0];
      page?.postMessage({ type: PONG });
      page?.postMessage(request);
      // What came before it has been heard as well.
      await vi.waitFor(() => expect(network.last.sent).toContain(request));
      vi.advanceTimersByTime(12_000);
      await vi.waitFor(() => expect(died.mock.calls[round]).toEqual([isShownAgain]));
    }
  });

  test("a page that a debugger may hold is not shown again, until DevTools are closed", async () => {
    const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "system.versions", params: {} });
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    isWatched = true;
    await link.open();
    greet();
    await vi.waitFor(() => expect(posted).toHaveLength(1));
    const page = posted[0]?.ports[0];
    page?.postMessage({ type: PONG });
    page?.postMessage(request);
    await vi.waitFor(() => expect(network.last.sent).toContain(request));
    const afterPings = (seen: () => void): Promise<void> =>
      vi.waitFor(() => {
        vi.advanceTimersByTime(2_000);
        seen();
      });
    await afterPings(() => expect(host.params("dev_tools.get")).toHaveLength(2));
    expect(died).not.toHaveBeenCalled();
    isWatched = false;
    await afterPings(() => expect(died).toHaveBeenCalledTimes(1));
  });

  test("closing ends the line and lays none again", async () => {
    await link.open();
    greet();
    await vi.waitFor(() => expect(posted).toHaveLength(1));
    vi.useFakeTimers();
    link.close();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(network.lines.map((line) => line.closed)).toEqual([true]);
    expect(link.ticket.value).toBeNull();
  });

  describe("with a page over SIP", () => {
    const URL = "http://page.sip-alice.localhost:1234/";
    const EMPTY = "http://place.sip-alice.localhost:1234/empty";
    let written: unknown[];

    beforeEach(() => {
      written = [];
      host
        .on("sip_page.empty_place", () => ({ url: EMPTY }))
        .on("sip_page.show", ({ is_written }) => ({
          ...ticket,
          kind: "sip",
          url: URL,
          origin: "null",
          ...(is_written === true && { markup: "<h1>Page</h1>" }),
        }));
    });
    async function placeWaits(): Promise<void> {
      await link.emptyPlace.prepare();
      const waiting = { postMessage: (data: unknown) => written.push(data) };
      link.emptyPlace.attach({ contentWindow: waiting } as unknown as HTMLIFrameElement);
      greet(waiting, "null", { type: "elsipo.empty" });
      link.emptyPlace.loaded();
    }

    test("it is loaded from its address where no place waits for it", async () => {
      await link.openSipPage("p");
      expect(host.params("sip_page.show")).toEqual([{ page_id: "p" }]);
      expect(link.source.value.url).toBe(URL);
    });

    test("it is written into the place that waits, whose frame is the page's from then on", async () => {
      await placeWaits();
      const place = link.emptyPlace.source.value;
      await link.openSipPage("p");
      expect(host.params("sip_page.show")).toEqual([{ page_id: "p", is_written: true }]);
      expect(written).toEqual([{ type: "elsipo.page", markup: "<h1>Page</h1>" }]);
      expect(link.source.value).toEqual(place);
      expect(link.emptyPlace.source.value).toBeNull();
    });

    test("it is loaded after all where it was written and says nothing, and left alone where it greets", async () => {
      for (const greets of [false, true]) {
        await placeWaits();
        vi.useFakeTimers();
        await link.openSipPage("p");
        if (greets) greet(contentWindow, "null");
        await vi.advanceTimersByTimeAsync(10_000);
        vi.useRealTimers();
        expect(link.source.value.url).toBe(greets ? EMPTY : URL);
      }
    });

    test("home and a page that is shown once more leave no place waiting", async () => {
      await placeWaits();
      await link.open();
      expect(link.emptyPlace.source.value).toBeNull();
      await placeWaits();
      await link.again();
      expect(link.emptyPlace.source.value).toBeNull();
    });
  });
});
