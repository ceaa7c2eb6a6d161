// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from "vitest";
import { GestureRequiredError, NotFoundError } from "../errors";
import type { Call } from "../model";
import { Page2011 } from "../testing/page-2011";
import { call, registration, ringing } from "../testing/samples";

describe("the calls of a 2011 page", () => {
  let page: Page2011;

  function observed(...changes: Partial<Call>[]): void {
    changes.forEach((change) => page.host.tell("call.state_changed", { call: { ...call, ...change } }));
  }

  function rings(change: Partial<Call> = {}): void {
    page.host.tell("call.state_changed", { call: { ...ringing, ...change } });
  }

  beforeEach(async () => {
    page = new Page2011().connect();
    page.host
      .on("registration.get", () => registration)
      .on("call.dial", () => ({ ...call, state: "calling" }))
      .on("call.answer", () => ({}))
      .on("call.reject", () => ({}))
      .on("call.hang_up", () => ({}));
    page.sip.doSIPRegistration();
    await page.settled();
    page.heard.length = 0;
  });

  test("before any registration a call is refused at once, in words", () => {
    const fresh = new Page2011().connect();
    expect(fresh.sip.doCall("sip:bob@provider-a.test")).toBe(-1);
    expect(fresh.sip.sendIM("sip:bob@provider-a.test", "hi")).toBe(-1);
    expect(fresh.heard).toEqual([
      ["alert", "Not registered!"],
      ["alert", "Not registered!"],
    ]);
    expect(fresh.host.asked.map(({ method }) => method)).not.toContain("call.dial");
  });

  test("a call goes out; while it lasts another one is refused; its end is told once", async () => {
    expect(page.sip.doCall("sip:bob@provider-a.test")).toBe(0);
    expect(page.sip.doCall("sip:carol@provider-a.test")).toBe(-1);
    observed({ state: "null" }, { state: "calling" });
    await page.settled();
    observed({ state: "confirmed" });
    expect(page.sip.doCall("sip:carol@provider-a.test")).toBe(-1);
    observed({ state: "disconnected" }, { state: "disconnected" });
    expect(page.heard).toEqual([["call_ended"]]);
    expect(page.sip.doCall("sip:carol@provider-a.test")).toBe(0);
    expect(page.host.params("call.dial")).toHaveLength(2);
  });

  test("an empty address is refused", () => {
    expect(page.sip.doCall("  ")).toBe(-1);
    expect(page.sip.doCall(undefined)).toBe(-1);
  });

  test("a call that cannot be placed is told in words, and its end", async () => {
    page.host.on("call.dial", () => {
      throw new GestureRequiredError();
    });
    expect(page.sip.doCall("bob")).toBe(0);
    await page.settled();
    expect(page.heard).toEqual([["alert", "This needs a click or a key of the user."], ["call_ended"]]);
    expect(page.sip.doCall("bob")).toBe(0);
  });

  test("hanging up frees the page at once; the end is told when it is there", async () => {
    page.sip.doCall("bob");
    await page.settled();
    expect(page.sip.doCallHangup()).toBe(0);
    expect(page.host.params("call.hang_up")).toEqual([{ call_id: call.call_id }]);
    expect(page.heard).toEqual([]);
    expect(page.sip.doCall("carol")).toBe(0);
    observed({ state: "disconnected" });
    expect(page.heard).toEqual([["call_ended"]]);
  });

  test("hanging up before the call has an id hangs up when it has one", async () => {
    page.sip.doCall("bob");
    page.sip.doCallHangup();
    await page.settled();
    expect(page.host.params("call.hang_up")).toEqual([{ call_id: call.call_id }]);
    observed({ state: "disconnected" });
    expect(page.heard).toEqual([["call_ended"]]);
  });

  test("an incoming call is told once, with its address as the header has it, and answered", () => {
    rings();
    rings({ state: "early" });
    expect(page.heard).toEqual([["call_in", "<sip:carol@provider-a.test>"]]);
    expect(page.sip.doCall("bob")).toBe(-1);
    expect(page.sip.doCallAnswer()).toBe(0);
    expect(page.host.params("call.answer")).toEqual([{ call_id: ringing.call_id }]);
    rings({ state: "confirmed" });
    expect(page.sip.doCallAnswer()).toBe(0);
    expect(page.host.params("call.answer")).toHaveLength(1);
  });

  test("an incoming call is refused; a running one is hung up by the same function, as in 2011", () => {
    rings();
    expect(page.sip.doCallReject()).toBe(0);
    expect(page.host.params("call.reject")).toEqual([{ call_id: ringing.call_id }]);
    rings({ state: "disconnected" });
    rings({ call_id: "call-0003" });
    rings({ call_id: "call-0003", state: "confirmed" });
    page.sip.doCallReject();
    expect(page.host.params("call.hang_up")).toEqual([{ call_id: "call-0003" }]);
  });

  test("without a call these do nothing, and say 0", () => {
    expect([page.sip.doCallAnswer(), page.sip.doCallReject(), page.sip.doCallHangup()]).toEqual([0, 0, 0]);
    expect(page.heard).toEqual([]);
  });

  test("a second call that comes in meanwhile is the chrome's matter", () => {
    rings();
    rings({ call_id: "call-0009" });
    rings({ call_id: "call-0009", state: "disconnected" });
    expect(page.heard).toEqual([["call_in", "<sip:carol@provider-a.test>"]]);
  });

  test("a call that the chrome placed counts, and its end is told", () => {
    observed({ state: "calling" });
    expect(page.sip.doCall("carol")).toBe(-1);
    observed({ state: "disconnected" });
    expect(page.heard).toEqual([["call_ended"]]);
  });

  test("hanging up what is over already is no trouble", async () => {
    rings();
    page.host.on("call.hang_up", () => {
      throw new NotFoundError();
    });
    page.sip.doCallHangup();
    await page.settled();
    expect(page.heard).toEqual([["call_in", "<sip:carol@provider-a.test>"]]);
  });

  test("a page that loads while it rings is told; one that lost its line learns of the end", async () => {
    const late = new Page2011();
    late.host.on("call.list", () => ({ calls: [ringing] }));
    await late.connect().settled();
    expect(late.heard).toEqual([["call_in", "<sip:carol@provider-a.test>"]]);
    late.host.on("call.list", () => ({ calls: [] }));
    await late.connect().settled();
    expect(late.heard.slice(1)).toEqual([["call_ended"]]);
  });

  test("a page of today, without callbacks, is asked nothing", async () => {
    const modern = new Page2011([]);
    await modern.connect().settled();
    expect(modern.host.asked.map(({ method }) => method)).toEqual(["fragment.list"]);
  });
});
