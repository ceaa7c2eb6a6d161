// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import type { MethodName } from "../../sdk/model";
import { call, ringing } from "../../sdk/testing/samples";
import { nameless, renderChrome, type Rendered } from "../testing/render";
import { Calls } from "./calls";

async function withCalls(...calls: (typeof call)[]): Promise<Rendered> {
  const view = await renderChrome(<Calls />);
  for (const method of ["call.answer", "call.reject", "call.hang_up", "call.send_dtmf"] as const) {
    view.host.on(method, () => ({}));
  }
  view.host.on("call.set_muted", () => ({})).on("call.set_on_hold", () => ({}));
  await view.after(() => calls.forEach((one) => view.host.tell("call.state_changed", { call: one })));
  return view;
}

describe("an incoming call", () => {
  test("is an alert dialog that says who calls", async () => {
    const view = await withCalls(ringing);
    const bar = view.find("incoming-call");
    expect(bar.getAttribute("role")).toBe("alertdialog");
    expect(bar.getAttribute("aria-label")).toBe("Incoming call from Carol");
    expect(bar.textContent).toContain("carol@provider-a.test");
    expect(nameless()).toEqual([]);
  });

  test.each<[string, MethodName]>([
    ["incoming-answer", "call.answer"],
    ["incoming-reject", "call.reject"],
  ])("%s asks for %s", async (testId, method) => {
    const view = await withCalls(ringing);
    await view.click(testId);
    expect(view.host.params(method)).toEqual([{ call_id: ringing.call_id }]);
  });

  test("Escape rejects it", async () => {
    const view = await withCalls(ringing);
    await view.press("incoming-call", "Escape");
    expect(view.host.params("call.reject")).toHaveLength(1);
  });

  test("takes the keyboard, but never onto the button that answers", async () => {
    const view = await withCalls(ringing);
    expect(document.activeElement).toBe(view.find("incoming-call"));
  });

  test("comes before calls that run already", async () => {
    await withCalls(call, ringing);
    const order = Array.from(document.querySelectorAll("[data-call-id]"), (bar) =>
      bar.getAttribute("data-call-id"),
    );
    expect(order).toEqual([ringing.call_id, call.call_id]);
  });
});

describe("a call whose engine died", () => {
  test("says that it is coming back", async () => {
    const view = await withCalls({ ...call, recovering: true });
    expect(view.find("call-state").textContent).toBe("interrupted, coming back…");
    expect(view.find("call").hasAttribute("data-recovering")).toBe(true);
  });

  test("is dialled again by one click when it is lost", async () => {
    const view = await withCalls(call);
    view.host.on("call.dial", () => call);
    const lost = { ...call, state: "disconnected", outcome: "engine_lost" } as const;
    await view.after(() => view.host.tell("call.state_changed", { call: lost }));
    expect(nameless()).toEqual([]);
    await view.click("call-redial");
    expect(view.host.params("call.dial")).toEqual([{ target: call.peer }]);
    expect(view.has("call-redial")).toBe(false);
  });
});

describe("a running call", () => {
  test("is muted and held by what it is not yet", async () => {
    const view = await withCalls(call);
    await view.click("call-mute");
    await view.after(() =>
      view.host.tell("call.state_changed", { call: { ...call, muted: true, on_hold: true } }),
    );
    expect(view.find("call-mute").getAttribute("aria-pressed")).toBe("true");
    await view.click("call-hold");
    expect(view.host.params("call.set_muted")).toEqual([{ call_id: call.call_id, muted: true }]);
    expect(view.host.params("call.set_on_hold")).toEqual([{ call_id: call.call_id, on_hold: false }]);
  });

  test("sends digits from the keypad and from the keyboard", async () => {
    const view = await withCalls(call);
    await view.click("call-keypad-button");
    await view.click("dtmf-#");
    await view.press("call-keypad", "7");
    await view.press("call-keypad", "x");
    expect(view.host.params("call.send_dtmf").map((params) => params.digits)).toEqual(["#", "7"]);
    expect(nameless()).toEqual([]);
  });

  test("can be ended while it still rings there", async () => {
    const view = await withCalls({ ...call, state: "early" });
    expect(view.find("call-state").textContent).toBe("ringing");
    expect(view.has("call-mute")).toBe(false);
    await view.click("call-hang-up");
    expect(view.host.params("call.hang_up")).toEqual([{ call_id: call.call_id }]);
  });

  test("that ended says how, without controls", async () => {
    const view = await withCalls(call);
    await view.after(() =>
      view.host.tell("call.state_changed", {
        call: { ...call, state: "disconnected", outcome: "answered", ended_at_ms: 64_000 },
      }),
    );
    expect(view.find("call-state").textContent).toBe("call ended");
    expect(view.find("call-lasted").textContent).toBe("1:02");
    expect(view.has("call-hang-up")).toBe(false);
  });
});
