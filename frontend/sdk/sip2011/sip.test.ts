// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from "vitest";
import { InvalidAddressError } from "../errors";
import type { Message } from "../model";
import { Page2011 } from "../testing/page-2011";
import { message, registration } from "../testing/samples";
import { Callbacks } from "./callbacks";
import { sender } from "./messages";
import { plugin } from "./sip";

describe("the plugin objects", () => {
  test("say who they are", () => {
    const { sip } = new Page2011();
    expect(sip.name()).toBe("Pjsip");
    expect(sip.version()).toBe("0.1.0");
    expect(sip.echoStr("hello")).toBe("Pjsip Plugin Says: hello");
    expect(plugin("Echo").echoStr(7)).toBe("Echo Plugin Says: 7");
  });
});

describe("the messages of a 2011 page", () => {
  let page: Page2011;

  function observed(change: Partial<Message>): void {
    page.host.tell("message.state_changed", { message: { ...message, ...change } });
  }

  beforeEach(async () => {
    page = new Page2011().connect();
    page.host
      .on("registration.get", () => registration)
      .on("message.send", () => ({ ...message, state: "sending" }));
    page.sip.doSIPRegistration();
    await page.settled();
    page.heard.length = 0;
  });

  test("come with the From header as it came, the media type, and the body", () => {
    const incoming: Message = { ...message, direction: "incoming", content_type: "text/plain;charset=utf-8" };
    page.host.tell("message.received", {
      message: incoming,
      from_header: '"Bob" <sip:bob@provider-a.test>;tag=77',
    });
    expect(page.heard).toEqual([["message", '"Bob" <sip:bob@provider-a.test>', "text/plain", "Hello"]]);
  });

  test("for an element of the page come, too", async () => {
    page.host.tell("fragment.received", {
      fragment: { element_id: "i_infotext", html: "<b>12:00</b>", received_at_ms: 1 },
    });
    await page.settled();
    expect(page.heard).toEqual([
      ["message", "<sip:id-i_infotext@provider-a.test>", "text/html", "<b>12:00</b>"],
    ]);
  });

  test("go out; one that fails is told once, by the address that the page gave and the code as a text", async () => {
    expect(page.sip.sendIM("sip:nobody@provider-a.test", "hi")).toBe(0);
    await page.settled();
    expect(page.host.params("message.send")).toEqual([{ to: "sip:nobody@provider-a.test", body: "hi" }]);
    observed({ state: "failed", sip_status: 404, reason_phrase: "Not here" });
    observed({ state: "failed", sip_status: 404, reason_phrase: "Not here" });
    expect(page.heard).toEqual([["message_failed", "sip:nobody@provider-a.test", "404", "Not here"]]);
  });

  test("a failure that comes before the answer to the request is told, once", async () => {
    page.sip.sendIM("bob", "hi");
    observed({ state: "failed", sip_status: 408, reason_phrase: "No answer" });
    await page.settled();
    expect(page.heard).toEqual([["message_failed", "bob", "408", "No answer"]]);
  });

  test("what arrives well, and what others sent, is told nothing of", async () => {
    page.sip.sendIM("bob", "hi");
    await page.settled();
    observed({ state: "sent", sip_status: 200 });
    observed({ message_id: "message-0099", state: "failed", sip_status: 404 });
    expect(page.heard).toEqual([]);
  });

  test("one that cannot even be tried is told in words; an empty one is refused", async () => {
    page.host.on("message.send", () => {
      throw new InvalidAddressError();
    });
    expect(page.sip.sendIM("not an address", "hi")).toBe(0);
    expect(page.sip.sendIM("bob", "")).toBe(-1);
    await page.settled();
    expect(page.heard).toEqual([["alert", "That is not an address that can be called or written to."]]);
  });

  test.each([
    ["<sip:bob@a.test>;tag=1", "<sip:bob@a.test>"],
    ['"B; <ob>" <sip:bob@a.test;x=y>;tag=1', '"B; <ob>" <sip:bob@a.test;x=y>'],
    ["Bob <sip:bob@a.test>", "Bob <sip:bob@a.test>"],
    ["sip:bob@a.test;tag=1", "<sip:bob@a.test>"],
    [undefined, "<sip:peer@a.test>"],
  ])("the sender of %s is %s", (header, expected) => {
    expect(sender(header, "sip:peer@a.test")).toBe(expected);
  });
});

describe("callbacks", () => {
  test("are looked up when the event comes, and registered with or without their prefix", () => {
    const heard: string[] = [];
    const page = { setTimeout: vi.fn() } as unknown as Window & Record<string, unknown>;
    const callbacks = new Callbacks(page);
    expect(callbacks.has()).toBe(false);
    callbacks.tell("alert", "nobody listens");
    Object.assign(page, { sipcb_alert: (text: string) => heard.push(`global ${text}`) });
    expect(callbacks.register("alert", (text: string) => heard.push(`registered ${text}`))).toBe(0);
    callbacks.tell("alert", "1");
    Object.assign(page, { named: (text: string) => heard.push(`named ${text}`) });
    expect(callbacks.register("sipcb_alert", "named")).toBe(0);
    callbacks.tell("alert", "2");
    expect(callbacks.register("alert", 7)).toBe(-1);
    expect(heard).toEqual(["global 1", "registered 1", "global 2", "named 2"]);
  });

  test("one function under both names hears once; one that throws keeps nobody from hearing", () => {
    const heard: string[] = [];
    const later: (() => void)[] = [];
    const page = {
      setTimeout: (run: () => void) => later.push(run),
      sipcb_call_ended: () => {
        heard.push("first");
        throw new Error("the page's own");
      },
    } as unknown as Window & { sipcb_call_ended: () => void };
    const callbacks = new Callbacks(page);
    callbacks.register("call_ended", page.sipcb_call_ended);
    callbacks.tell("call_ended");
    callbacks.register("call_ended", () => heard.push("second"));
    callbacks.tell("call_ended");
    expect(heard).toEqual(["first", "first", "second"]);
    expect(later[0]).toThrow("the page's own");
  });
});
