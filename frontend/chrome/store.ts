/**
 * What the chrome knows, as signals. Fed by the host's notifications; views render from here and never from an answer.
 */
import { batch, signal } from "@preact/signals";
import { ElsipoError, NotFoundError } from "../sdk/errors";
import type {
  Account,
  AccountEntry,
  Branding,
  Call,
  EngineStatus,
  Notice,
  ProviderUi,
  Registration,
  Session,
  Settings,
} from "../sdk/model";
import type { OpenBridge } from "./bridge/bridge";

/** How long a call that is over stays in sight, in milliseconds. */
export const ENDED_CALL_SHOWN_MS = 6_000;
/** The same of one that was lost: it can be dialled again from there. */
export const LOST_CALL_SHOWN_MS = 60_000;

export class ChromeStore {
  readonly session = signal<Session | null>(null);
  readonly account = signal<Account | null>(null);
  readonly registration = signal<Registration | null>(null);
  readonly branding = signal<Branding | null>(null);
  readonly provider = signal<ProviderUi | null>(null);
  readonly engine = signal<EngineStatus | null>(null);
  /** All accounts of this Elsipo, whatever window they have. */
  readonly accounts = signal<readonly AccountEntry[]>([]);
  readonly settings = signal<Settings | null>(null);
  readonly notices = signal<readonly Notice[]>([]);
  /** Calls that run, and for a short while those that just ended; oldest first. */
  readonly calls = signal<readonly Call[]>([]);
  /** The sign-in form is open for one more account, which gets a window of its own. */
  readonly isAddingAccount = signal(false);
  /** The developers' panel is open. */
  readonly isDevPanelOpen = signal(false);
  /** The crash report is open. */
  readonly isReadingCrashReport = signal(false);
  /** The source of the page is open. */
  readonly isReadingSource = signal(false);
  /** The sound dialog is open. */
  readonly isChoosingSound = signal(false);
  /** The dialog about the provider and what pages may is open. */
  readonly isAboutProvider = signal(false);
  readonly #bridge: OpenBridge;
  #localNotices = 0;

  constructor(bridge: OpenBridge) {
    this.#bridge = bridge;
    this.session.value = bridge.session;
    bridge.on("session.changed", ({ session }) => this.#adopt(session));
    bridge.on("registration.state_changed", ({ registration }) => (this.registration.value = registration));
    bridge.on("provider.branding_changed", ({ branding }) => (this.branding.value = branding));
    bridge.on("provider.status_changed", ({ ui }) => (this.provider.value = ui));
    bridge.on("engine.state_changed", ({ status }) => (this.engine.value = status));
    bridge.on("call.state_changed", ({ call }) => this.#putCall(call));
    bridge.on("account.list_changed", ({ accounts }) => (this.accounts.value = accounts));
    bridge.on("settings.changed", ({ settings }) => (this.settings.value = settings));
    bridge.on("notice.raised", ({ notice }) => this.#putNotice(notice));
  }

  /** Fetch what is so now. What a notification told meanwhile is newer and stays. */
  async load(): Promise<void> {
    const bridge = this.#bridge;
    void this.#fetch(bridge.request("notice.list", {}), (notices) =>
      notices.filter((notice) => !this.#knowsNotice(notice)).forEach((notice) => this.#putNotice(notice)),
    );
    if (this.session.value?.account_id === undefined) return;
    await Promise.all([
      this.#fetch(bridge.request("account.get", {}), (account) => (this.account.value = account)),
      this.#fetch(bridge.request("registration.get", {}), (found) => (this.registration.value ??= found)),
      this.#fetch(bridge.request("provider.branding", {}), (found) => (this.branding.value ??= found)),
      this.#fetch(bridge.request("provider.status", {}), (found) => (this.provider.value ??= found)),
      this.#fetch(bridge.request("engine.status", {}), (found) => (this.engine.value ??= found)),
      this.#fetch(bridge.request("account.list", {}), (accounts) => (this.accounts.value = accounts)),
      this.#fetch(bridge.request("settings.get", {}), (settings) => (this.settings.value = settings)),
      this.#fetch(bridge.request("call.list", {}), ({ calls }) =>
        calls.filter((call) => !this.#knowsCall(call)).forEach((call) => this.#putCall(call)),
      ),
    ]);
  }

  /** How many messages of this window's account were not read. */
  unread(): number {
    const own = this.session.value?.account_id;
    return this.accounts.value.find((entry) => entry.account_id === own)?.unread_count ?? 0;
  }

  /** Wait for an action's answer only to say, where it fails, what failed. */
  async act(action: Promise<unknown>): Promise<boolean> {
    try {
      await action;
      return true;
    } catch (error) {
      this.say("error", error instanceof ElsipoError ? error.message : "That did not work.");
      return false;
    }
  }

  /** A notice of the chrome's own. */
  say(severity: Notice["severity"], text: string): void {
    this.#localNotices += 1;
    this.#putNotice({ notice_id: `chrome.${this.#localNotices}`, severity, text });
  }

  /** The user has read it. */
  dismiss(notice: Notice): void {
    this.notices.value = this.notices.value.filter((other) => other.notice_id !== notice.notice_id);
    if (notice.notice_id.startsWith("chrome.")) return;
    // Should the host be gone, the notice comes back with it; that is no second failure to report.
    void this.#fetch(
      this.#bridge.request("notice.dismiss", { notice_id: notice.notice_id }),
      () => undefined,
    );
  }

  #adopt(session: Session): void {
    const before = this.session.value?.account_id;
    this.session.value = session;
    if (session.account_id === before) return;
    batch(() => {
      this.account.value = null;
      this.registration.value = null;
      this.branding.value = null;
      this.provider.value = null;
      this.engine.value = null;
      this.calls.value = [];
    });
    void this.load();
  }

  async #fetch<T>(answer: Promise<T>, take: (value: T) => void): Promise<void> {
    try {
      take(await answer);
    } catch (error) {
      // Without an account there is nothing to fetch, and a lost connection has its own face.
      if (error instanceof NotFoundError || !(error instanceof ElsipoError) || error.retryable) return;
      this.say("error", error.message);
    }
  }

  #putCall(call: Call): void {
    const others = this.calls.value.filter((other) => other.call_id !== call.call_id);
    const known = others.length < this.calls.value.length;
    if (call.state === "disconnected") {
      if (!known) return;
      const shownMs = call.outcome === "engine_lost" ? LOST_CALL_SHOWN_MS : ENDED_CALL_SHOWN_MS;
      window.setTimeout(() => this.dropCall(call.call_id), shownMs);
    }
    this.calls.value = [...others, call].sort((a, b) => a.started_at_ms - b.started_at_ms);
  }

  /** Let a call that is over out of sight. */
  dropCall(callId: string): void {
    this.calls.value = this.calls.value.filter((call) => call.call_id !== callId);
  }

  #putNotice(notice: Notice): void {
    this.notices.value = [
      ...this.notices.value.filter((other) => other.notice_id !== notice.notice_id),
      notice,
    ];
  }

  #knowsCall(call: Call): boolean {
    return this.calls.value.some((other) => other.call_id === call.call_id);
  }

  #knowsNotice(notice: Notice): boolean {
    return this.notices.value.some((other) => other.notice_id === notice.notice_id);
  }
}
