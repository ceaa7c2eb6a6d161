/** Pages of applications that the person is in a call with: the question whether to show one, and those that are shown. */
import { useEffect, useState } from "preact/hooks";
import { peerName } from "../../sdk/format";
import type { CallPage } from "../../sdk/model";
import { useChrome } from "../context";
import { UNREADY_MS } from "./confirm-bar";
import { Icon } from "./icon";

export function CallPageBars() {
  const { callPages } = useChrome();
  const offered = callPages.all.value.filter((page) => page.state === "offered");
  return (
    <>
      {offered.map((page) => (
        <Question key={page.offer_id} page={page} />
      ))}
    </>
  );
}

function Question({ page }: { page: CallPage }) {
  const { bridge, store } = useChrome();
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setReady(true), UNREADY_MS);
    return () => window.clearTimeout(timer);
  }, []);
  const decide = (allowed: boolean): void => {
    const { call_id, offer_id } = page;
    void store.act(bridge.request("call_page.decide", { call_id, offer_id, allowed }));
  };
  const text = `Show a page from ${page.origin} in the call with ${usePeer(page)}?`;
  return (
    <div class="bar bar-ask" role="alertdialog" aria-label={text} data-testid="call-page-ask">
      <div class="bar-text" data-testid="call-page-ask-text">
        <p>
          <strong>{text}</strong>
        </p>
        <p class="quiet call-page-url">{page.url}</p>
        <p class="quiet">
          That server then learns your network address. It can do nothing with your telephone, and is gone
          with the call.
          {page.url.startsWith("http:") && " It comes unencrypted, from this machine."}
          {!page.is_sandboxed &&
            " Chromium runs without its sandbox here, which would hold a page that attacks it."}
        </p>
      </div>
      <button
        type="button"
        class="button button-go"
        data-testid="call-page-allow"
        disabled={!isReady}
        onClick={() => decide(true)}
      >
        Show it
      </button>
      <button
        type="button"
        class="button"
        data-testid="call-page-refuse"
        title="Nothing more is offered in this call"
        onClick={() => decide(false)}
      >
        No
      </button>
    </div>
  );
}

export function CallPagePanel() {
  const { callPages } = useChrome();
  const open = callPages.all.value.filter((page) => page.frame_url !== undefined);
  if (open.length === 0) return null;
  return (
    <aside class="call-pages" aria-label="Pages of calls" data-testid="call-page-panel">
      {open.map((page) => (
        <Shown key={page.offer_id} page={page} />
      ))}
    </aside>
  );
}

function Shown({ page }: { page: CallPage }) {
  const { bridge, store } = useChrome();
  const peer = usePeer(page);
  const name = `Page of the call with ${peer}`;
  return (
    <section class="call-page" aria-label={name} data-testid="call-page" data-call={page.call_id}>
      <header class="call-page-head">
        <span class="call-page-whose">
          <strong>{peer}</strong>
          <span class="quiet call-page-url" data-testid="call-page-origin">
            {page.origin}
          </span>
        </span>
        <button
          type="button"
          class="button-plain button-icon"
          aria-label={`Close the page of the call with ${peer}`}
          title="Close the page; the call goes on"
          data-testid="call-page-close"
          onClick={() => void store.act(bridge.request("call_page.close", { call_id: page.call_id }))}
        >
          <Icon name="close" />
        </button>
      </header>
      <iframe
        class="call-page-frame"
        data-testid="call-page-frame"
        title={name}
        src={page.frame_url}
        sandbox="allow-scripts allow-same-origin allow-forms"
        allow=""
      />
    </section>
  );
}

function usePeer(page: CallPage): string {
  const { store } = useChrome();
  const call = store.calls.value.find((other) => other.call_id === page.call_id);
  return call === undefined ? "somebody" : peerName(call);
}
