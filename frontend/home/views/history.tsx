/** Calls that are over, and a way to call again. */
import { useState } from "preact/hooks";
import type { Call } from "../../sdk/elsipo";
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
  const calls = home.history.value;
  const [problem, setProblem] = useState("");
  const callBack = async (call: Call): Promise<void> => {
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
            <HistoryItem key={call.call_id} call={call} onCallBack={() => void callBack(call)} />
          ))}
        </ul>
      )}
    </section>
  );
}

function HistoryItem({ call, onCallBack }: { call: Call; onCallBack: () => void }) {
  const home = useHome();
  const { format } = home.elsipo;
  const outcome = call.outcome ?? "answered";
  const name = home.name(call);
  const lasted =
    call.confirmed_at_ms === undefined || call.ended_at_ms === undefined
      ? ""
      : format.duration(call.ended_at_ms - call.confirmed_at_ms);
  const way = call.direction === "incoming" ? "Incoming" : "Outgoing";
  const words = [way, OUTCOMES[outcome], lasted].filter((word) => word !== "").join(", ");
  const isBad = outcome === "missed" || outcome === "failed" || outcome === "engine_lost";
  return (
    <li class="row" data-testid="history-item" data-outcome={outcome} data-direction={call.direction}>
      <span class={isBad ? "arrow arrow-bad" : "arrow"} aria-hidden="true">
        {call.direction === "incoming" ? "↙" : "↗"}
      </span>
      <div class="row-text">
        <p class="row-name">{name}</p>
        <p class="row-detail">{words}</p>
        <p class="row-detail">
          <time>{format.time(call.started_at_ms)}</time>
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
