/** How the telephone engine last died, as text that can be read out, copied and sent to somebody who can mend it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ElsipoError } from "../../sdk/errors";
import type { CrashReport } from "../../sdk/model";
import { useChrome } from "../context";
import { copied } from "./sip-panel";

export function CrashReportDialog() {
  const { bridge, store } = useChrome();
  const [report, setReport] = useState<CrashReport | null>(null);
  const [said, setSaid] = useState("");
  const card = useRef<HTMLDivElement>(null);
  const close = (): void => {
    store.isReadingCrashReport.value = false;
    document.querySelector<HTMLElement>("[data-testid=account-menu-button]")?.focus();
  };
  useEffect(() => {
    card.current?.focus();
    bridge
      .request("engine.crash_report", {})
      .then(setReport)
      .catch((error: unknown) =>
        setSaid(error instanceof ElsipoError ? error.message : "The report cannot be read."),
      );
  }, []);
  return (
    <div
      class="overlay overlay-form"
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
      }}
    >
      <div
        ref={card}
        class="card reading"
        role="dialog"
        aria-modal="true"
        aria-labelledby="crash-title"
        tabIndex={-1}
        data-testid="crash-dialog"
      >
        <h1 id="crash-title">Crash report</h1>
        {report !== null && (
          <>
            <p class="quiet">
              The telephone engine died on {new Date(report.crashed_at_ms).toLocaleString()}. Nothing here is
              secret: whoever helps you may read it.
            </p>
            <pre class="reading-text" tabIndex={0} aria-label="Report" data-testid="crash-text">
              {report.text}
            </pre>
          </>
        )}
        <p class="quiet" role="status" data-testid="crash-said">
          {said}
        </p>
        <div class="reading-buttons">
          {report !== null && (
            <button
              type="button"
              class="button button-go"
              data-testid="crash-copy"
              onClick={() => setSaid(copied(report.text) ? "Copied." : "It could not be copied.")}
            >
              Copy
            </button>
          )}
          <button type="button" class="button" data-testid="crash-close" onClick={close}>
            Close
          </button>
        </div>
      </div>
    </div>
  );
}
