// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { NotFoundError } from "../../sdk/errors";
import type { FakeHost } from "../../sdk/testing/fake-host";
import { engine } from "../../sdk/testing/samples";
import { nameless, renderChrome, teachSignedIn, type Rendered } from "../testing/render";
import { CrashReportDialog } from "./crash-report";
import { EngineBar } from "./notices";

async function opened(answer: () => { crashed_at_ms: number; text: string }): Promise<Rendered> {
  const view = await renderChrome(<CrashReportDialog />, (host: FakeHost) => {
    teachSignedIn(host);
    host.on("engine.crash_report", answer);
  });
  await view.after(() => undefined);
  return view;
}

describe("the crash report", () => {
  test("is shown as text, which the keyboard can scroll", async () => {
    const view = await opened(() => ({ crashed_at_ms: 1, text: "It was ended by <SIGSEGV>." }));
    expect(view.find("crash-text").textContent).toBe("It was ended by <SIGSEGV>.");
    expect(view.find("crash-text").tabIndex).toBe(0);
    expect(nameless()).toEqual([]);
    view.chrome.store.isReadingCrashReport.value = true;
    await view.press("crash-dialog", "Escape");
    expect(view.chrome.store.isReadingCrashReport.value).toBe(false);
  });

  test("that is gone is said", async () => {
    const view = await opened(() => {
      throw new NotFoundError("The crash report is gone.");
    });
    expect(view.find("crash-said").textContent).toBe("The crash report is gone.");
    expect(view.has("crash-copy")).toBe(false);
  });

  test("is offered where the engine is given up, beside the restart", async () => {
    const view = await renderChrome(<EngineBar />);
    const status = { ...engine, state: "failed", crashed_at_ms: 1 } as const;
    await view.after(() => view.host.tell("engine.state_changed", { status }));
    expect(view.has("engine-restart")).toBe(true);
    await view.click("engine-crash-report");
    expect(view.chrome.store.isReadingCrashReport.value).toBe(true);
  });
});
