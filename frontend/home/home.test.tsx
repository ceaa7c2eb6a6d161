// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createElsipo } from "../sdk/api";
import { CLOSED } from "../sdk/connection";
import { BodyTooLargeError, GestureRequiredError, InvalidAddressError, SipFailureError } from "../sdk/errors";
import type { Call, Conversation, Message } from "../sdk/elsipo";
import { FakeChrome } from "../sdk/testing/fake-chrome";
import { FakeHost } from "../sdk/testing/fake-host";
import { account, call, engine, message, registration, branding } from "../sdk/testing/samples";
import { HomeContext } from "./context";
import { HomeStore } from "./store";
import { Home } from "./views/home";

const bob = "sip:bob@provider-a.test";
const hello: Message = {
  ...message,
  message_id: "message-0000",
  direction: "incoming",
  state: "received",
  body: "Hi Alice",
  created_at_ms: 500,
  read: false,
};
const conversation: Conversation = { peer: bob, peer_display: "Bob", unread_count: 1, last_message: hello };
const ended: Call = { ...call, state: "disconnected", outcome: "answered", ended_at_ms: 67_000 };

describe("the home page", () => {
  let host: FakeHost;
  let root: HTMLElement;
  let port: ReturnType<FakeChrome["handOver"]>;

  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 24; turn += 1) await Promise.resolve();
  };
  const after = async (change: () => void): Promise<void> => {
    await act(async () => {
      change();
      await settle();
    });
    await act(settle);
  };
  const all = (testId: string): HTMLElement[] =>
    Array.from(document.querySelectorAll<HTMLElement>(`[data-testid="${testId}"]`));
  const find = (testId: string): HTMLElement => {
    const element = all(testId)[0];
    if (element === undefined) throw new Error(`nothing is called ${testId}`);
    return element;
  };
  const click = (testId: string): Promise<void> => after(() => find(testId).click());
  const type = (testId: string, text: string): Promise<void> =>
    after(() => {
      const field = find(testId) as HTMLInputElement;
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  const press = (testId: string, key: string): Promise<void> =>
    after(() => void find(testId).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })));

  beforeEach(async () => {
    document.body.textContent = "";
    root = document.createElement("div");
    document.body.append(root);
    const chrome = new FakeChrome();
    const elsipo = createElsipo(chrome.page);
    const store = new HomeStore(elsipo);
    host = new FakeHost()
      .on("account.get", () => account)
      .on("registration.get", () => registration)
      .on("engine.status", () => engine)
      .on("provider.branding", () => branding)
      .on("system.versions", () => ({ elsipo: "0.1.0" }))
      .on("call.list", () => ({ calls: [] }))
      .on("call.history", () => ({ calls: [ended] }))
      .on("conversation.list", () => ({ conversations: [conversation] }))
      .on("message.list", () => ({ messages: [hello], has_more: false }))
      .on("message.mark_read", () => ({}))
      .on("fragment.list", () => ({
        fragments: [{ element_id: "i_infotext", html: "<b>12:00</b>", received_at_ms: 1 }],
      }));
    await after(() => {
      render(
        <HomeContext.Provider value={store}>
          <Home />
        </HomeContext.Provider>,
        root,
      );
      port = chrome.handOver(host);
    });
  });
  afterEach(() => render(null, root));

  test("names the provider and the registration, and shows what the provider says", () => {
    expect(find("home-provider").textContent).toBe("provider-a.test");
    expect(find("home-registration").textContent).toContain("Registered");
    expect(find("home-tick").innerHTML).toBe("<b>12:00</b>");
  });

  test("lists the services of the manifest and those that the provider tells, each once", async () => {
    const titles = (): (string | null)[] => all("service-ask").map(({ textContent }) => textContent);
    const services = [
      { name: "tides", title: "Tides" },
      { name: "balance", title: "Your balance" },
    ];
    await after(() => host.tell("provider.branding_changed", { branding: { ...branding, services } }));
    expect(titles()).toEqual(["Tides"]);
    const listed = [
      { name: "lunch", title: "Lunch" },
      { name: "tides", title: "Tides today" },
      { name: "stats", title: "Statistics" },
    ];
    host.on("service.query", () => ({
      service: "services",
      received_at_ms: 1,
      services: { services: listed },
    }));
    await click("services-refresh");
    expect(titles()).toEqual(["Tides today", "Lunch"]);
    await after(() => host.tell("provider.branding_changed", { branding }));
    expect(titles()).toEqual(["Lunch", "Tides today"]);
  });

  test("a fragment outlives what else changes on the page", async () => {
    await after(() =>
      host.tell("registration.state_changed", { registration: { ...registration, state: "unregistered" } }),
    );
    await click("area-info");
    expect(find("home-registration").textContent).toContain("Not registered");
    expect(find("home-tick").innerHTML).toBe("<b>12:00</b>");
  });

  test("registers and unregisters", async () => {
    host.on("account.unregister", () => registration).on("account.register", () => registration);
    await click("home-unregister");
    await after(() =>
      host.tell("registration.state_changed", { registration: { ...registration, state: "unregistered" } }),
    );
    await click("home-register");
    expect(host.params("account.unregister")).toHaveLength(1);
    expect(host.params("account.register")).toHaveLength(1);
  });

  test("says that it has no line, and offers nothing that needs one", async () => {
    await after(() => port.onmessage?.({ data: { type: CLOSED } }));
    expect(find("home-registration").textContent).toContain("Connecting…");
    expect(find("stats-button").hasAttribute("disabled")).toBe(true);
  });

  test("dials what the keypad and the keyboard wrote", async () => {
    host.on("call.dial", () => call);
    await type("dial-input", "49");
    await click("dial-key-3");
    await click("dial-key-#");
    await click("dial-erase");
    await click("dial-call");
    expect(host.params("call.dial")).toEqual([{ target: "493" }]);
    expect((find("dial-input") as HTMLInputElement).value).toBe("");
  });

  test("an address that cannot be called is kept, and the reason is told", async () => {
    host.on("call.dial", () => {
      throw new InvalidAddressError();
    });
    await type("dial-input", "a b");
    await click("dial-call");
    expect(find("dial-error").textContent).toBe(new InvalidAddressError().message);
    expect((find("dial-input") as HTMLInputElement).value).toBe("a b");
  });

  test("who declines a call is not told so again", async () => {
    host.on("call.dial", () => {
      throw new GestureRequiredError();
    });
    await type("dial-input", "bob");
    await click("dial-call");
    expect(find("dial-error").textContent).toBe("");
  });

  test("the history tells how calls went, gains those that end, and calls back", async () => {
    host.on("call.dial", () => call);
    expect(find("history-item").textContent).toContain("Outgoing, 1:05");
    await after(() =>
      host.tell("call.state_changed", {
        call: { ...ended, call_id: "call-0009", direction: "incoming", outcome: "missed" },
      }),
    );
    expect(all("history-item").map((item) => item.getAttribute("data-outcome"))).toEqual([
      "missed",
      "answered",
    ]);
    await click("history-call-back");
    expect(host.params("call.dial")).toEqual([{ target: bob }]);
  });

  test("a call's line can be checked", async () => {
    host.on("call.probe_audio", () => ({ sent_hz: 1000, heard_hz: 1000, heard_dbfs: -11.4, share: 1 }));
    await after(() => host.tell("call.state_changed", { call }));
    await click("probe-button");
    expect(find("probe-result").textContent).toBe("Heard 1000 Hz at -11 dB.");
  });

  describe("messages", () => {
    test("an opened conversation is read", async () => {
      expect(find("unread-count").textContent).toBe("1");
      await click("conversation");
      expect(find("message-body").textContent).toBe("Hi Alice");
      expect(all("unread-count")).toEqual([]);
      expect(host.params("message.mark_read")).toEqual([{ peer: bob }]);
    });

    test("a sent message shows what becomes of it; Enter sends", async () => {
      host.on("message.send", () => message);
      await click("conversation");
      await type("message-input", "Hello");
      await press("message-input", "Enter");
      expect(host.params("message.send")).toEqual([{ to: bob, body: "Hello" }]);
      expect(find("message-state").textContent).toBe("Waiting for the connection");
      await after(() => host.tell("message.state_changed", { message: { ...message, state: "sending" } }));
      expect(find("message-state").textContent).toBe("Sending…");
      await after(() => host.tell("message.state_changed", { message: { ...message, state: "sent" } }));
      expect(find("message-state").textContent).toBe("Sent");
      expect(all("message")).toHaveLength(2);
    });

    test("a failed message says why and can be sent again", async () => {
      host.on("message.send", () => message);
      await click("conversation");
      const failed: Message = { ...message, state: "failed", sip_status: 404, reason_phrase: "Not Found" };
      await after(() => host.tell("message.state_changed", { message: failed }));
      expect(find("message-state").textContent).toBe("Not delivered: 404 Not Found");
      await click("message-retry");
      expect(host.params("message.send")).toEqual([{ to: bob, body: "Hello" }]);
    });

    test("what is too long stays in the field, with the limit", async () => {
      host.on("message.send", () => {
        throw new BodyTooLargeError({ limit_bytes: 3200 });
      });
      await click("conversation");
      await type("message-input", "long");
      await click("message-send");
      expect(find("message-error").textContent).toContain("At most 3200 bytes");
      expect((find("message-input") as HTMLTextAreaElement).value).toBe("long");
    });

    test("a message that comes in counts as unread unless its conversation is open", async () => {
      const next: Message = { ...hello, message_id: "message-0002", body: "Again", created_at_ms: 900 };
      await after(() => host.tell("message.received", { message: next }));
      expect(find("unread-count").textContent).toBe("2");
      await click("conversation");
      await after(() =>
        host.tell("message.received", {
          message: { ...next, message_id: "message-0003", created_at_ms: 950 },
        }),
      );
      expect(all("unread-count")).toEqual([]);
    });

    test("a new conversation begins with what a person types", async () => {
      host.on("address.normalize", () => ({ uri: "sip:carol@provider-a.test", display: "carol" }));
      host.on("message.list", () => ({ messages: [], has_more: false }));
      await click("new-message");
      await type("new-message-to", "carol");
      await click("new-message-start");
      expect(find("thread").getAttribute("data-peer")).toBe("sip:carol@provider-a.test");
    });

    test("a body is text: markup in it is shown, not made", async () => {
      host.on("message.list", () => ({
        messages: [{ ...hello, content_type: "text/html", body: "<img src=x>" }],
        has_more: false,
      }));
      await click("conversation");
      expect(find("message-body").textContent).toBe("<img src=x>");
      expect(document.querySelector("img")).toBeNull();
    });

    test("a message that was cut is never shown as whole", async () => {
      host.on("message.list", () => ({ messages: [{ ...hello, truncated: true }], has_more: false }));
      await click("conversation");
      expect(find("message-truncated").textContent).toContain("did not arrive");
    });

    test("earlier messages are fetched on request, before the oldest in sight", async () => {
      host.on("message.list", (params) => ({
        messages:
          params.before_ms === undefined
            ? [hello]
            : [{ ...hello, message_id: "message-old0", created_at_ms: 1 }],
        has_more: params.before_ms === undefined,
      }));
      await click("conversation");
      await click("earlier");
      expect(host.params("message.list")[1]).toMatchObject({ peer: bob, before_ms: 500 });
      expect(all("message")).toHaveLength(2);
      expect(all("earlier")).toEqual([]);
    });
  });

  test("asks for statistics into an element of their own, and says what the provider refused", async () => {
    host.on("service.request", () => ({}));
    await click("stats-button");
    expect(host.params("service.request")).toEqual([{ service: "stats", element_id: "i_stats" }]);
    host.on("service.request", () => {
      throw new SipFailureError({ sip_status: 404, reason_phrase: "Not Found" });
    });
    await click("stats-button");
    expect(find("stats-error").textContent).toBe("The provider answered 404 Not Found.");
  });

  test("measures the way to the host and to the engine", async () => {
    host.on("system.echo", (params) => params.text);
    await click("measure-button");
    expect(find("measure-result").textContent).toMatch(/^Host \d+\.\d ms, engine \d+\.\d ms\.$/);
  });

  test("every control and landmark has a name", async () => {
    await click("conversation");
    await click("new-message");
    const controls = Array.from(
      document.querySelectorAll("button, input, textarea, nav, section, [role=region], [role=group]"),
    );
    const nameless = controls.filter(
      (element) => ((element.getAttribute("aria-label") ?? "") + element.textContent).trim() === "",
    );
    expect(nameless.map((element) => element.outerHTML)).toEqual([]);
    expect(document.querySelectorAll("main, header, nav")).toHaveLength(3);
  });
});
