// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from "vitest";
import { InvalidStateError, PermissionDeniedError } from "../errors";
import type { RegistrationState } from "../model";
import { Page2011 } from "../testing/page-2011";
import { registration } from "../testing/samples";

describe("the registration of a 2011 page", () => {
  let page: Page2011;
  let now: RegistrationState;

  function observed(state: RegistrationState): void {
    now = state;
    page.host.tell("registration.state_changed", { registration: { ...registration, state } });
  }

  function hostIs(state: RegistrationState): Page2011 {
    now = state;
    page.host
      .on("registration.get", () => ({ ...registration, state: now }))
      .on("account.register", () => ({ ...registration, state: "registering" }))
      .on("account.unregister", () => ({ ...registration, state: "unregistering" }));
    return page;
  }

  beforeEach(() => (page = new Page2011().connect()));

  test("is 0 until it asks, whatever the host does by itself", () => {
    hostIs("registered");
    observed("failed");
    observed("registered");
    expect(page.sip.getSIPRegistrationStatus()).toBe(0);
    expect(page.heard).toEqual([]);
  });

  test("the first call answers 0 at once, is on the way, and its end is told once", async () => {
    hostIs("unregistered");
    expect(page.sip.doSIPRegistration()).toBe(0);
    expect(page.sip.getSIPRegistrationStatus()).toBe(1);
    await page.settled();
    expect(page.host.params("account.register")).toHaveLength(1);
    observed("registering");
    observed("registered");
    observed("registered");
    expect(page.heard).toEqual([["register_ok"]]);
    expect(page.sip.getSIPRegistrationStatus()).toBe(1);
  });

  test("where the host is registered already nothing is sent, and the good end is told once, later", async () => {
    hostIs("registered");
    expect(page.sip.doSIPRegistration()).toBe(0);
    expect(page.heard).toEqual([]);
    await page.settled();
    observed("registered");
    expect(page.heard).toEqual([["register_ok"]]);
    expect(page.host.params("account.register")).toEqual([]);
  });

  test("asked before there is a line, it follows when there is one", async () => {
    page = new Page2011();
    expect(page.sip.doSIPRegistration()).toBe(0);
    hostIs("registered");
    page.connect();
    await page.settled();
    expect(page.heard).toEqual([["register_ok"]]);
  });

  test("joins a registration that the host has begun", async () => {
    hostIs("registering");
    page.sip.doSIPRegistration();
    await page.settled();
    observed("registered");
    expect(page.heard).toEqual([["register_ok"]]);
  });

  test("a second call while it is on the way is refused", () => {
    hostIs("unregistered");
    page.sip.doSIPRegistration();
    expect(page.sip.doSIPRegistration()).toBe(-1);
    expect(page.sip.getSIPRegistrationStatus()).toBe(1);
  });

  test("later calls turn it off and on: 1, 2, 3, 4, 1", async () => {
    hostIs("registered");
    page.sip.doSIPRegistration();
    await page.settled();
    expect(page.sip.doSIPRegistration()).toBe(0);
    expect(page.sip.getSIPRegistrationStatus()).toBe(2);
    expect(page.sip.doSIPRegistration()).toBe(-1);
    await page.settled();
    expect(page.host.params("account.unregister")).toHaveLength(1);
    observed("unregistering");
    observed("unregistered");
    expect(page.sip.getSIPRegistrationStatus()).toBe(3);
    expect(page.sip.doSIPRegistration()).toBe(0);
    expect(page.sip.getSIPRegistrationStatus()).toBe(4);
    await page.settled();
    observed("registering");
    observed("registered");
    expect(page.sip.getSIPRegistrationStatus()).toBe(1);
    expect(page.heard).toEqual([["register_ok"], ["register_ok"], ["register_ok"]]);
  });

  test("a refusal by the provider is told once, leaves it off line, and the host's own success later counts", async () => {
    hostIs("unregistered");
    page.sip.doSIPRegistration();
    await page.settled();
    observed("failed");
    observed("registering");
    observed("failed");
    expect(page.heard).toEqual([["register_failed"]]);
    expect(page.sip.getSIPRegistrationStatus()).toBe(3);
    observed("registered");
    expect(page.heard).toEqual([["register_failed"], ["register_ok"]]);
    expect(page.sip.getSIPRegistrationStatus()).toBe(1);
  });

  test("a page that was granted nothing hears why", async () => {
    hostIs("unregistered");
    page.host.on("account.register", () => {
      throw new PermissionDeniedError();
    });
    page.sip.doSIPRegistration();
    await page.settled();
    expect(page.heard).toEqual([["alert", "The page has not been granted this."], ["register_failed"]]);
  });

  test("unregistering that the host refuses leaves it registered, and the page is told", async () => {
    hostIs("registered");
    page.sip.doSIPRegistration();
    await page.settled();
    page.host.on("account.unregister", () => {
      throw new InvalidStateError();
    });
    page.sip.doSIPRegistration();
    await page.settled();
    expect(page.heard.map(([event]) => event)).toEqual(["register_ok", "alert", "register_ok"]);
    expect(page.sip.getSIPRegistrationStatus()).toBe(1);
  });

  test("asking while another one's unregistering runs asks again when that is over", async () => {
    hostIs("unregistering");
    page.host.on("account.register", () => {
      throw new InvalidStateError();
    });
    page.sip.doSIPRegistration();
    await page.settled();
    hostIs("unregistered");
    observed("unregistered");
    await page.settled();
    observed("registered");
    expect(page.host.params("account.register")).toHaveLength(2);
    expect(page.heard).toEqual([["register_ok"]]);
  });

  test("a line that was cut catches up with what it missed", async () => {
    hostIs("registered");
    page.sip.doSIPRegistration();
    await page.settled();
    now = "failed";
    page.connect();
    await page.settled();
    expect(page.heard).toEqual([["register_ok"], ["register_failed"]]);
  });
});
