/** About the provider: where its UI is from and how it stands, and what was granted to pages. */
import { time } from "../../sdk/format";
import type { Grant } from "../../sdk/model";
import { useChrome } from "../context";
import { CAPABILITY_WORDS } from "../words";
import { closing, Dialog } from "./dialog";

export function AboutProvider() {
  const { bridge, store } = useChrome();
  const ui = store.provider.value;
  const branding = store.branding.value;
  if (ui === null) return null;
  const close = closing(store.isAboutProvider);
  return (
    <Dialog
      title={
        <>
          {branding?.logo !== undefined && <img class="about-logo" src={branding.logo} alt="" />}
          <bdi>{branding?.name ?? ui.domain}</bdi>
        </>
      }
      titleLook="about-title"
      testId="about-provider"
      look="about"
      onClose={close}
    >
      <dl class="facts">
        <dt>Domain</dt>
        <dd data-testid="about-domain">{ui.domain}</dd>
        <dt>Its UI</dt>
        <dd data-testid="about-source">{ui.source === "" ? "none: Elsipo’s own page" : ui.source}</dd>
        {ui.version !== undefined && (
          <>
            <dt>Version</dt>
            <dd data-testid="about-version">
              {ui.version}
              {ui.waiting_version !== undefined && `; ${ui.waiting_version} waits for your answer`}
            </dd>
          </>
        )}
        {ui.checked_at_ms !== undefined && (
          <>
            <dt>Looked for</dt>
            <dd>{when(ui.checked_at_ms)}</dd>
          </>
        )}
      </dl>
      {ui.is_local && (
        <p class="about-local" data-testid="about-local">
          This UI comes from this machine, not from the provider.
        </p>
      )}
      {ui.problem !== "" && (
        <p class="error-text" role="alert" data-testid="about-problem">
          {ui.problem}
        </p>
      )}
      <Ledger grants={ui.grants} />
      <label class="check">
        <input
          type="checkbox"
          data-testid="about-allow-local"
          checked={ui.allow_local}
          onChange={(event) =>
            void store.act(bridge.request("provider.allow_local", { allowed: event.currentTarget.checked }))
          }
        />
        <span>
          Allow a UI from this machine
          <span class="quiet hint">
            For those who develop one. Any program here could then stand in for it.
          </span>
        </span>
      </label>
      <div class="menu-row about-buttons">
        <button
          type="button"
          class="button"
          data-testid="about-refresh"
          onClick={() => void store.act(bridge.request("provider.refresh", {}))}
        >
          Look again
        </button>
        <button type="button" class="button" data-testid="about-close" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function Ledger({ grants }: { grants: readonly Grant[] }) {
  const origins = Array.from(new Set(grants.map((grant) => grant.origin)));
  if (origins.length === 0) return <p class="quiet">No page has asked for anything yet.</p>;
  return (
    <>
      {origins.map((origin) => (
        <section key={origin} aria-label={`What pages from ${origin} may do`}>
          <h2 class="about-origin">Pages from {origin} may</h2>
          <ul>
            {grants
              .filter((grant) => grant.origin === origin)
              .map((grant) => (
                <Row key={grant.capability} grant={grant} />
              ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function Row({ grant }: { grant: Grant }) {
  const { bridge, page, store } = useChrome();
  const change = (granted: boolean): void => {
    const { origin, capability } = grant;
    const said = bridge.request("grant.change", { origin, capability, granted });
    // A page that was not shown before may be shown now.
    void store.act(said.then(() => (page.ticket.peek()?.may_load === false ? page.open() : undefined)));
  };
  return (
    <li>
      <label class="consent-ask">
        <input
          type="checkbox"
          data-testid={`grant-${grant.capability}`}
          data-origin={grant.origin}
          checked={grant.granted}
          onChange={(event) => change(event.currentTarget.checked)}
        />
        <span>
          {CAPABILITY_WORDS[grant.capability]}
          <span class="quiet consent-reason">
            “{grant.reason}” {grant.granted ? "Granted" : "Not granted"} {when(grant.decided_at_ms)},{" "}
            {grant.used_at_ms === undefined
              ? "never used."
              : `used ${grant.uses} ${grant.uses === 1 ? "time" : "times"}, last ${when(grant.used_at_ms)}.`}
          </span>
        </span>
      </label>
    </li>
  );
}

function when(ms: number): string {
  return time(ms);
}
