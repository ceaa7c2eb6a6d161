// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { NotFoundError } from "../../sdk/errors";
import type { FakeHost } from "../../sdk/testing/fake-host";
import { engine } from "../../sdk/testing/samples";
import { nameless, renderChrome, teachSignedIn, type Rendered } from "../testing/render";
import { SoundDialog } from "./sound";

const microphone = { device_id: "mic", name: "mic", kind: "input", is_default: true } as const;
const speaker = { device_id: "desk", name: "desk", kind: "output", is_default: true } as const;
const headset = { device_id: "headset", name: "headset", kind: "output", is_default: false } as const;
const choice = { input: "", output: "", ringing: "" };

async function withDevices(
  ...devices: (typeof microphone | typeof speaker | typeof headset)[]
): Promise<Rendered> {
  const view = await renderChrome(<SoundDialog />, (host: FakeHost) => {
    teachSignedIn(host);
    host
      .on("audio.list", () => ({ devices, choice }))
      .on("audio.choose", () => engine.audio)
      .on("audio.test", () => ({}))
      .on("audio.meter", () => ({}));
  });
  // The list comes, and what is shown then asks for the level.
  await view.after(() => undefined);
  await view.after(() => undefined);
  return view;
}

async function pick(view: Rendered, testId: string, value: string): Promise<void> {
  await view.after(() => {
    const field = view.find(testId) as HTMLSelectElement;
    field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

describe("the sound dialog", () => {
  test("offers each device where it fits, and every control has a name", async () => {
    const view = await withDevices(microphone, speaker, headset);
    expect(view.find("sound-input").textContent).toBe("System default (mic)mic");
    expect(view.find("sound-ringing").textContent).toBe("System default (desk)deskheadset");
    expect(nameless()).toEqual([]);
  });

  test("a choice counts at once", async () => {
    const view = await withDevices(microphone, speaker, headset);
    await pick(view, "sound-output", "headset");
    expect(view.host.params("audio.choose")).toEqual([{ ...choice, output: "headset" }]);
  });

  test("plays a tone where the person listens, and says what failed", async () => {
    const view = await withDevices(microphone, speaker);
    await view.click("sound-test");
    expect(view.host.params("audio.test")).toEqual([{ output: "" }]);
    view.host.on("audio.test", () => {
      throw new NotFoundError();
    });
    await view.click("sound-test");
    expect(view.find("sound-error").textContent).toBe(new NotFoundError().message);
  });

  test("shows the level of the microphone while it is open, and no longer", async () => {
    const view = await withDevices(microphone, speaker);
    await view.after(() => view.host.tell("audio.level_changed", { input_dbfs: -30, output_dbfs: -120 }));
    expect(view.find("sound-meter").getAttribute("data-level")).toBe("50");
    expect(view.host.params("audio.meter")).toEqual([{ on: true }]);
  });

  test("follows devices that come and go, and keeps the name of one that is away", async () => {
    const view = await withDevices();
    expect(view.find("sound-none").textContent).toContain("Plug one in");
    const devices = { devices: [microphone, speaker], choice: { ...choice, output: "headset" } };
    await view.after(() => view.host.tell("audio.devices_changed", { devices }));
    expect(view.find("sound-output").textContent).toContain("headset (not there now)");
    expect(view.value("sound-output")).toBe("headset");
  });

  test("Escape closes it", async () => {
    const view = await withDevices(microphone);
    view.chrome.store.isChoosingSound.value = true;
    await view.press("sound-dialog", "Escape");
    expect(view.chrome.store.isChoosingSound.value).toBe(false);
  });
});
