/** The account's SIP as a ladder: what was sent goes right, what was received comes left; each message to be read. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ElsipoError } from "../../sdk/errors";
import { useChrome } from "../context";
import { NO_FILTER, clock, delta, filtered, kindOf, type SipEntry } from "../dev/sip-log";

export function SipPanel() {
  const { bridge, sipLog } = useChrome();
  const [filter, setFilter] = useState(NO_FILTER);
  const [chosen, setChosen] = useState<number | null>(null);
  const [said, setSaid] = useState("");
  const entries = sipLog.entries.value;
  const shown = filtered(entries, filter);
  const methods = Array.from(new Set(entries.map((entry) => entry.method))).sort();
  const selected = shown.find((entry) => entry.seq === chosen) ?? null;
  const isPaused = sipLog.isPaused.value;
  const save = async (): Promise<void> => {
    try {
      const { file } = await bridge.request("sip_trace.save", { seqs: shown.map((entry) => entry.seq) });
      setSaid(`Saved as ${file}`);
    } catch (error) {
      setSaid(error instanceof ElsipoError ? error.message : "That did not work.");
    }
  };
  const copy = (): void => {
    const those = selected === null ? shown : [selected];
    const what = those.length === 1 ? "The message is" : `${those.length} messages are`;
    setSaid(
      copied(those.map((entry) => entry.text).join("\n")) ? `${what} copied.` : "Copying did not work.",
    );
  };
  return (
    <div class="dev-body">
      <div class="dev-bar">
        <input
          class="field dev-field"
          type="search"
          placeholder="Filter"
          aria-label="Show messages with this text"
          data-testid="sip-filter"
          value={filter.text}
          onInput={(event) => setFilter({ ...filter, text: event.currentTarget.value })}
        />
        <select
          class="field dev-field"
          aria-label="Show messages of this method"
          data-testid="sip-method"
          value={filter.method}
          onChange={(event) => setFilter({ ...filter, method: event.currentTarget.value })}
        >
          <option value="">All methods</option>
          {methods.map((method) => (
            <option key={method} value={method}>
              {method}
            </option>
          ))}
        </select>
        {filter.callId !== "" && (
          <button
            type="button"
            class="button dev-button"
            data-testid="sip-all-calls"
            onClick={() => setFilter({ ...filter, callId: "" })}
          >
            All Call-IDs
          </button>
        )}
        <button
          type="button"
          class="button dev-button"
          aria-pressed={isPaused}
          data-testid="sip-pause"
          onClick={() => (sipLog.isPaused.value = !isPaused)}
        >
          {isPaused ? "Resume" : "Pause"}
        </button>
        <button
          type="button"
          class="button dev-button"
          data-testid="sip-clear"
          onClick={() => sipLog.clear()}
        >
          Clear
        </button>
        <button type="button" class="button dev-button" data-testid="sip-copy" onClick={copy}>
          Copy
        </button>
        <button
          type="button"
          class="button dev-button"
          data-testid="sip-save"
          onClick={() => void save()}
          disabled={shown.length === 0}
        >
          Save
        </button>
        <span class="dev-said quiet" role="status" data-testid="sip-said">
          {said}
        </span>
        {sipLog.missed.value > 0 && (
          <span class="dev-missed" data-testid="sip-missed">
            {sipLog.missed.value} messages not shown
          </span>
        )}
      </div>
      <div class={selected === null ? "dev-split" : "dev-split dev-split-open"}>
        <Ladder entries={shown} chosen={chosen} choose={setChosen} />
        {selected !== null && (
          <div class="sip-detail" data-testid="sip-detail">
            <div class="sip-detail-head">
              <strong>{selected.title}</strong>
              <span class="quiet">
                {clock(selected.at_ms)} {selected.direction === "outgoing" ? "to" : "from"}{" "}
                {selected.peer_address}
              </span>
              {selected.callId !== "" && filter.callId === "" && (
                <button
                  type="button"
                  class="button dev-button"
                  data-testid="sip-this-call"
                  onClick={() => setFilter({ ...filter, callId: selected.callId })}
                >
                  This Call-ID only
                </button>
              )}
            </div>
            <pre class="dev-text" tabIndex={0} aria-label="The message" data-testid="sip-text">
              {selected.text}
            </pre>
          </div>
        )}
      </div>
    </div>
  );
}

interface LadderProps {
  entries: readonly SipEntry[];
  chosen: number | null;
  choose: (seq: number | null) => void;
}

function Ladder({ entries, chosen, choose }: LadderProps) {
  const list = useRef<HTMLOListElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    // Follows what comes, unless somebody reads further up.
    if (isAtEnd.current && list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, [entries.length, entries[entries.length - 1]?.seq]);
  if (entries.length === 0) {
    return (
      <p class="dev-empty quiet" data-testid="sip-empty">
        Nothing yet. What this account sends and receives from now on appears here.
      </p>
    );
  }
  return (
    <ol
      ref={list}
      class="ladder"
      aria-label="SIP messages, oldest first"
      data-testid="sip-ladder"
      onScroll={(event) => {
        const at = event.currentTarget;
        isAtEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < 24;
      }}
      onKeyDown={(event) => {
        if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
        event.preventDefault();
        const row = event.target instanceof Element ? event.target.closest("li") : null;
        const next = event.key === "ArrowUp" ? row?.previousElementSibling : row?.nextElementSibling;
        next?.querySelector<HTMLElement>("button")?.focus();
      }}
    >
      {entries.map((entry, index) => {
        const before = entries[index - 1];
        const isOut = entry.direction === "outgoing";
        return (
          <li key={entry.seq}>
            <button
              type="button"
              class={`sip-row sip-${kindOf(entry)}`}
              aria-pressed={entry.seq === chosen}
              data-testid="sip-message"
              data-direction={entry.direction}
              data-repeat={entry.is_repeat}
              onClick={() => choose(entry.seq === chosen ? null : entry.seq)}
            >
              <span class="sip-time">{clock(entry.at_ms)}</span>
              <span class="sip-delta quiet">
                {before === undefined ? "" : delta(entry.at_ms - before.at_ms)}
              </span>
              <span class={`sip-lane ${isOut ? "sip-out" : "sip-in"}`}>
                <span class="visually-hidden">{isOut ? "sent" : "received"} </span>
                <span class="sip-label">
                  {entry.title}
                  {entry.status !== 0 && <span class="sip-of"> {entry.method}</span>}
                  {entry.is_repeat && <span class="sip-repeat"> repeated</span>}
                </span>
              </span>
              <span class="sip-peer quiet">{entry.peer_address}</span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

/** By the command that every Chromium has; the newer interface asks for a permission that nobody is asked for here. */
export function copied(text: string): boolean {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- see above
    return document.execCommand("copy");
  } finally {
    field.remove();
    if (before instanceof HTMLElement) before.focus();
  }
}
