/** Asks the user about what the page wants, where no gesture in the page proves it. */
import { useEffect, useState } from "preact/hooks";
import { address, peerName } from "../../sdk/format";
import type { Confirmation } from "../gesture";
import { useChrome } from "../context";

/**
 * How long the bar is in sight before it can be agreed to, in milliseconds: a page that makes it appear under a click
 * that was meant for something else gains nothing.
 */
export const UNREADY_MS = 500;

const AGREE = {
  "call.dial": "Call",
  "call.answer": "Answer",
  "device.sign_out": "Sign out",
  "link.follow": "Go there",
} as const;

export function ConfirmBar() {
  const { gestures } = useChrome();
  const pending = gestures.pending.value;
  return pending === null ? null : <Question key={pending} pending={pending} />;
}

function Question({ pending }: { pending: Confirmation }) {
  const { bridge, store } = useChrome();
  const { method, params } = pending.request;
  const isDial = method === "call.dial";
  const named = isDial ? params.target : params.uri;
  // A link may say how it is meant (RFC 3261 §19.1.1); where it leads does not hang on that.
  const typed = typeof named === "string" ? named.replace(/;method=[a-z]+/gi, "") : "";
  const [target, setTarget] = useState<string | null>(null);
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setReady(true), UNREADY_MS);
    return () => window.clearTimeout(timer);
  }, []);
  useEffect(() => {
    if (typed === "") return;
    // What is shown is what will be called. What nobody can call, the host refuses by itself.
    bridge.request("address.normalize", { text: typed }).then(
      (understood) => setTarget(address(understood.uri)),
      () => pending.answer(true),
    );
  }, [bridge, typed, pending]);
  const ringing = store.calls.value.find((call) => call.call_id === params.call_id);
  const text = {
    "call.dial": `Call ${target ?? "…"}?`,
    "call.answer": `Answer the call from ${ringing === undefined ? "this caller" : peerName(ringing)}?`,
    "device.sign_out": "Sign another of your devices out?",
    "link.follow": `Go to ${target ?? "…"}?`,
  }[method];
  return (
    <div class="bar bar-ask" role="alertdialog" aria-label={text} data-testid="gesture-confirm">
      <p class="bar-text" data-testid="gesture-text">
        The page asks: <strong>{text}</strong>
      </p>
      <button
        type="button"
        class="button button-go"
        data-testid="gesture-allow"
        disabled={!isReady || ((isDial || method === "link.follow") && target === null)}
        onClick={() => pending.answer(true)}
      >
        {AGREE[method]}
      </button>
      <button type="button" class="button" data-testid="gesture-deny" onClick={() => pending.answer(false)}>
        Not now
      </button>
    </div>
  );
}
