// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { NotFoundError } from "../../sdk/errors";
import type { PageFork, PageSource } from "../../sdk/model";
import { nameless, renderChrome, teachSignedIn, type Rendered } from "../testing/render";
import { PageItems, PageSourceDialog } from "./page-source";

const HOSTILE = "</pre><script>document.title = 'owned'</script><img src=x onerror=owned()>";

async function opened(answer: () => PageSource): Promise<Rendered> {
  const view = await renderChrome(<PageSourceDialog />, (host) => {
    teachSignedIn(host);
    host.on("page.source", answer);
  });
  await view.after(() => undefined);
  return view;
}

async function forked(fork: PageFork): Promise<string> {
  const view = await renderChrome(<PageItems onDone={() => undefined} />, (host) => {
    teachSignedIn(host);
    host.on("page.fork", () => fork);
  });
  await view.click("menu-fork");
  return view.chrome.store.notices.value[0]?.text ?? "";
}

describe("the source of a page", () => {
  test("is text that the keyboard can scroll, and never becomes part of the chrome", async () => {
    const view = await opened(() => ({ where: "https://evil.test/", text: HOSTILE, is_cut: false }));
    expect(view.find("source-text").textContent).toBe(HOSTILE);
    expect(view.find("source-text").children.length).toBe(0);
    expect(view.find("source-text").tabIndex).toBe(0);
    expect(view.find("source-where").textContent).toBe("https://evil.test/");
    expect(nameless()).toEqual([]);
    view.chrome.store.isReadingSource.value = true;
    await view.press("source-dialog", "Escape");
    expect(view.chrome.store.isReadingSource.value).toBe(false);
  });

  test("says where it is cut", async () => {
    const view = await opened(() => ({ where: "/home/alice/page.html", text: "x", is_cut: true }));
    expect(view.find("source-where").textContent).toContain("only the first 256 KiB");
  });

  test("that cannot be read is said", async () => {
    const view = await opened(() => {
      throw new NotFoundError("It does not answer.");
    });
    expect(view.find("source-said").textContent).toBe("It does not answer.");
    expect(view.has("source-copy")).toBe(false);
  });
});

describe("a fork", () => {
  test("says where it is, and what it lacks", async () => {
    expect(await forked({ name: "home", folder: "/data/uis/home", left_out: 0 })).toContain(
      "/data/uis/home.",
    );
    expect(await forked({ name: "x", folder: "/data/uis/x", left_out: 2 })).toContain("Left out: 2");
  });

  test("is left again by the menu, which a provider's page does not offer", async () => {
    const view = await renderChrome(<PageItems onDone={() => undefined} />, (host) => {
      teachSignedIn(host);
      host.on("page.use_provider", () => ({}));
    });
    expect(view.has("menu-use-provider")).toBe(false);
    const ticket = {
      token: "b".repeat(32),
      url: "http://alice.localhost:1/",
      origin: "http://alice.localhost:1",
      title: "your copy home",
      kind: "local",
      consent: "undecided",
      may_load: true,
      asks: [],
      source: "fork:home",
    } as const;
    await view.after(() => (view.chrome.page.ticket.value = { ...ticket, asks: [] }));
    await view.click("menu-use-provider");
    expect(view.chrome.store.notices.value).toEqual([]);
  });
});
