// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from "vitest";
import { GestureKeeper, isFrameActivated, isFromHere } from "./gesture";
import { ticket } from "../sdk/testing/samples";

const dial = { method: "call.dial", params: { target: "bob" } } as const;

describe("the proof of a gesture", () => {
  let ours: HTMLElement;
  let frame: HTMLElement;

  beforeEach(() => {
    // What kind of element has the focus makes no difference to the rule; a real frame would load.
    [ours, frame] = [document.createElement("button"), document.createElement("button")];
    document.body.append(ours, frame);
  });

  test("is activation while the focus is in the frame", () => {
    frame.focus();
    expect(isFrameActivated(frame, { userActivation: { isActive: true } })).toBe(true);
  });

  test("is not activation by a click in the chrome itself", () => {
    ours.focus();
    expect(isFrameActivated(frame, { userActivation: { isActive: true } })).toBe(false);
  });

  test("is not focus alone, nor anything in a browser that cannot say", () => {
    frame.focus();
    expect(isFrameActivated(frame, { userActivation: { isActive: false } })).toBe(false);
    expect(isFrameActivated(frame, {})).toBe(false);
    expect(isFrameActivated(null, { userActivation: { isActive: true } })).toBe(false);
  });

  test("counts in the built-in home and the person's own files, not in a page from the web", () => {
    expect(isFromHere(ticket)).toBe(true);
    expect(isFromHere({ ...ticket, kind: "local" })).toBe(true);
    expect(isFromHere({ ...ticket, kind: "remote", consent: "granted" })).toBe(false);
  });
});

describe("GestureKeeper", () => {
  test("allows at once on proof, without asking", async () => {
    const keeper = new GestureKeeper(() => true);
    expect(await keeper.decide(dial)).toBe(true);
    expect(keeper.pending.value).toBeNull();
  });

  test("proof that comes a moment after the request counts, as soon as it is there", async () => {
    vi.useFakeTimers();
    vi.stubGlobal("navigator", { userActivation: { isActive: false } });
    let looks = 0;
    const keeper = new GestureKeeper(() => (looks += 1) === 3);
    const decision = keeper.decide(dial);
    await vi.advanceTimersByTimeAsync(20);
    expect(await decision).toBe(true);
    expect(keeper.pending.value).toBeNull();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  test.each([true, false])("without proof the user decides: %s", async (answer) => {
    const keeper = new GestureKeeper(() => false);
    const decision = keeper.decide(dial);
    expect(keeper.pending.value?.request).toEqual(dial);
    keeper.pending.value?.answer(answer);
    expect(await decision).toBe(answer);
    expect(keeper.pending.value).toBeNull();
  });

  test("questions are not stacked: a second one is refused while the first stands", async () => {
    const keeper = new GestureKeeper(() => false);
    const first = keeper.decide(dial);
    expect(await keeper.decide(dial)).toBe(false);
    keeper.withdraw();
    expect(await first).toBe(false);
  });
});
