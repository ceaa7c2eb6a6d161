// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { installLinks } from "./links";
import type { FormField } from "./model";

const OWN = "sip:order@provider-a.test";
let followed: [string, FormField[] | undefined][];
/** A document that has no listeners of an earlier test. */
let page: Document;

function show(markup: string, ownUri: string | null = OWN): void {
  page = document.implementation.createHTMLDocument();
  page.body.innerHTML = markup;
  followed = [];
  installLinks(page, (uri, fields) => followed.push([uri, fields]), ownUri);
}

function click(selector: string, members: MouseEventInit = {}): boolean {
  const event = new MouseEvent("click", { bubbles: true, cancelable: true, ...members });
  page.querySelector(selector)?.dispatchEvent(event);
  return event.defaultPrevented;
}

beforeEach(() => show(""));

test("links over SIP and to telephones go to the chrome, and the browser follows none of them", () => {
  for (const href of [
    "sip:menu@x.test",
    "SIPS:menu@x.test",
    " tel:+4930123",
    "sip:bob@x.test;method=INVITE",
  ]) {
    show(`<a href="${href}"><b>there</b></a>`);
    expect(click("b")).toBe(true);
    expect(followed).toEqual([[href.trim(), undefined]]);
  }
});

test("other links are not the SDK's, nor is a click that the page has taken, nor another button", () => {
  show(
    '<a href="#top">up</a><a id="taken" href="sip:a@x.test">a</a><a id="b" href="sip:b@x.test">b</a><a>c</a>',
  );
  page.querySelector("#taken")?.addEventListener("click", (event) => event.preventDefault());
  click("a");
  click("#taken");
  click("#b", { button: 1 });
  click("a:last-child");
  expect(followed).toEqual([]);
});

function submit(): boolean {
  const event = new Event("submit", { bubbles: true, cancelable: true });
  page.querySelector("form")?.dispatchEvent(event);
  return event.defaultPrevented;
}

const FIELDS = '<input name="dish" value="rice"><input value="nameless">';

test("a form sends its fields to its action, or to the page's own address where it has none", () => {
  show(`<form action="sip:kitchen@x.test">${FIELDS}</form>`);
  expect(submit()).toBe(true);
  show(`<form>${FIELDS}</form>`, OWN);
  expect(submit()).toBe(true);
  expect(followed).toEqual([[OWN, [{ name: "dish", value: "rice" }]]]);
});

test("a form of a page that has no address over SIP, or with an action elsewhere, is left to the browser", () => {
  show(`<form>${FIELDS}</form>`, null);
  expect(submit()).toBe(false);
  show(`<form action="https://x.test/">${FIELDS}</form>`);
  expect(submit()).toBe(false);
  expect(followed).toEqual([]);
});
