// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import type { FakeHost } from "../../sdk/testing/fake-host";
import { nameless, renderChrome, teachSignedIn, type Rendered } from "../testing/render";
import { DevPanel } from "./dev-panel";

const request = {
  seq: 1,
  at_ms: 1_000,
  direction: "outgoing",
  peer_address: "192.0.2.1:5060",
  is_repeat: false,
  text: "REGISTER sip:a.test SIP/2.0\r\nCall-ID: one\r\nCSeq: 1 REGISTER\r\nAuthorization: Digest [redacted]\r\n\r\n",
} as const;
const again = { ...request, seq: 2, at_ms: 1_500, is_repeat: true } as const;

async function opened(): Promise<Rendered> {
  const view = await renderChrome(<DevPanel />, (host: FakeHost) => {
    teachSignedIn(host);
    host
      .on("sip_trace.watch", () => ({}))
      .on("sip_trace.save", () => ({ file: "/home/alice/Downloads/elsipo-sip.txt" }))
      .on("dev_tools.show", () => ({}));
  });
  await view.after(() =>
    view.host.tell("sip_trace.captured", { batch: { messages: [request, again], missed: 3 } }),
  );
  return view;
}

describe("the developers' panel", () => {
  test("asks for the trace, shows it with repeats and what is missing, and every control has a name", async () => {
    const view = await opened();
    expect(view.host.params("sip_trace.watch")).toEqual([{ on: true }]);
    const rows = Array.from(document.querySelectorAll("[data-testid=sip-message]"));
    expect(rows.map((row) => row.getAttribute("data-repeat"))).toEqual(["false", "true"]);
    expect(rows[1]?.textContent).toContain("+500 ms");
    expect(rows[1]?.textContent).toContain("repeated");
    expect(view.find("sip-missed").textContent).toBe("3 messages not shown");
    await view.click("sip-message");
    expect(view.find("sip-text").textContent).toContain("[redacted]");
    expect(nameless()).toEqual([]);
  });

  test("saves what the filter shows, and says where", async () => {
    const view = await opened();
    await view.click("sip-save");
    expect(view.host.params("sip_trace.save")).toEqual([{ seqs: [1, 2] }]);
    expect(view.find("sip-said").textContent).toContain("elsipo-sip.txt");
    await view.type("sip-filter", "nothing like it");
    expect(view.has("sip-ladder")).toBe(false);
  });

  test("a key makes it higher, and DevTools are a click away", async () => {
    const view = await opened();
    const before = view.find("dev-panel").style.height;
    await view.press("dev-grip", "ArrowUp");
    expect(view.find("dev-panel").style.height).not.toBe(before);
    await view.click("dev-tools-page");
    await view.click("dev-tools-chrome");
    expect(view.host.params("dev_tools.show")).toEqual([{ subject: "page" }, { subject: "chrome" }]);
  });

  test("the RPC log begins with the panel", async () => {
    const view = await opened();
    await view.click("dev-tab-rpc");
    await view.click("dev-tools-page");
    const kinds = Array.from(document.querySelectorAll("[data-testid=rpc-entry]"));
    expect(kinds.map((row) => row.getAttribute("data-kind"))).toEqual(["request", "result"]);
    expect(nameless()).toEqual([]);
  });
});
