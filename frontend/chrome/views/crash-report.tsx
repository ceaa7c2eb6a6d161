/** How the telephone engine last died, as text that can be read out, copied and sent to somebody who can mend it. */
import { useChrome } from "../context";
import { ReadingDialog } from "./reading";

export function CrashReportDialog() {
  const { bridge, store } = useChrome();
  return (
    <ReadingDialog
      title="Crash report"
      name="crash"
      isOpen={store.isReadingCrashReport}
      fetch={() => bridge.request("engine.crash_report", {})}
      otherwise="The report cannot be read."
      label="Report"
      about={(report) => (
        <p class="quiet">
          The telephone engine died on {new Date(report.crashed_at_ms).toLocaleString()}. Nothing here is
          secret: whoever helps you may read it.
        </p>
      )}
    />
  );
}
