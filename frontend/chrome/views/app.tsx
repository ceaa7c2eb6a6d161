/** The window as a whole: connecting, signing in, browsing, or cut off from the host. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ChromeContext, useChrome, type Chrome } from "../context";
import { AboutProvider } from "./about-provider";
import { AddressBar } from "./address-bar";
import { CallPageBars, CallPagePanel } from "./call-page";
import { Calls } from "./calls";
import { ConfirmBar } from "./confirm-bar";
import { ConsentBar } from "./consent-bar";
import { CrashReportDialog } from "./crash-report";
import { DevPanel } from "./dev-panel";
import { Logo } from "./icon";
import { Identity } from "./identity";
import { EngineBar, Notices, RegistrationBar } from "./notices";
import { PageFrame } from "./page-frame";
import { PageSourceDialog } from "./page-source";
import { PageNav, Progress } from "./page-nav";
import { SignIn } from "./sign-in";
import { SoundDialog } from "./sound";

/**
 * connecting → open → lost
 * connecting → refused
 */
export type Phase =
  | { kind: "connecting" }
  | { kind: "open"; chrome: Chrome }
  | { kind: "lost"; chrome: Chrome | null; text: string };

export const phase = signal<Phase>({ kind: "connecting" });

/** @param onRetry tries to reach the host again */
export function App({ onRetry }: { onRetry: () => void }) {
  const now = phase.value;
  const chrome = now.kind === "connecting" ? null : now.chrome;
  return (
    <>
      {now.kind === "connecting" && (
        <div class="splash" role="status" data-testid="connecting">
          <Logo /> Starting…
        </div>
      )}
      {chrome !== null && (
        <ChromeContext.Provider value={chrome}>
          <Window isLost={now.kind === "lost"} />
        </ChromeContext.Provider>
      )}
      {now.kind === "lost" && <LostOverlay text={now.text} onRetry={onRetry} />}
    </>
  );
}

function Window({ isLost }: { isLost: boolean }) {
  const { store } = useChrome();
  const isSignedIn = store.session.value?.account_id !== undefined;
  // A modal overlay leaves nothing behind it to be reached by keyboard or read out.
  return (
    <div class="window" aria-hidden={isLost} inert={isLost}>
      {isSignedIn ? (
        <>
          <TopBar />
          <Progress />
          <div class="bars">
            <Calls />
            <CallPageBars />
            <ConfirmBar />
            <ConsentBar />
            <EngineBar />
            <RegistrationBar />
            <Notices />
          </div>
          <div class="stage">
            <PageFrame />
            <CallPagePanel />
          </div>
          {store.isDevPanelOpen.value && <DevPanel />}
          {store.isAddingAccount.value && (
            <div class="overlay overlay-form" role="dialog" aria-modal="true" aria-label="Add an account">
              <SignIn onDone={() => (store.isAddingAccount.value = false)} />
            </div>
          )}
          {store.isChoosingSound.value && <SoundDialog />}
          {store.isReadingCrashReport.value && <CrashReportDialog />}
          {store.isReadingSource.value && <PageSourceDialog />}
          {store.isAboutProvider.value && <AboutProvider />}
        </>
      ) : (
        <>
          <div class="bars">
            <Notices />
          </div>
          <SignIn />
        </>
      )}
    </div>
  );
}

function TopBar() {
  return (
    <header class="top" data-testid="chrome-topbar">
      <Brand />
      <PageNav />
      <AddressBar />
      <Identity />
    </header>
  );
}

/** The provider's logo, in a box of its own: what is said of account and registration never comes from it. */
function Brand() {
  const { store } = useChrome();
  const branding = store.branding.value;
  return (
    <span class="brand">
      {branding?.logo === undefined ? (
        <Logo />
      ) : (
        <img
          class="brand-logo"
          src={branding.logo}
          alt={branding.name}
          title={branding.name}
          data-testid="brand-logo"
        />
      )}
      {store.provider.value?.is_local === true && (
        <span
          class="brand-local"
          data-testid="brand-local"
          title="The UI comes from this machine, not from the provider"
        >
          local UI
        </span>
      )}
    </span>
  );
}

function LostOverlay({ text, onRetry }: { text: string; onRetry: () => void }) {
  useEffect(() => {
    const button = document.querySelector<HTMLButtonElement>("[data-testid=lost-retry]");
    button?.focus();
  }, []);
  return (
    <div class="overlay" data-testid="lost-overlay">
      <div class="card" role="alertdialog" aria-modal="true" aria-label="Connection lost">
        <h1>Elsipo’s core is gone</h1>
        <p>{text}</p>
        <p class="quiet">This window looks for it again by itself. Calls that ran have ended.</p>
        <button type="button" class="button button-go" data-testid="lost-retry" onClick={onRetry}>
          Try now
        </button>
      </div>
    </div>
  );
}
