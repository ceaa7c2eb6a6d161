/** Instead of a page over SIP that did not come: what the provider said, and what to do next. */
import { address } from "../../sdk/format";
import type { ElsipoError } from "../../sdk/errors";
import { useChrome } from "../context";
import type { SipEntry } from "../navigation";
import { pageProblem } from "../words";

export function NoPage({ entry, problem }: { entry: SipEntry; problem: ElsipoError }) {
  const { navigation, store } = useChrome();
  const { cause, advice } = pageProblem(problem);
  return (
    <main class="page no-page" data-testid="page-error">
      <div class="card" role="alert">
        <h1>{address(entry.uri)} gave no page</h1>
        <p data-testid="page-error-cause">{cause}</p>
        <p class="quiet">{advice}</p>
        <div class="menu-row">
          <button
            type="button"
            class="button button-go"
            data-testid="page-error-retry"
            onClick={() => void store.act(navigation.reload())}
          >
            {entry.fields === undefined ? "Try again" : "Send the form again"}
          </button>
          <button
            type="button"
            class="button"
            data-testid="page-error-home"
            onClick={() => void store.act(navigation.home())}
          >
            Home
          </button>
        </div>
      </div>
    </main>
  );
}
