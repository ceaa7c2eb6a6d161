/** Calls: the one that rings, and those that run. They are always in the chrome, whatever the page does. */
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { address, duration, peerName } from "../../sdk/format";
import type { Call } from "../../sdk/model";
import { callWords } from "../words";
import { useChrome } from "../context";
import { Icon } from "./icon";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"] as const;

/** The time that running calls count by; it moves only while there is one. */
const now = signal(Date.now());

function isRinging(call: Call): boolean {
  return call.direction === "incoming" && (call.state === "incoming" || call.state === "early");
}

export function Calls() {
  const { store } = useChrome();
  const all = store.calls.value;
  // Who rings comes first: that bar wants an answer.
  const calls = [...all.filter(isRinging), ...all.filter((call) => !isRinging(call))];
  const isCounting = calls.some((call) => call.state === "confirmed");
  useEffect(() => {
    if (!isCounting) return;
    now.value = Date.now();
    const timer = window.setInterval(() => (now.value = Date.now()), 1000);
    return () => window.clearInterval(timer);
  }, [isCounting]);
  return (
    <section class="calls" aria-label="Calls">
      {calls.map((call) =>
        isRinging(call) ? (
          <IncomingCall key={call.call_id} call={call} />
        ) : (
          <RunningCall key={call.call_id} call={call} />
        ),
      )}
    </section>
  );
}

function IncomingCall({ call }: { call: Call }) {
  const { bridge, store } = useChrome();
  const bar = useRef<HTMLDivElement>(null);
  const name = peerName(call);
  const answer = (): void => void store.act(bridge.request("call.answer", { call_id: call.call_id }));
  const reject = (): void => void store.act(bridge.request("call.reject", { call_id: call.call_id }));
  useEffect(() => {
    // The bar takes the keyboard, but neither from somebody who types nor from the page; and never onto "Answer",
    // so that a key that was meant for something else answers nothing.
    const at = document.activeElement;
    if (at === null || at === document.body || at instanceof HTMLButtonElement) bar.current?.focus();
  }, []);
  return (
    <div
      ref={bar}
      class="bar bar-incoming"
      role="alertdialog"
      aria-label={`Incoming call from ${name}`}
      tabIndex={-1}
      data-testid="incoming-call"
      data-call-id={call.call_id}
      onKeyDown={(event) => {
        if (event.key === "Escape") reject();
      }}
    >
      <span class="ring" aria-hidden="true">
        <Icon name="phone" />
      </span>
      <p class="bar-text" role="alert">
        <strong data-testid="incoming-peer">{name}</strong> <span>is calling</span>
        <span class="quiet block">{address(call.peer)}</span>
      </p>
      <button type="button" class="button button-go" data-testid="incoming-answer" onClick={answer}>
        <Icon name="phone" /> Answer
      </button>
      <button
        type="button"
        class="button button-stop"
        data-testid="incoming-reject"
        aria-keyshortcuts="Escape"
        onClick={reject}
      >
        <Icon name="hangUp" /> Reject
      </button>
    </div>
  );
}

function RunningCall({ call }: { call: Call }) {
  const { bridge, store } = useChrome();
  const [hasKeypad, setKeypad] = useState(false);
  const id = call.call_id;
  const name = peerName(call);
  const isUp = call.state === "confirmed";
  const isOver = call.state === "disconnected";
  const lasted =
    call.confirmed_at_ms === undefined
      ? null
      : (isOver ? (call.ended_at_ms ?? now.value) : now.value) - call.confirmed_at_ms;
  return (
    <div
      class={isOver ? "bar bar-call bar-over" : "bar bar-call"}
      role="group"
      aria-label={`Call with ${name}`}
      data-testid="call"
      data-call-id={id}
      data-state={call.state}
      data-outcome={call.outcome}
      data-recovering={call.recovering === true ? "" : undefined}
    >
      <p class="bar-text">
        <strong data-testid="call-peer">{name}</strong>{" "}
        <span role="status" data-testid="call-state">
          {callWords(call)}
        </span>{" "}
        {lasted !== null && (
          <span class="timer" role="timer" data-testid={isOver ? "call-lasted" : "call-timer"}>
            {duration(lasted)}
          </span>
        )}
      </p>
      {isUp && (
        <div class="call-controls">
          <button
            type="button"
            class="button"
            data-testid="call-mute"
            aria-pressed={call.muted}
            onClick={() =>
              void store.act(bridge.request("call.set_muted", { call_id: id, muted: !call.muted }))
            }
          >
            <Icon name={call.muted ? "micOff" : "mic"} /> <span class="button-word">Mute</span>
          </button>
          <button
            type="button"
            class="button"
            data-testid="call-hold"
            aria-pressed={call.on_hold}
            onClick={() =>
              void store.act(bridge.request("call.set_on_hold", { call_id: id, on_hold: !call.on_hold }))
            }
          >
            <Icon name={call.on_hold ? "play" : "pause"} /> <span class="button-word">Hold</span>
          </button>
          <button
            type="button"
            class="button"
            data-testid="call-keypad-button"
            aria-expanded={hasKeypad}
            onClick={() => setKeypad(!hasKeypad)}
          >
            <Icon name="keypad" /> <span class="button-word">Keypad</span>
          </button>
        </div>
      )}
      {!isOver && (
        <button
          type="button"
          class="button button-stop"
          data-testid="call-hang-up"
          onClick={() => void store.act(bridge.request("call.hang_up", { call_id: id }))}
        >
          <Icon name="hangUp" /> {isUp ? "Hang up" : "Cancel"}
        </button>
      )}
      {call.outcome === "engine_lost" && (
        <button
          type="button"
          class="button button-go"
          data-testid="call-redial"
          onClick={() => {
            store.dropCall(id);
            void store.act(bridge.request("call.dial", { target: call.peer }));
          }}
        >
          <Icon name="phone" /> Call again
        </button>
      )}
      {isUp && hasKeypad && <Keypad callId={id} />}
    </div>
  );
}

function Keypad({ callId }: { callId: string }) {
  const { bridge, store } = useChrome();
  const [sent, setSent] = useState("");
  const press = (digits: string): void => {
    setSent((before) => (before + digits).slice(-24));
    void store.act(bridge.request("call.send_dtmf", { call_id: callId, digits }));
  };
  return (
    <div
      class="keypad"
      role="group"
      aria-label="Keypad"
      data-testid="call-keypad"
      onKeyDown={(event) => {
        if ((KEYS as readonly string[]).includes(event.key)) press(event.key);
      }}
    >
      <output class="keypad-sent" aria-label="Digits sent">
        {sent}
      </output>
      {KEYS.map((key) => (
        <button key={key} type="button" class="key" data-testid={`dtmf-${key}`} onClick={() => press(key)}>
          {key}
        </button>
      ))}
    </div>
  );
}
