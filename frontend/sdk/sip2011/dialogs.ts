/**
 * `alert`, `confirm` and `prompt` for a page in a frame. Chromium shows none of them there, so they are shown in the page.
 *
 * Nothing waits: a frame cannot stop the world for an answer. So `confirm` answers false and `prompt` null, as a browser
 * does for a user who presses Escape, and the question is shown, so that the user sees what was not asked. What is shown
 * lies over the page without catching its clicks; only its own button does.
 */

/** How many are in sight at once; the others follow when one is closed. */
const MAX_SHOWN = 4;
const MAX_WAITING = 64;
const MAX_TEXT = 2_000;

const BOX: Partial<CSSStyleDeclaration> = {
  all: "initial",
  position: "fixed",
  left: "0",
  right: "0",
  bottom: "12px",
  zIndex: "2147483647",
  pointerEvents: "none",
};
const CARD: Partial<CSSStyleDeclaration> = {
  all: "initial",
  display: "flex",
  alignItems: "flex-start",
  justifyContent: "space-between",
  boxSizing: "border-box",
  width: "94%",
  maxWidth: "460px",
  margin: "8px auto 0",
  padding: "10px 12px",
  border: "1px solid #0f6e78",
  borderRadius: "10px",
  background: "#ffffff",
  color: "#17262b",
  boxShadow: "0 6px 20px rgba(16, 42, 50, 0.25)",
  font: "15px/1.4 sans-serif",
  pointerEvents: "none",
};
const TEXT: Partial<CSSStyleDeclaration> = {
  all: "unset",
  display: "block",
  whiteSpace: "pre-wrap",
  overflowWrap: "anywhere",
  maxHeight: "30vh",
  overflow: "hidden",
};
const BUTTON: Partial<CSSStyleDeclaration> = {
  all: "revert",
  flex: "none",
  marginLeft: "12px",
  padding: "4px 14px",
  font: "inherit",
  cursor: "pointer",
  pointerEvents: "auto",
};

export class Dialogs {
  readonly #document: Document;
  readonly #waiting: string[] = [];
  #box: HTMLElement | null = null;

  constructor(document: Document) {
    this.#document = document;
  }

  /** Take the three functions' places in the page. */
  install(page: Window): void {
    // eslint-disable-next-line @typescript-eslint/no-base-to-string -- as the browser's own does
    page.alert = (said?: unknown) => this.show(said === undefined ? "" : String(said));
    page.confirm = (question?: string) => {
      this.show(`${question ?? ""}\n(Nobody could be asked: taken as “Cancel”.)`);
      return false;
    };
    page.prompt = (question?: string) => {
      this.show(`${question ?? ""}\n(Nobody could be asked: taken as “Cancel”.)`);
      return null;
    };
  }

  /** Show a text as soon as there is a body and room; one too many is dropped, for a page can say it without end. */
  show(said: string): void {
    if (this.#waiting.length >= MAX_WAITING) return;
    this.#waiting.push(said.length > MAX_TEXT ? `${said.slice(0, MAX_TEXT)}…` : said);
    if (this.#hasBody()) this.#fill();
    else this.#document.addEventListener("DOMContentLoaded", () => this.#fill(), { once: true });
  }

  #hasBody(): boolean {
    return (this.#document.body as HTMLElement | null) !== null;
  }

  #fill(): void {
    if (!this.#hasBody()) return;
    const box = this.#open();
    while (box.childElementCount < MAX_SHOWN) {
      const said = this.#waiting.shift();
      if (said === undefined) break;
      box.append(this.#card(said));
    }
    if (box.childElementCount === 0) box.remove();
  }

  #open(): HTMLElement {
    const box = this.#box ?? this.#element("div", BOX);
    this.#box = box;
    // The page may have written itself anew since.
    if (!box.isConnected) this.#document.body.append(box);
    return box;
  }

  #card(said: string): HTMLElement {
    const card = this.#element("div", CARD);
    card.setAttribute("role", "alert");
    card.dataset.testid = "page-alert";
    const text = this.#element("span", TEXT);
    text.textContent = said;
    const button = this.#element("button", BUTTON);
    button.setAttribute("type", "button");
    button.setAttribute("aria-label", `OK, close: ${said.slice(0, 80)}`);
    button.textContent = "OK";
    const close = (): void => {
      card.remove();
      this.#fill();
    };
    button.addEventListener("click", close);
    button.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
    card.append(text, button);
    return card;
  }

  /** Styled by hand, for the page's own rules must not reach it, and a strict policy allows no style sheet of ours. */
  #element(name: string, style: Partial<CSSStyleDeclaration>): HTMLElement {
    const element = this.#document.createElement(name);
    Object.assign(element.style, style);
    return element;
  }
}
