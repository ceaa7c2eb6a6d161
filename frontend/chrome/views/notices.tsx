/** Bars above the page that tell of trouble: notices, the engine's state, a failed registration. */
import { engineWords, registrationHelp } from "../words";
import { useChrome } from "../context";
import { Icon } from "./icon";

const SEVERITY_WORDS = { info: "Note", warning: "Warning", error: "Error" } as const;

export function Notices() {
  const { store } = useChrome();
  return (
    <div class="notices" role="log" aria-live="polite" aria-label="Notices">
      {store.notices.value.map((notice) => (
        <div
          key={notice.notice_id}
          class={`bar bar-${notice.severity}`}
          data-testid="notice"
          data-notice-id={notice.notice_id}
        >
          <p class="bar-text">
            <strong>{SEVERITY_WORDS[notice.severity]}:</strong> {notice.text}
          </p>
          <button
            type="button"
            class="button-plain button-icon"
            data-testid="notice-dismiss"
            aria-label={`Dismiss: ${notice.text}`}
            title="Dismiss"
            onClick={() => store.dismiss(notice)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}

export function EngineBar() {
  const { bridge, store } = useChrome();
  const engine = store.engine.value;
  const words = engineWords(engine);
  const canRestart = engine?.state === "failed" || engine?.state === "stopped";
  return (
    <div role="status">
      {words !== "" && engine !== null && (
        <div
          class={`bar ${canRestart ? "bar-error" : "bar-warning"}`}
          data-testid="engine-state"
          data-state={engine.state}
        >
          <p class="bar-text">
            {words} {engine.detail}
          </p>
          {engine.crashed_at_ms !== undefined && (
            <button
              type="button"
              class="button"
              data-testid="engine-crash-report"
              onClick={() => (store.isReadingCrashReport.value = true)}
            >
              Crash report
            </button>
          )}
          {canRestart && (
            <button
              type="button"
              class="button"
              data-testid="engine-restart"
              onClick={() => void store.act(bridge.request("engine.restart", {}))}
            >
              Restart
            </button>
          )}
        </div>
      )}
    </div>
  );
}

export function RegistrationBar() {
  const { bridge, store } = useChrome();
  const help = registrationHelp(store.registration.value);
  return (
    <div role="status">
      {help !== "" && (
        <div class="bar bar-error" data-testid="registration-help">
          <p class="bar-text">{help}</p>
          <button
            type="button"
            class="button"
            data-testid="registration-retry"
            onClick={() => void store.act(bridge.request("account.register", {}))}
          >
            Try now
          </button>
        </div>
      )}
    </div>
  );
}
