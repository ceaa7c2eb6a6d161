/** Calls that are over, and a way to call again. */
import { useState } from "preact/hooks";
import type { Call, CallLogEntry } from "../../sdk/elsipo";
import { useHome } from "../context";

const OUTCOMES = {
  answered: "",
  missed: "missed",
  rejected: "rejected",
  cancelled: "cancelled",
  busy: "busy",
  no_answer: "no answer",
  failed: "failed",
  engine_lost: "cut off",
} as const;

export function History() {
  const home = useHome();
  const calls = [...home.history.value.map(ofHere), ...home.services.elsewhere.value].sort(
    (one, other) => other.at_ms - one.at_ms,
  );
  const [problem, setProblem] = useState("");
  const callBack = async (call: CallLogEntry): Promise<void> => {
    setProblem("");
    try {
      await home.elsipo.call.dial({ target: call.peer });
    } catch (error) {
      setProblem(home.problem(error));
    }
  };
  return (
    <section class="card" aria-label="Recent calls" data-testid="history">
      <h2>Recent calls</h2>
      <p class="error-text" role="alert">
        {problem}
      </p>
      {calls.length === 0 ? (
        <p class="empty" data-testid="history-empty">
          No calls yet.
        </p>
      ) : (
        <ul class="rows">
          {calls.map((call) => (
            <HistoryItem key={call.entry_id} call={call} onCallBack={() => void callBack(call)} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** A call of this device, as the list of all devices has it. */
function ofHere(call: Call): CallLogEntry {
  const { call_id, direction, peer, peer_display, started_at_ms, confirmed_at_ms, ended_at_ms } = call;
  const lasted =
    confirmed_at_ms === undefined || ended_at_ms === undefined ? 0 : ended_at_ms - confirmed_at_ms;
  return {
    entry_id: call_id,
    direction,
    peer,
    peer_display,
    at_ms: started_at_ms,
    duration_ms: Math.max(0, lasted),
    outcome: call.outcome ?? "answered",
    here: true,
  };
}

function HistoryItem({ call, onCallBack }: { call: CallLogEntry; onCallBack: () => void }) {
  const home = useHome();
  const { format } = home.elsipo;
  const { outcome } = call;
  const name = home.name(call);
  const lasted = outcome === "answered" || call.duration_ms > 0 ? format.duration(call.duration_ms) : "";
  const way = call.direction === "incoming" ? "Incoming" : "Outgoing";
  const words = [way, OUTCOMES[outcome], lasted, call.here ? "" : "on another device"]
    .filter((word) => word !== "")
    .join(", ");
  const isBad = outcome === "missed" || outcome === "failed" || outcome === "engine_lost";
  return (
    <li
      class="row"
      data-testid="history-item"
      data-outcome={outcome}
      data-direction={call.direction}
      data-here={call.here}
    >
      <span class={isBad ? "arrow arrow-bad" : "arrow"} aria-hidden="true">
        {call.direction === "incoming" ? "↙" : "↗"}
      </span>
      <div class="row-text">
        <p class="row-name">{name}</p>
        <p class="row-detail">{words}</p>
        <p class="row-detail">
          <time>{format.time(call.at_ms)}</time>
        </p>
      </div>
      <button
        type="button"
        class="button"
        data-testid="history-call-back"
        aria-label={`Call ${name}`}
        onClick={onCallBack}
      >
        Call
      </button>
    </li>
  );
}
