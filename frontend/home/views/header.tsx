/** Whose page this is, what the provider says at the moment, and the registration. */
import { useState } from "preact/hooks";
import { useHome } from "../context";
import { Slot } from "./slot";

const WORDS = {
  unregistered: "Not registered",
  registering: "Registering…",
  registered: "Registered",
  unregistering: "Unregistering…",
  failed: "Registration failed",
} as const;

export function Header() {
  const home = useHome();
  const [problem, setProblem] = useState("");
  const branding = home.branding.value;
  const registration = home.registration.value;
  // Without a line to the host, what was last heard may no longer be so.
  const isConnected = home.isConnected.value;
  const state = registration?.state ?? "unregistered";
  const isOn = state === "registered" || state === "registering";
  const toggle = async (): Promise<void> => {
    setProblem("");
    try {
      await (isOn ? home.elsipo.account.unregister() : home.elsipo.account.register());
    } catch (error) {
      setProblem(home.problem(error));
    }
  };
  const detail =
    isConnected && state === "failed" && registration !== null && registration.sip_status !== 0
      ? `${registration.sip_status} ${registration.reason_phrase}`
      : "";
  return (
    <header class="head">
      <div class="head-who">
        <h1 data-testid="home-provider">
          {branding?.logo !== undefined && (
            <img class="head-logo" src={branding.logo} alt="" data-testid="home-logo" />
          )}
          <bdi>{branding?.name ?? (home.domain.value === "" ? "Welcome" : home.domain.value)}</bdi>
        </h1>
        <Slot name="i_infotext" label="From the provider" testId="home-tick" live="off" />
      </div>
      <div class="head-state">
        <p role="status" data-testid="home-registration" data-state={state}>
          <span class={isConnected ? `dot dot-${state}` : "dot"} aria-hidden="true" />
          {isConnected ? WORDS[state] : "Connecting…"} {detail}
        </p>
        <button
          type="button"
          class={isOn ? "button" : "button button-go"}
          data-testid={isOn ? "home-unregister" : "home-register"}
          disabled={!isConnected}
          onClick={() => void toggle()}
        >
          {isOn ? "Unregister" : "Register"}
        </button>
        <p class="error-text" role="alert">
          {problem}
        </p>
      </div>
    </header>
  );
}
