// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { branding, providerUi } from "../../sdk/testing/samples";
import { nameless, renderChrome, teachSignedIn, type Rendered } from "../testing/render";
import { AboutProvider } from "./about-provider";

const origin = "https://ui.example.org";
const ui = {
  ...providerUi,
  source: `${origin}/elsipo.json`,
  version: "7",
  waiting_version: "8",
  is_local: true,
  problem: "The provider's manifest is not JSON.",
  grants: [
    {
      origin,
      capability: "call.place",
      reason: "To order.",
      granted: true,
      decided_at_ms: 1,
      uses: 3,
      used_at_ms: 2,
    },
    { origin, capability: "history.read", reason: "To look.", granted: false, decided_at_ms: 1, uses: 0 },
  ] as const,
};

async function shown(): Promise<Rendered> {
  const window = await renderChrome(<AboutProvider />, (host) => {
    teachSignedIn(host);
    host
      .on("provider.branding", () => ({ ...branding, name: "Aurora" }))
      .on("provider.status", () => ({ ...ui, grants: [...ui.grants] }))
      .on("grant.change", () => ({}))
      .on("provider.allow_local", () => ui as never)
      .on("provider.refresh", () => ui as never);
  });
  window.chrome.store.isAboutProvider.value = true;
  return window;
}

test("where the UI is from, how it stands and what is wrong with it can be read", async () => {
  const window = await shown();
  const text = window.find("about-provider").textContent;
  for (const part of ["Aurora", "provider-a.test", ui.source, "7; 8 waits", "this machine", ui.problem]) {
    expect(text).toContain(part);
  }
  expect(nameless()).toEqual([]);
});

test("what was granted is listed with its use, and can be revoked and granted after all", async () => {
  const window = await shown();
  expect(window.find("about-provider").textContent).toContain("used 3 times");
  await window.click("grant-call.place");
  await window.click("grant-history.read");
  expect(window.host.params("grant.change")).toEqual([
    { origin, capability: "call.place", granted: false },
    { origin, capability: "history.read", granted: true },
  ]);
});

test("a UI from this machine needs the person's word, and the manifest can be looked for again", async () => {
  const window = await shown();
  await window.click("about-allow-local");
  expect(window.host.params("provider.allow_local")).toEqual([{ allowed: true }]);
  await window.click("about-refresh");
  expect(window.host.params("provider.refresh")).toEqual([{}]);
  await window.press("about-provider", "Escape");
  expect(window.chrome.store.isAboutProvider.value).toBe(false);
});
