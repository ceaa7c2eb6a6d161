// @vitest-environment happy-dom
import { expect, test } from "vitest";
import type { Asked, FakeHost } from "../../sdk/testing/fake-host";
import { accountEntry } from "../../sdk/testing/samples";
import { nameless, renderChrome, teachSignedIn } from "../testing/render";
import { AddressBar } from "./address-bar";
import { Identity } from "./identity";

const bob = {
  ...accountEntry,
  account_id: "bob",
  aor: "sip:bob@provider-b.test",
  registration: "failed" as const,
  has_window: false,
  unread_count: 3,
};

async function openMenu() {
  const window = await renderChrome(<Identity />, (host) => {
    teachSignedIn(host);
    host
      .on("account.list", () => [accountEntry, bob])
      .on("window.show", () => ({}))
      .on("window.close", () => ({}))
      .on("settings.set", () => ({}))
      .on("program.quit", () => ({}));
  });
  await window.click("account-menu-button");
  return window;
}

const lastAsked = (host: FakeHost): Asked | undefined => host.asked[host.asked.length - 1];

const row = (accountId: string, testId = "menu-account"): HTMLElement => {
  const found = document.querySelector<HTMLElement>(`[data-testid=${testId}][data-account-id=${accountId}]`);
  if (found === null) throw new Error(`no ${testId} of ${accountId}`);
  return found;
};

test("every account is in the menu, with its state, its window and what is unread, and has a name", async () => {
  await openMenu();
  expect(row("alice").getAttribute("aria-label")).toBe("alice@provider-a.test, registered, this window");
  expect(row("bob").getAttribute("aria-label")).toBe(
    "bob@provider-b.test, registration failed, window closed, 3 unread",
  );
  expect(nameless()).toEqual([]);
});

test("a click on an account asks for its window; a closed window cannot be closed", async () => {
  const window = await openMenu();
  expect(document.querySelectorAll("[data-testid=menu-close-window]")).toHaveLength(1);
  await window.after(() => row("bob").click());
  expect(lastAsked(window.host)).toMatchObject({ method: "window.show", params: { account_id: "bob" } });
  expect(window.has("account-menu")).toBe(false);
});

test("the window of an account is closed from the menu", async () => {
  const window = await openMenu();
  await window.after(() => row("alice", "menu-close-window").click());
  expect(lastAsked(window.host)).toMatchObject({ method: "window.close", params: { account_id: "alice" } });
});

test("the wish to stay on line is asked for, and shown when the host says that it is so", async () => {
  const window = await openMenu();
  const box = window.find("menu-keep-running") as HTMLInputElement;
  expect(box.checked).toBe(false);
  await window.click("menu-keep-running");
  expect(lastAsked(window.host)).toMatchObject({
    method: "settings.set",
    params: { settings: { keep_running: true } },
  });
  await window.after(() => window.host.tell("settings.changed", { settings: { keep_running: true } }));
  expect(box.checked).toBe(true);
});

test("Elsipo is ended from the menu", async () => {
  const window = await openMenu();
  await window.click("menu-quit");
  expect(lastAsked(window.host)).toMatchObject({ method: "program.quit" });
});

test("what is unread is counted for this window's account alone", async () => {
  const window = await openMenu();
  expect(window.chrome.store.unread()).toBe(0);
  await window.after(() =>
    window.host.tell("account.list_changed", { accounts: [{ ...accountEntry, unread_count: 2 }, bob] }),
  );
  expect(window.chrome.store.unread()).toBe(2);
});

test("an address from outside stands in the address bar, is understood, and nobody is called", async () => {
  let offers = ["sip:bob@example.org"];
  const window = await renderChrome(<AddressBar />, (fake) => {
    teachSignedIn(fake);
    fake.on("address.take_offer", () => {
      const text = offers.shift();
      return text === undefined ? {} : { text };
    });
  });
  await window.after(() => undefined);
  expect(window.value("address-input")).toBe("sip:bob@example.org");
  offers = ["tel:+49301234"];
  await window.after(() => window.host.tell("address.offered", {}));
  expect(window.value("address-input")).toBe("tel:+49301234");
  expect(window.host.asked.filter(({ method }) => method === "call.dial")).toEqual([]);
});
