/** Everything that is signed in with this address, and signing it out. */
import { useState } from "preact/hooks";
import type { Device } from "../../sdk/elsipo";
import { useHome } from "../context";

export function Devices() {
  const home = useHome();
  const devices = home.services.devices.value;
  return (
    <section class="card" aria-label="Your devices" data-testid="devices">
      <h2>Your devices</h2>
      {devices.length === 0 ? (
        <p class="empty" data-testid="devices-empty">
          Nothing is signed in with your address. Register to see it here.
        </p>
      ) : (
        <ul class="rows">
          {devices.map((device) => (
            <DeviceRow key={device.device_id} device={device} />
          ))}
        </ul>
      )}
    </section>
  );
}

function DeviceRow({ device }: { device: Device }) {
  const home = useHome();
  const [isSure, setSure] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const name = device.user_agent ?? (device.is_this_one ? "Elsipo" : "A telephone");
  const signOut = async (): Promise<void> => {
    setBusy(true);
    setProblem("");
    try {
      await home.elsipo.device.signOut({ device_id: device.device_id });
    } catch (error) {
      setProblem(home.problem(error));
    }
    setBusy(false);
    setSure(false);
  };
  return (
    <li class="row device" data-testid="device" data-this={device.is_this_one}>
      <div class="row-text">
        <p class="row-name row-wrap">
          {name}
          {device.is_this_one && <span class="tag">this one</span>}
        </p>
        <p class="row-detail row-cut">
          {device.address}, {device.transport.toUpperCase()}
        </p>
        <p class="row-detail">
          since <time>{home.elsipo.format.time(device.since_ms)}</time>
        </p>
        <p class="error-text" role="alert">
          {problem}
        </p>
        {isSure && (
          <div class="device-sure">
            <p>Calls will not reach it until it signs in again.</p>
            <button
              type="button"
              class="button button-stop"
              data-testid="device-sign-out-confirm"
              disabled={isBusy}
              aria-busy={isBusy}
              onClick={() => void signOut()}
            >
              {isBusy ? "Signing out…" : "Sign out"}
            </button>
            <button
              type="button"
              class="button"
              data-testid="device-sign-out-cancel"
              onClick={() => setSure(false)}
            >
              Keep
            </button>
          </div>
        )}
      </div>
      {!device.is_this_one && !isSure && (
        <button
          type="button"
          class="button"
          data-testid="device-sign-out"
          aria-label={`Sign out ${name}`}
          onClick={() => setSure(true)}
        >
          Sign out
        </button>
      )}
    </li>
  );
}
