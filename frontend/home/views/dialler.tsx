/** Somebody's address, by keyboard or by keypad, and the button that calls. Running calls are shown by the chrome. */
import { useState } from "preact/hooks";
import { useHome } from "../context";

const KEYS = [
  ["1", ""],
  ["2", "abc"],
  ["3", "def"],
  ["4", "ghi"],
  ["5", "jkl"],
  ["6", "mno"],
  ["7", "pqrs"],
  ["8", "tuv"],
  ["9", "wxyz"],
  ["*", ""],
  ["0", "+"],
  ["#", ""],
] as const;

export function Dialler() {
  const home = useHome();
  const { dialled } = home;
  const [problem, setProblem] = useState("");
  const [isDialling, setDialling] = useState(false);
  const dial = async (): Promise<void> => {
    const target = dialled.value.trim();
    if (target === "" || isDialling) return;
    setProblem("");
    setDialling(true);
    try {
      await home.elsipo.call.dial({ target });
      dialled.value = "";
    } catch (error) {
      setProblem(home.problem(error));
    } finally {
      setDialling(false);
    }
  };
  return (
    <section class="card" aria-label="Call somebody" data-testid="dialler">
      <h2>Call</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void dial();
        }}
      >
        <div class="dial-row">
          <input
            class="field"
            data-testid="dial-input"
            aria-label="Address or number to call"
            placeholder="Name or number"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            value={dialled.value}
            onInput={(event) => (dialled.value = event.currentTarget.value)}
          />
          <button
            type="button"
            class="button-plain button-icon"
            data-testid="dial-erase"
            aria-label="Erase the last character"
            title="Erase"
            disabled={dialled.value === ""}
            onClick={() => (dialled.value = dialled.value.slice(0, -1))}
          >
            ⌫
          </button>
        </div>
        <div class="dial-keys" role="group" aria-label="Keypad">
          {KEYS.map(([key, letters]) => (
            <button
              key={key}
              type="button"
              class="dial-key"
              data-testid={`dial-key-${key}`}
              aria-label={key}
              onClick={() => (dialled.value += key)}
            >
              {key}
              <span class="dial-letters" aria-hidden="true">
                {letters}
              </span>
            </button>
          ))}
        </div>
        <button
          type="submit"
          class="button button-go button-wide"
          data-testid="dial-call"
          disabled={!home.isConnected.value || dialled.value.trim() === "" || isDialling}
        >
          {isDialling ? "Calling…" : "Call"}
        </button>
        <p class="error-text" role="alert" data-testid="dial-error">
          {problem}
        </p>
      </form>
      <LineCheck />
    </section>
  );
}

/** While a call is up: plays a tone into it and says what came back, as an echo service sends it. */
function LineCheck() {
  const home = useHome();
  const [result, setResult] = useState("");
  const [isBusy, setBusy] = useState(false);
  const call = home.calls.value.find((running) => running.state === "confirmed");
  if (call === undefined) return null;
  const check = async (): Promise<void> => {
    setBusy(true);
    setResult("Playing a tone…");
    try {
      const heard = await home.elsipo.call.probeAudio({
        call_id: call.call_id,
        tone_hz: 1000,
        duration_ms: 1000,
      });
      setResult(
        heard.heard_hz === 0
          ? "Nothing came back."
          : `Heard ${Math.round(heard.heard_hz)} Hz at ${Math.round(heard.heard_dbfs)} dB.`,
      );
    } catch (error) {
      setResult(home.problem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="line-check">
      <p class="quiet">In a call with {home.name(call)}.</p>
      <button
        type="button"
        class="button"
        data-testid="probe-button"
        title="Plays a tone and listens for its echo"
        disabled={isBusy}
        onClick={() => void check()}
      >
        Check the line
      </button>
      <p role="status" data-testid="probe-result">
        {result}
      </p>
    </div>
  );
}
