/**
 * Fragments: content that the provider sends for one element of the page (a MESSAGE from `sip:id-NAME@domain`).
 *
 * The host has checked where it came from and sanitized it; here it is only put in its place. A provider's page names its
 * elements in the manifest, and the host holds it to that. Any other page takes, as in 2011, what it has an element for,
 * unless it declares which ones it means.
 */
import type { Fragment } from "./model";

/** Elements in which markup is not content: it would run, or style, or never show. */
const NOT_CONTENT = new Set(["SCRIPT", "STYLE", "TEMPLATE", "IFRAME", "OBJECT", "TEXTAREA", "TITLE"]);

export class Fragments {
  readonly #latest = new Map<string, Fragment>();
  readonly #document: Document;
  #declared: ReadonlySet<string> | null = null;

  constructor(document: Document) {
    this.#document = document;
  }

  /** Take fragments for these elements and no others. Their content so far is shown. */
  declare(elementIds: readonly string[]): void {
    this.#declared = new Set(elementIds);
    this.applyAll();
  }

  /** Whether the page means this element. */
  isFor(elementId: string): boolean {
    return this.#declared === null || this.#declared.has(elementId);
  }

  /** Show the fragment, unless a newer one of its element is known. */
  take(fragment: Fragment): void {
    const known = this.#latest.get(fragment.element_id);
    if (known !== undefined && known.received_at_ms > fragment.received_at_ms) return;
    this.#latest.set(fragment.element_id, fragment);
    this.#apply(fragment);
  }

  /** Put all that is known in its place again, for a page that has just built its elements. */
  applyAll(): void {
    this.#latest.forEach((fragment) => this.#apply(fragment));
  }

  #apply(fragment: Fragment): void {
    if (!this.isFor(fragment.element_id)) return;
    const element = this.#document.getElementById(fragment.element_id);
    if (element === null || NOT_CONTENT.has(element.tagName.toUpperCase())) return;
    element.innerHTML = fragment.html;
  }
}
