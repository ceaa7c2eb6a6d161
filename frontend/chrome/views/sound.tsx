/** Which microphone, loudspeaker and bell the account uses, and whether they work. What is chosen counts at once. */
import { useEffect, useState } from "preact/hooks";
import { ElsipoError } from "../../sdk/errors";
import type { Notifications } from "../../sdk/model";
import { useChrome } from "../context";
import { closing, Dialog } from "./dialog";

type Devices = Notifications["audio.devices_changed"]["devices"];
type Choice = Devices["choice"];
type Role = keyof Choice;

const ROLES = [
  ["input", "Microphone", "input"],
  ["output", "Loudspeaker", "output"],
  ["ringing", "Ringing", "output"],
] as const;
/** The host measures for 30 s after it was asked. */
const METER_AGAIN_MS = 20_000;
const QUIETEST_DBFS = -60;

export function SoundDialog() {
  const { bridge, store } = useChrome();
  const [devices, setDevices] = useState<Devices | null>(null);
  const [problem, setProblem] = useState("");
  const close = closing(store.isChoosingSound);
  const attempt = async (action: Promise<unknown>): Promise<void> => {
    setProblem("");
    try {
      await action;
    } catch (error) {
      setProblem(error instanceof ElsipoError ? error.message : "That did not work.");
    }
  };
  useEffect(() => {
    const off = bridge.on("audio.devices_changed", (told) => setDevices(told.devices));
    void attempt(bridge.request("audio.list", {}).then(setDevices));
    return off;
  }, []);
  const choose = (role: Role, deviceId: string): void => {
    if (devices === null) return;
    const choice = { ...devices.choice, [role]: deviceId };
    setDevices({ ...devices, choice });
    void attempt(bridge.request("audio.choose", choice));
  };
  const isSilent = devices !== null && devices.devices.length === 0;
  const detail = store.engine.value?.audio.detail ?? "";
  return (
    <Dialog title="Sound" testId="sound-dialog" onClose={close}>
      {devices === null && problem === "" && (
        <p class="quiet" role="status">
          Looking for devices…
        </p>
      )}
      {isSilent && (
        <p role="status" data-testid="sound-none">
          {detail === "" ? "This machine has no sound device. Plug one in: it appears here." : detail}
        </p>
      )}
      {devices !== null &&
        !isSilent &&
        ROLES.map(([role, label, kind]) => (
          <div key={role}>
            <label class="labelled">
              <span class="label">{label}</span>
              <select
                class="field"
                data-testid={`sound-${role}`}
                value={devices.choice[role]}
                onChange={(event) => choose(role, event.currentTarget.value)}
              >
                <Options devices={devices} kind={kind} chosen={devices.choice[role]} />
              </select>
            </label>
            {role === "input" && <Meter />}
            {role === "output" && (
              <TestButton
                run={() => attempt(bridge.request("audio.test", { output: devices.choice.output }))}
              />
            )}
          </div>
        ))}
      {!isSilent && detail !== "" && (
        <p class="quiet" role="status" data-testid="sound-detail">
          {detail}
        </p>
      )}
      <p class="error-text" role="alert" data-testid="sound-error">
        {problem}
      </p>
      <button type="button" class="button button-wide sound-close" data-testid="sound-close" onClick={close}>
        Close
      </button>
    </Dialog>
  );
}

function Options({ devices, kind, chosen }: { devices: Devices; kind: "input" | "output"; chosen: string }) {
  const those = devices.devices.filter((device) => device.kind === kind);
  const standard = those.find((device) => device.is_default);
  const isGone = chosen !== "" && !those.some((device) => device.device_id === chosen);
  return (
    <>
      <option value="">System default{standard === undefined ? "" : ` (${standard.name})`}</option>
      {those.map((device) => (
        <option key={device.device_id} value={device.device_id}>
          {device.name}
        </option>
      ))}
      {isGone && <option value={chosen}>{chosen} (not there now)</option>}
    </>
  );
}

/** Not `disabled` while it plays: the focus would be lost, and Escape with it. */
function TestButton({ run }: { run: () => Promise<void> }) {
  const [isPlaying, setPlaying] = useState(false);
  const play = async (): Promise<void> => {
    if (isPlaying) return;
    setPlaying(true);
    await run();
    setPlaying(false);
  };
  return (
    <button
      type="button"
      class="button sound-test"
      data-testid="sound-test"
      aria-disabled={isPlaying}
      onClick={() => void play()}
    >
      {isPlaying ? "Playing…" : "Play a tone"}
    </button>
  );
}

/** How loud the microphone is, as long as the dialog is open. */
function Meter() {
  const { bridge } = useChrome();
  const [dbfs, setDbfs] = useState(-120);
  useEffect(() => {
    // Where measuring is refused there is no sound, which the dialog says already.
    const measure = (on: boolean): void => void bridge.request("audio.meter", { on }).catch(() => undefined);
    const off = bridge.on("audio.level_changed", (told) => setDbfs(told.input_dbfs));
    const again = window.setInterval(() => measure(true), METER_AGAIN_MS);
    measure(true);
    return () => {
      window.clearInterval(again);
      off();
      measure(false);
    };
  }, []);
  const part = Math.max(0, Math.min(1, 1 - dbfs / QUIETEST_DBFS));
  return (
    <span class="sound-meter" data-testid="sound-meter" data-level={Math.round(part * 100)}>
      <meter min={0} max={1} value={part} aria-label="Level of the microphone" />
      <span class="quiet hint">Say something: the bar moves when the microphone works.</span>
    </span>
  );
}
