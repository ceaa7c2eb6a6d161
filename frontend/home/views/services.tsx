/** What the provider offers: balance, voicemail, numbers, and services that this page has never heard of. */
import { useState } from "preact/hooks";
import type { ServiceAnswer, ServiceListing, ServiceTable, SpecialNumber } from "../../sdk/elsipo";
import { useHome } from "../context";

export function Services() {
  const home = useHome();
  const { services } = home;
  const [isBusy, setBusy] = useState(false);
  const look = async (): Promise<void> => {
    setBusy(true);
    await services.load();
    setBusy(false);
  };
  const isEmpty =
    services.balance.value === null &&
    services.voicemail.value?.known !== true &&
    services.numbers.value.length === 0 &&
    services.others.value.length === 0;
  return (
    <section class="card" aria-label="Services" data-testid="services" data-asked={services.isAsked.value}>
      <div class="card-head">
        <h2>Services</h2>
        <button
          type="button"
          class="button button-small"
          data-testid="services-refresh"
          aria-label="Ask the provider again"
          aria-busy={isBusy}
          disabled={isBusy || !home.isConnected.value}
          onClick={() => void look()}
        >
          {isBusy ? "Asking…" : "Refresh"}
        </button>
      </div>
      <Balance />
      <Voicemail />
      <Numbers />
      {services.others.value.map((service) => (
        <Other key={service.name} service={service} />
      ))}
      {isEmpty && (
        <p class="empty" data-testid="services-empty">
          {services.isAsked.value ? "Your provider offers nothing more here." : "Asking your provider…"}
        </p>
      )}
    </section>
  );
}

function Balance() {
  const home = useHome();
  const balance = home.services.balance.value;
  if (balance === null) return null;
  return (
    <div class="service" data-testid="balance">
      <p class="service-name">Balance</p>
      <p
        class={balance.amount.startsWith("-") ? "balance balance-low" : "balance"}
        data-testid="balance-amount"
      >
        {money(balance.amount, balance.currency)}
      </p>
      <p class="row-detail">as of {home.elsipo.format.time(balance.at_s * 1000)}</p>
    </div>
  );
}

function Voicemail() {
  const home = useHome();
  const voicemail = home.services.voicemail.value;
  if (voicemail?.known !== true) return null;
  const { new_count: fresh, old_count: old, waiting } = voicemail;
  const number =
    voicemail.account ?? home.services.numbers.value.find(({ kind }) => kind === "voicemail")?.uri;
  const words = fresh > 0 ? `${fresh} new` : waiting ? "New messages" : "No new messages";
  return (
    <div class="row" data-testid="voicemail" data-new={fresh} data-old={old}>
      <div class="row-text" role="status">
        <p class="row-name">Voicemail</p>
        <p class={waiting ? "row-detail voicemail-waiting" : "row-detail"}>
          {words}
          {old > 0 && `, ${old} heard`}
        </p>
      </div>
      {number !== undefined && <Call uri={number} title="Voicemail" testId="voicemail-call" />}
    </div>
  );
}

function Numbers() {
  const { numbers, voicemail } = useHome().services;
  // The box says how many messages wait, and has a call button of its own.
  const shown = numbers.value.filter(({ kind }) => kind !== "voicemail" || voicemail.value?.known !== true);
  if (shown.length === 0) return null;
  return (
    <ul class="rows" aria-label="Numbers" data-testid="numbers">
      {shown.map((number: SpecialNumber) => (
        <li class="row" key={`${number.title} ${number.uri}`} data-testid="number" data-kind={number.kind}>
          <div class="row-text">
            <p class="row-name">{number.title}</p>
            <p class="row-detail row-cut">{number.uri.replace(/^sips?:/i, "")}</p>
          </div>
          <Call uri={number.uri} title={number.title} testId="number-call" />
        </li>
      ))}
    </ul>
  );
}

function Call({ uri, title, testId }: { uri: string; title: string; testId: string }) {
  const home = useHome();
  const [problem, setProblem] = useState("");
  const dial = async (): Promise<void> => {
    setProblem("");
    try {
      await home.elsipo.call.dial({ target: uri });
    } catch (error) {
      setProblem(home.problem(error));
    }
  };
  return (
    <>
      {problem !== "" && (
        <p class="error-text" role="alert">
          {problem}
        </p>
      )}
      <button
        type="button"
        class="button"
        data-testid={testId}
        aria-label={`Call ${title}`}
        onClick={() => void dial()}
      >
        Call
      </button>
    </>
  );
}

function Other({ service }: { service: ServiceListing }) {
  const home = useHome();
  const [answer, setAnswer] = useState<ServiceAnswer | null>(null);
  const [state, setState] = useState<{ isBusy: boolean; problem: string }>({ isBusy: false, problem: "" });
  const ask = async (): Promise<void> => {
    setState({ isBusy: true, problem: "" });
    try {
      setAnswer(await home.services.ask(service.name));
      setState({ isBusy: false, problem: "" });
    } catch (error) {
      setState({ isBusy: false, problem: home.problem(error) });
    }
  };
  return (
    <div class="service" data-testid="service" data-service={service.name}>
      <button
        type="button"
        class="button button-wide"
        data-testid="service-ask"
        disabled={state.isBusy}
        aria-busy={state.isBusy}
        onClick={() => void ask()}
      >
        {state.isBusy ? "Asking…" : service.title || service.name}
      </button>
      <p class="error-text" role="alert" data-testid="service-error">
        {state.problem}
      </p>
      <div aria-live="polite">{answer !== null && <Answer answer={answer} />}</div>
    </div>
  );
}

/** Whatever a service answers: text only, in names and values, and tables. */
function Answer({ answer }: { answer: ServiceAnswer }) {
  const { values = [], tables = [], text = "" } = answer;
  if (values.length === 0 && tables.length === 0 && text === "") {
    return <p class="empty">There is nothing to tell.</p>;
  }
  return (
    <div class="service-answer" data-testid="service-answer">
      {text !== "" && <p class="service-text">{text}</p>}
      {values.length > 0 && (
        <dl class="facts">
          {values.map(({ label, value }, index) => [
            <dt key={`${index} name`}>{label}</dt>,
            <dd key={`${index} value`}>{value}</dd>,
          ])}
        </dl>
      )}
      {tables.map((table, index) => (
        <Table key={index} table={table} />
      ))}
    </div>
  );
}

function Table({ table }: { table: ServiceTable }) {
  return (
    <div class="service-table">
      <table>
        {table.title !== "" && <caption>{table.title}</caption>}
        {table.columns.length > 0 && (
          <thead>
            <tr>
              {table.columns.map((column, index) => (
                <th key={index} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {table.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, place) => (
                <td key={place}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** An amount as people write it; as it came where this Chromium does not know the currency. */
function money(amount: string, currency: string): string {
  try {
    return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(Number(amount));
  } catch {
    return `${amount} ${currency}`;
  }
}
