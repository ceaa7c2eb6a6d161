/**
 * Links and forms of a page that lead over SIP: they go to the chrome, which opens the page or offers the call.
 *
 *   <a href="sip:menu@provider.example">         opens a page
 *   <a href="tel:+4930123">, `;method=INVITE`    offers a call
 *   <form action="sip:order@provider.example">   sends its fields and opens the answer; without an action, in a page over
 *                                                SIP, to that page's own address
 */
import type { FormField } from "./model";

/** Says where to go; the chrome decides whether. */
export type Follow = (uri: string, fields?: FormField[]) => void;

const SCHEME = /^(sips?|tel):/i;

interface Submitted extends Event {
  /** Since Chromium 81. */
  readonly submitter?: HTMLElement | null;
}

/** @param ownUri the address of this page, where it came over SIP */
export function installLinks(page: Document, follow: Follow, ownUri: string | null): void {
  page.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target.closest("a[href], area[href]") : null;
    const href = target?.getAttribute("href")?.trim() ?? "";
    if (event.defaultPrevented || event.button !== 0 || !SCHEME.test(href)) return;
    event.preventDefault();
    follow(href);
  });
  page.addEventListener("submit", (event: Submitted) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return;
    const submitter = event.submitter ?? page.activeElement;
    const action = submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? ownUri ?? "";
    if (!SCHEME.test(action.trim())) return;
    event.preventDefault();
    follow(action.trim(), fieldsOf(form, submitter));
  });
}

function fieldsOf(form: HTMLFormElement, submitter: Element | null): FormField[] {
  const fields: FormField[] = [];
  new FormData(form).forEach((value, name) => {
    if (typeof value === "string") fields.push({ name, value });
  });
  if (
    (submitter instanceof HTMLButtonElement || submitter instanceof HTMLInputElement) &&
    submitter.type === "submit" &&
    submitter.form === form &&
    submitter.name !== ""
  )
    fields.push({ name: submitter.name, value: submitter.value });
  return fields;
}
