/** The panel for developers at the window's foot: the account's SIP, and what the window and the host say. */
import { useEffect, useState } from "preact/hooks";
import { useChrome } from "../context";
import { Icon } from "./icon";
import { RpcPanel } from "./rpc-panel";
import { SipPanel } from "./sip-panel";

/** The host tells for 30 s after it was asked. */
const WATCH_AGAIN_MS = 15_000;
const LEAST_PX = 140;
const STEP_PX = 32;
/** Of the window's height. */
const MOST_SHARE = 0.75;

const TABS = [
  ["sip", "SIP"],
  ["rpc", "RPC"],
] as const;
const SUBJECTS = [
  ["page", "DevTools", "Chromium’s developer tools for the page (F12)"],
  ["chrome", "Frame’s DevTools", "Chromium’s developer tools for Elsipo’s own frame around the page"],
] as const;
type Tab = (typeof TABS)[number][0];

export function DevPanel() {
  const { bridge, store, sipLog, rpcLog } = useChrome();
  const [tab, setTab] = useState<Tab>("sip");
  const [height, setHeight] = useState(340);
  const accountId = store.session.value?.account_id;
  useEffect(() => {
    rpcLog.turn(true);
    return () => rpcLog.turn(false);
  }, []);
  useEffect(() => {
    const off = bridge.on("sip_trace.captured", ({ batch }) => sipLog.take(batch));
    const watch = (on: boolean): void =>
      void bridge.request("sip_trace.watch", { on }).catch(() => undefined);
    const again = window.setInterval(() => watch(true), WATCH_AGAIN_MS);
    watch(true);
    return () => {
      window.clearInterval(again);
      off();
      watch(false);
      sipLog.clear();
    };
  }, [accountId]);
  const resize = (px: number): void =>
    setHeight(Math.round(Math.max(LEAST_PX, Math.min(px, window.innerHeight * MOST_SHARE))));
  return (
    <section
      class="dev-panel"
      style={{ height: `${height}px` }}
      aria-label="Developer panel"
      data-testid="dev-panel"
    >
      <div
        class="dev-grip"
        role="separator"
        aria-orientation="horizontal"
        aria-label="Height of the panel"
        aria-valuenow={height}
        aria-valuemin={LEAST_PX}
        tabIndex={0}
        data-testid="dev-grip"
        onKeyDown={(event) => {
          if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
          event.preventDefault();
          resize(height + (event.key === "ArrowUp" ? STEP_PX : -STEP_PX));
        }}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => {
          // Captured, or the page's frame would swallow what moves over it.
          if (event.currentTarget.hasPointerCapture(event.pointerId))
            resize(window.innerHeight - event.clientY);
        }}
      />
      <div class="dev-head">
        <div class="dev-tabs" role="tablist" aria-label="Developer panel">
          {TABS.map(([name, label]) => (
            <button
              key={name}
              type="button"
              role="tab"
              class="dev-tab"
              aria-selected={tab === name}
              data-testid={`dev-tab-${name}`}
              onClick={() => setTab(name)}
            >
              {label}
            </button>
          ))}
        </div>
        {SUBJECTS.map(([subject, label, title]) => (
          <button
            key={subject}
            type="button"
            class="button dev-button"
            data-testid={`dev-tools-${subject}`}
            title={title}
            onClick={() => void store.act(bridge.request("dev_tools.show", { subject }))}
          >
            {label}
          </button>
        ))}
        <button
          type="button"
          class="button-plain button-icon"
          aria-label="Close the panel"
          title="Close the panel (Ctrl+F12)"
          data-testid="dev-close"
          onClick={() => (store.isDevPanelOpen.value = false)}
        >
          <Icon name="close" />
        </button>
      </div>
      {tab === "sip" ? <SipPanel /> : <RpcPanel />}
    </section>
  );
}
