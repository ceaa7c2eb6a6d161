/** What this window and the host say to each other: requests with their answers' times, and notifications. */
import { useState } from "preact/hooks";
import { useChrome } from "../context";
import { clock } from "../dev/sip-log";
import { copied } from "./sip-panel";

export function RpcPanel() {
  const { rpcLog } = useChrome();
  const [text, setText] = useState("");
  const [line, setLine] = useState("");
  const [said, setSaid] = useState("");
  const wanted = text.trim().toLowerCase();
  const shown = rpcLog.entries.value.filter(
    (entry) =>
      (line === "" || entry.line === line) &&
      (wanted === "" || `${entry.method} ${entry.text}`.toLowerCase().includes(wanted)),
  );
  const copy = (): void => {
    const rows = shown.map(
      (entry) =>
        `${clock(entry.at_ms)} ${entry.line} ${entry.kind} ${entry.method} ${entry.ms === null ? "" : `${entry.ms} ms`} ${entry.text}`,
    );
    setSaid(copied(rows.join("\n")) ? `${rows.length} lines are copied.` : "Copying did not work.");
  };
  return (
    <div class="dev-body">
      <div class="dev-bar">
        <input
          class="field dev-field"
          type="search"
          placeholder="Filter"
          aria-label="Show lines with this text"
          data-testid="rpc-filter"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <select
          class="field dev-field"
          aria-label="Whose line"
          data-testid="rpc-line"
          value={line}
          onChange={(event) => setLine(event.currentTarget.value)}
        >
          <option value="">Page and chrome</option>
          <option value="page">Page</option>
          <option value="chrome">Chrome</option>
        </select>
        <button
          type="button"
          class="button dev-button"
          data-testid="rpc-clear"
          onClick={() => rpcLog.clear()}
        >
          Clear
        </button>
        <button type="button" class="button dev-button" data-testid="rpc-copy" onClick={copy}>
          Copy
        </button>
        <span class="dev-said quiet" role="status">
          {said}
        </span>
      </div>
      {shown.length === 0 ? (
        <p class="dev-empty quiet">
          Nothing yet. Requests, results and notifications from now on appear here.
        </p>
      ) : (
        <div class="rpc-scroll">
          <table class="rpc" data-testid="rpc-log">
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Line</th>
                <th scope="col">Kind</th>
                <th scope="col">Method</th>
                <th scope="col">Took</th>
                <th scope="col">Content</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((entry) => (
                <tr
                  key={entry.seq}
                  class={`rpc-${entry.kind}`}
                  data-testid="rpc-entry"
                  data-kind={entry.kind}
                >
                  <td>{clock(entry.at_ms)}</td>
                  <td>{entry.line}</td>
                  <td>{entry.kind}</td>
                  <td>{entry.method}</td>
                  <td>{entry.ms === null ? "" : `${entry.ms} ms`}</td>
                  <td class="rpc-text">{entry.text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
