/** What the provider tells on request, and how Elsipo itself is. */
import { useState } from "preact/hooks";
import { useHome } from "../context";
import { Devices } from "./devices";
import { Services } from "./services";
import { Slot } from "./slot";

const ENGINE_WORDS = {
  stopped: "Stopped",
  starting: "Starting",
  running: "Running",
  restarting: "Starting again",
  failed: "Failed",
} as const;

const AUDIO_WORDS = {
  native: "Sound devices",
  portaudio: "Sound devices (PortAudio)",
  null: "No sound",
  echo: "Echo",
} as const;

export function Info() {
  return (
    <div class="column column-info">
      <Services />
      <Devices />
      <Statistics />
      <Machine />
    </div>
  );
}

function Statistics() {
  const home = useHome();
  const [state, setState] = useState<{ isBusy: boolean; problem: string }>({ isBusy: false, problem: "" });
  const ask = async (): Promise<void> => {
    setState({ isBusy: true, problem: "" });
    try {
      await home.elsipo.service.request({ service: "stats", element_id: "i_stats" });
      setState({ isBusy: false, problem: "" });
    } catch (error) {
      setState({ isBusy: false, problem: home.problem(error) });
    }
  };
  return (
    <section class="card" aria-label="Provider">
      <h2>Provider</h2>
      <button
        type="button"
        class="button button-wide"
        data-testid="stats-button"
        disabled={state.isBusy || !home.isConnected.value}
        aria-busy={state.isBusy}
        onClick={() => void ask()}
      >
        {state.isBusy ? "Asking…" : "Statistics"}
      </button>
      <p class="error-text" role="alert" data-testid="stats-error">
        {state.problem}
      </p>
      <Slot name="i_stats" label="Statistics of the provider" testId="home-stats" live="polite" />
    </section>
  );
}

function Machine() {
  const home = useHome();
  const engine = home.engine.value;
  const account = home.account.value;
  const registration = home.registration.value;
  return (
    <section class="card" aria-label="This Elsipo">
      <h2>This Elsipo</h2>
      <dl class="facts">
        <dt>Account</dt>
        <dd>{account === null ? "–" : home.elsipo.format.address(account.aor)}</dd>
        <dt>Transport</dt>
        <dd>{account === null ? "–" : account.transport.toUpperCase()}</dd>
        <dt>Registrar</dt>
        <dd>{registration?.registrar_address ?? "–"}</dd>
        <dt>Engine</dt>
        <dd data-testid="home-engine" data-state={engine?.state}>
          {engine === null ? "–" : ENGINE_WORDS[engine.state]}
          {engine !== null && engine.restarts > 0 && `, restarted ${engine.restarts} times`}
          {engine !== null && engine.detail !== "" && engine.state !== "running" && ` – ${engine.detail}`}
        </dd>
        <dt>Sound</dt>
        <dd data-testid="home-audio" data-backend={engine?.audio.backend}>
          {engine === null ? "–" : engine.audio.detail || AUDIO_WORDS[engine.audio.backend]}
        </dd>
      </dl>
      <RoundTrip />
      <Versions />
    </section>
  );
}

function Versions() {
  const versions = useHome().versions.value ?? {};
  return (
    <details>
      <summary>Versions</summary>
      <dl class="facts" data-testid="home-versions">
        {Object.keys(versions).map((name) => [
          <dt key={name}>{name}</dt>,
          <dd key={`${name}=`}>{versions[name]}</dd>,
        ])}
      </dl>
    </details>
  );
}

/** How long a word takes to the host and to the engine, there and back. */
function RoundTrip() {
  const home = useHome();
  const [result, setResult] = useState("");
  const measure = async (): Promise<void> => {
    try {
      const toHost = await milliseconds(() => home.elsipo.system.echo({ text: "round trip", hop: "host" }));
      const toEngine = await milliseconds(() =>
        home.elsipo.system.echo({ text: "round trip", hop: "engine" }),
      );
      setResult(`Host ${toHost} ms, engine ${toEngine} ms.`);
    } catch (error) {
      setResult(home.problem(error));
    }
  };
  return (
    <div class="round-trip">
      <button type="button" class="button" data-testid="measure-button" onClick={() => void measure()}>
        Measure
      </button>
      <span role="status" data-testid="measure-result">
        {result === "" ? <span class="quiet">Round trip</span> : result}
      </span>
    </div>
  );
}

async function milliseconds(ask: () => Promise<unknown>): Promise<string> {
  const began = performance.now();
  await ask();
  return (performance.now() - began).toFixed(1);
}
