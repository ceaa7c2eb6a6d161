// @vitest-environment happy-dom
import { afterEach, describe, expect, test, vi } from "vitest";
import { InvalidAddressError } from "../../sdk/errors";
import { account, call, engine, message, registration, ringing, ticket } from "../../sdk/testing/samples";
import { nameless, renderChrome, teachSignedIn } from "../testing/render";
import { AddressBar } from "./address-bar";
import { ConfirmBar, UNREADY_MS } from "./confirm-bar";
import { Identity } from "./identity";
import { EngineBar, Notices, RegistrationBar } from "./notices";

describe("identity", () => {
  test("says address, registration and transport in words", async () => {
    const view = await renderChrome(<Identity />);
    expect(view.find("identity-aor").textContent).toBe("alice@provider-a.test");
    expect(view.find("registration-state").textContent).toBe("Registered");
    expect(view.find("registration-state").getAttribute("data-state")).toBe("registered");
    expect(view.find("transport-security").getAttribute("aria-label")).toBe(
      "Encrypted to the provider (TLS)",
    );
    expect(nameless()).toEqual([]);
  });

  test("an open transport is called what it is", async () => {
    const view = await renderChrome(<Identity />, (host) => {
      teachSignedIn(host);
      host.on("account.get", () => ({ ...account, transport: "udp" }));
    });
    expect(view.find("transport-security").getAttribute("aria-label")).toBe("Not encrypted (UDP)");
  });

  test("the menu unregisters who is registered, and registers who is not", async () => {
    const view = await renderChrome(<Identity />);
    view.host.on("account.unregister", () => registration).on("account.register", () => registration);
    await view.click("account-menu-button");
    expect(nameless()).toEqual([]);
    await view.click("menu-unregister");
    await view.after(() =>
      view.host.tell("registration.state_changed", {
        registration: { ...registration, state: "unregistered" },
      }),
    );
    await view.click("account-menu-button");
    await view.click("menu-register");
    expect(view.host.params("account.unregister")).toHaveLength(1);
    expect(view.host.params("account.register")).toHaveLength(1);
  });

  test("one more account is signed in from the menu", async () => {
    const view = await renderChrome(<Identity />);
    await view.click("account-menu-button");
    await view.click("menu-add-account");
    expect(view.chrome.store.isAddingAccount.value).toBe(true);
    expect(view.has("account-menu")).toBe(false);
  });

  test("signing out asks first, and Escape leaves the menu", async () => {
    const view = await renderChrome(<Identity />);
    view.host.on("account.remove", () => ({}));
    await view.click("account-menu-button");
    await view.click("menu-sign-out");
    expect(view.host.params("account.remove")).toEqual([]);
    await view.click("sign-out-cancel");
    await view.press("account-menu", "Escape");
    expect(view.has("account-menu")).toBe(false);
    await view.click("account-menu-button");
    await view.click("menu-sign-out");
    await view.click("sign-out-confirm");
    expect(view.host.params("account.remove")).toEqual([{}]);
  });
});

describe("the address bar", () => {
  afterEach(() => void vi.useRealTimers());

  const carol = { uri: "sip:carol@provider-a.test", display: "carol" };

  const submit = () =>
    document.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));

  test("shows what a typed address means and calls it", async () => {
    const view = await renderChrome(<AddressBar />);
    view.host.on("address.normalize", () => carol).on("call.dial", () => call);
    await view.type("address-input", "carol");
    await view.after(submit);
    expect(view.find("address-normalized").textContent).toBe("sip:carol@provider-a.test");
    expect(document.activeElement).toBe(view.find("address-call"));
    expect(nameless()).toEqual([]);
    await view.click("address-call");
    expect(view.host.params("call.dial")).toEqual([{ target: carol.uri }]);
    expect(view.has("address-offer")).toBe(false);
  });

  test("sends a message to it", async () => {
    const view = await renderChrome(<AddressBar />);
    view.host.on("address.normalize", () => carol).on("message.send", () => message);
    await view.type("address-input", "carol");
    await view.after(submit);
    await view.click("address-message");
    await view.type("address-message-body", "Hello");
    await view.press("address-message-body", "Enter");
    expect(view.host.params("message.send")).toEqual([{ to: carol.uri, body: "Hello" }]);
    expect(view.has("address-offer")).toBe(false);
  });

  test("says so where it is no address, and Escape brings back where one is", async () => {
    const view = await renderChrome(<AddressBar />);
    view.host.on("address.normalize", () => {
      throw new InvalidAddressError();
    });
    await view.type("address-input", "a b");
    await view.after(submit);
    expect(view.find("address-error").textContent).toContain("bob@example.org");
    await view.press("address-input", "Escape");
    expect(view.has("address-error")).toBe(false);
    expect(view.value("address-input")).toBe("provider-a.test");
  });

  test("an offer that was taken before typing has paused does not come back", async () => {
    vi.useFakeTimers();
    const view = await renderChrome(<AddressBar />);
    view.host.on("address.normalize", () => carol).on("call.dial", () => call);
    await view.type("address-input", "carol");
    await view.after(submit);
    await view.after(() => {
      view.find("address-call").click();
      vi.advanceTimersByTime(1_000);
    });
    expect(view.has("address-offer")).toBe(false);
    expect(view.host.params("address.normalize")).toHaveLength(1);
  });

  test("a title that comes while the keyboard is there waits, so that what is typed replaces the old one", async () => {
    const view = await renderChrome(<AddressBar />);
    await view.after(() => view.find("address-input").focus());
    await view.after(() => void (view.chrome.page.ticket.value = { ...ticket, title: "Menu of the day" }));
    expect(view.value("address-input")).toBe("provider-a.test");
    await view.after(() => view.find("address-input").blur());
    expect(view.value("address-input")).toBe("provider-a.test – Menu of the day");
  });
});

describe("the question about what a page wants", () => {
  afterEach(() => void vi.useRealTimers());

  test("shows the number as it will be called, and the answer decides", async () => {
    const view = await renderChrome(<ConfirmBar />);
    view.host.on("address.normalize", () => ({ uri: "sip:bob@provider-a.test", display: "bob" }));
    const decision = view.chrome.gestures.decide({ method: "call.dial", params: { target: "BOB" } });
    await view.after(() => undefined);
    expect(view.find("gesture-text").textContent).toContain("Call bob@provider-a.test?");
    expect(view.find("gesture-confirm").getAttribute("role")).toBe("alertdialog");
    await view.click("gesture-deny");
    expect(await decision).toBe(false);
    expect(view.has("gesture-confirm")).toBe(false);
  });

  test("names the caller, and takes a yes only after it could be read", async () => {
    vi.useFakeTimers();
    const view = await renderChrome(<ConfirmBar />);
    await view.after(() => view.host.tell("call.state_changed", { call: ringing }));
    const decision = view.chrome.gestures.decide({
      method: "call.answer",
      params: { call_id: ringing.call_id },
    });
    await view.after(() => undefined);
    expect(view.find("gesture-text").textContent).toContain("Answer the call from Carol?");
    await view.click("gesture-allow");
    expect(view.has("gesture-confirm")).toBe(true);
    await view.after(() => void vi.advanceTimersByTime(UNREADY_MS));
    await view.click("gesture-allow");
    expect(await decision).toBe(true);
  });

  test("an address that nobody can call goes to the host, which says why", async () => {
    const view = await renderChrome(<ConfirmBar />);
    view.host.on("address.normalize", () => {
      throw new InvalidAddressError();
    });
    const decision = view.chrome.gestures.decide({ method: "call.dial", params: { target: "a b" } });
    await view.after(() => undefined);
    expect(await decision).toBe(true);
  });
});

describe("trouble", () => {
  test("a notice is told in words and can be dismissed", async () => {
    const view = await renderChrome(<Notices />);
    view.host.on("notice.dismiss", () => ({}));
    await view.after(() =>
      view.host.tell("notice.raised", {
        notice: { notice_id: "sound", severity: "warning", text: "No sound here." },
      }),
    );
    expect(view.find("notice").textContent).toBe("Warning: No sound here.");
    expect(nameless()).toEqual([]);
    await view.click("notice-dismiss");
    expect(view.has("notice")).toBe(false);
    await vi.waitFor(() => expect(view.host.params("notice.dismiss")).toEqual([{ notice_id: "sound" }]));
  });

  test("a failed engine can be restarted; a running one takes no room", async () => {
    const view = await renderChrome(<EngineBar />);
    view.host.on("engine.restart", () => engine);
    expect(view.has("engine-state")).toBe(false);
    await view.after(() =>
      view.host.tell("engine.state_changed", { status: { ...engine, state: "restarting" } }),
    );
    expect(view.has("engine-restart")).toBe(false);
    await view.after(() =>
      view.host.tell("engine.state_changed", { status: { ...engine, state: "failed" } }),
    );
    await view.click("engine-restart");
    expect(view.host.params("engine.restart")).toEqual([{}]);
  });

  test("a failed registration says why and can be tried at once", async () => {
    const view = await renderChrome(<RegistrationBar />);
    view.host.on("account.register", () => registration);
    await view.after(() =>
      view.host.tell("registration.state_changed", {
        registration: { ...registration, state: "failed", sip_status: 403, reason_phrase: "Forbidden" },
      }),
    );
    expect(view.find("registration-help").textContent).toContain("403 Forbidden");
    await view.click("registration-retry");
    expect(view.host.params("account.register")).toEqual([{}]);
  });
});
