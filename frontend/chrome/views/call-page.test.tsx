// @vitest-environment happy-dom
// @vitest-environment-options { "settings": { "handleDisabledFileLoadingAsSuccess": true } }
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CallPage } from "../../sdk/model";
import { call } from "../../sdk/testing/samples";
import { nameless, renderChrome, teachSignedIn, type Rendered } from "../testing/render";
import { CallPageBars, CallPagePanel } from "./call-page";
import { UNREADY_MS } from "./confirm-bar";

const offered: CallPage = {
  call_id: call.call_id,
  offer_id: 3,
  url: "https://app.example.org/menu?call=7",
  origin: "https://app.example.org",
  state: "offered",
  is_sandboxed: true,
};
const open: CallPage = {
  ...offered,
  state: "open",
  frame_url: "http://0123456789abcdef0123456789abcdef.call-alice.localhost:4711/",
};

async function shown(...pages: CallPage[]): Promise<Rendered> {
  const view = (
    <>
      <CallPageBars />
      <CallPagePanel />
    </>
  );
  const window = await renderChrome(view, (host) => {
    teachSignedIn(host);
    host
      .on("call.list", () => ({ calls: [call] }))
      .on("call_page.decide", () => ({}))
      .on("call_page.close", () => ({}));
  });
  await window.after(() => window.host.tell("call_page.list_changed", { list: { pages } }));
  return window;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a page is asked about by its origin, and agreed to only after that could be read", async () => {
  const window = await shown(offered);
  expect(window.find("call-page-ask-text").textContent).toContain("https://app.example.org");
  expect(window.find("call-page-ask-text").textContent).not.toContain("sandbox");
  expect(window.has("call-page-panel")).toBe(false);
  expect(nameless()).toEqual([]);
  await window.click("call-page-allow");
  expect(window.host.params("call_page.decide")).toEqual([]);
  await window.after(() => void vi.advanceTimersByTime(UNREADY_MS));
  await window.click("call-page-allow");
  expect(window.host.params("call_page.decide")).toEqual([
    { call_id: call.call_id, offer_id: 3, allowed: true },
  ]);
});

test("a page is refused at once, and what weakens the walls is said before", async () => {
  const window = await shown({ ...offered, url: "http://127.0.0.1:1/", is_sandboxed: false });
  expect(window.find("call-page-ask-text").textContent).toContain("unencrypted");
  expect(window.find("call-page-ask-text").textContent).toContain("without its sandbox");
  await window.click("call-page-refuse");
  expect(window.host.params("call_page.decide")).toEqual([
    { call_id: call.call_id, offer_id: 3, allowed: false },
  ]);
});

test("an open page is framed where the host says, in a sandbox, and closed by its call", async () => {
  const window = await shown(open);
  const frame = window.find("call-page-frame");
  expect(frame.getAttribute("src")).toBe(open.frame_url);
  expect(frame.getAttribute("sandbox")).toBe("allow-scripts allow-same-origin allow-forms");
  expect(nameless()).toEqual([]);
  await window.click("call-page-close");
  expect(window.host.params("call_page.close")).toEqual([{ call_id: call.call_id }]);
  await window.after(() => window.host.tell("call_page.list_changed", { list: { pages: [] } }));
  expect(window.has("call-page-panel")).toBe(false);
});
