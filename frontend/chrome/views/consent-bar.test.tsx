// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PageTicket } from "../../sdk/model";
import { ticket } from "../../sdk/testing/samples";
import { nameless, renderChrome, teachSignedIn, type Rendered } from "../testing/render";
import { UNREADY_MS } from "./confirm-bar";
import { ConsentBar } from "./consent-bar";

const remote: PageTicket = {
  ...ticket,
  url: "https://ui.example.org/",
  origin: "https://ui.example.org",
  kind: "remote",
  consent: "undecided",
  source: "https://ui.example.org",
  asks: [
    { capability: "call.place", reason: "To call from the menu." },
    { capability: "history.read", reason: "To show what you ordered." },
  ],
};

let now: PageTicket;

async function shown(first: PageTicket): Promise<Rendered> {
  now = first;
  const window = await renderChrome(<ConsentBar />, (host) => {
    teachSignedIn(host);
    host
      .on("page.open", () => now)
      .on("grant.decide", ({ granted }) => {
        const isAllowed = granted.length > 0;
        now = { ...now, asks: [], consent: isAllowed ? "granted" : "refused", may_load: isAllowed };
        return {};
      });
  });
  await window.after(() => void window.chrome.page.open());
  return window;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a page of ours or of the person's own files needs no word", async () => {
  const window = await shown({ ...ticket, kind: "local" });
  expect(window.has("page-consent")).toBe(false);
});

test("a page from the web is asked about by its origin, and agreed to only after it could be read", async () => {
  const window = await shown(remote);
  expect(window.find("page-consent-text").textContent).toContain("https://ui.example.org");
  expect(window.find("page-consent-text").textContent).toContain("alice@provider-a.test");
  expect(nameless()).toEqual([]);
  expect(window.find("page-consent-text").textContent).toContain("To show what you ordered.");
  await window.click("page-consent-allow");
  expect(window.host.params("grant.decide")).toEqual([]);
  await window.after(() => void vi.advanceTimersByTime(UNREADY_MS));
  await window.click("consent-history.read");
  await window.click("page-consent-allow");
  const origin = "https://ui.example.org";
  expect(window.host.params("grant.decide")).toEqual([{ origin, granted: ["call.place"] }]);
  expect(window.has("page-consent")).toBe(false);
  expect(window.chrome.page.ticket.value?.consent).toBe("granted");
});

test("a page that was allowed nothing and may not be shown says so, and leads to where that is changed", async () => {
  const window = await shown({ ...remote, may_load: false });
  await window.after(() => void vi.advanceTimersByTime(UNREADY_MS));
  await window.click("page-consent-refuse");
  expect(window.host.params("grant.decide")).toEqual([{ origin: "https://ui.example.org", granted: [] }]);
  expect(window.find("page-refused").textContent).toContain("https://ui.example.org");
  await window.click("page-refused-change");
  expect(window.chrome.store.isAboutProvider.value).toBe(true);
});
