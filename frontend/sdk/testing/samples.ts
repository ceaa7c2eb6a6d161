/** Values of the contract for unit tests; each test changes what it is about. */
import type {
  Account,
  AccountEntry,
  Branding,
  Call,
  EngineStatus,
  Message,
  PageTicket,
  ProviderUi,
  Registration,
  Session,
} from "../model";

export const account: Account = {
  account_id: "alice",
  aor: "sip:alice@provider-a.test",
  display_name: "",
  transport: "tls",
  server: "",
};

export const registration: Registration = {
  account_id: "alice",
  state: "registered",
  sip_status: 200,
  reason_phrase: "OK",
  transport: "tls",
};

export const engine: EngineStatus = {
  account_id: "alice",
  state: "running",
  restarts: 0,
  detail: "",
  audio: { backend: "null", input_device: "", output_device: "", detail: "" },
};

export const session: Session = {
  role: "chrome",
  window_id: "w1",
  account_id: "alice",
  protocol_version: 1,
  elsipo_version: "0.1.0",
  capabilities: [],
};

export const ticket: PageTicket = {
  token: "a".repeat(32),
  url: "http://alice.localhost:1/",
  origin: "http://alice.localhost:1",
  title: "Home",
  kind: "home",
  consent: "unneeded",
  may_load: true,
  asks: [],
};

export const branding: Branding = { name: "provider-a.test", colours: {}, services: [], elements: [] };

export const providerUi: ProviderUi = {
  domain: "provider-a.test",
  source: "",
  is_local: false,
  allow_local: false,
  problem: "",
  grants: [],
};

export const call: Call = {
  call_id: "call-0001",
  direction: "outgoing",
  peer: "sip:bob@provider-a.test",
  peer_display: "Bob",
  state: "confirmed",
  sip_status: 200,
  reason_phrase: "OK",
  started_at_ms: 1_000,
  confirmed_at_ms: 2_000,
  muted: false,
  on_hold: false,
  has_audio: true,
};

export const ringing: Call = {
  call_id: "call-0002",
  direction: "incoming",
  peer: "sip:carol@provider-a.test",
  peer_display: "Carol",
  state: "incoming",
  sip_status: 0,
  reason_phrase: "",
  started_at_ms: 3_000,
  muted: false,
  on_hold: false,
  has_audio: false,
};

export const message: Message = {
  message_id: "message-0001",
  direction: "outgoing",
  peer: "sip:bob@provider-a.test",
  peer_display: "Bob",
  content_type: "text/plain",
  body: "Hello",
  truncated: false,
  state: "queued",
  sip_status: 0,
  reason_phrase: "",
  created_at_ms: 1_000,
  read: true,
};

export const accountEntry: AccountEntry = {
  account_id: "alice",
  aor: "sip:alice@provider-a.test",
  display_name: "Alice",
  registration: "registered",
  has_window: true,
  unread_count: 0,
};
