// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from "vitest";
import { Dialogs } from "./dialogs";

describe("alert in a page", () => {
  let page: Window;

  const shown = (): (string | null | undefined)[] =>
    Array.from(document.querySelectorAll("[role=alert] span")).map((text) => text.textContent);
  const close = (): void => document.querySelector<HTMLElement>("[role=alert] button")?.click();

  beforeEach(() => {
    document.body.innerHTML = "<p>the page</p>";
    page = {} as Window;
    new Dialogs(document).install(page);
  });

  test("is seen as text, waits for nobody, and goes when it is closed", () => {
    page.alert("<b>Incoming</b>\ncall");
    expect(shown()).toEqual(["<b>Incoming</b>\ncall"]);
    close();
    expect(shown()).toEqual([]);
    expect(document.body.innerHTML).toBe("<p>the page</p>");
  });

  test("takes what 2011's did: nothing, numbers, objects", () => {
    page.alert();
    page.alert(7);
    page.alert(null);
    expect(shown()).toEqual(["", "7", "null"]);
  });

  test("queues: a few are seen at once, the others follow", () => {
    for (let number = 1; number <= 6; number += 1) page.alert(String(number));
    expect(shown()).toEqual(["1", "2", "3", "4"]);
    close();
    expect(shown()).toEqual(["2", "3", "4", "5"]);
  });

  test("without end is harmless: what is too long is cut, what is too much is dropped", () => {
    page.alert("x".repeat(10_000));
    expect(shown()[0]).toHaveLength(2_001);
    for (let number = 0; number < 1_000; number += 1) page.alert("again");
    let closed = 0;
    while (shown().length > 0) {
      close();
      closed += 1;
    }
    expect(closed).toBeLessThan(100);
  });

  test("closes by Escape, lets clicks through beside its button, and survives a page that writes itself anew", () => {
    page.alert("first");
    document.body.innerHTML = "";
    page.alert("second");
    expect(shown()).toEqual(["first", "second"]);
    const card = document.querySelector<HTMLElement>("[role=alert]");
    expect(card?.style.pointerEvents).toBe("none");
    expect(card?.querySelector("button")?.style.pointerEvents).toBe("auto");
    card
      ?.querySelector("button")
      ?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect(shown()).toEqual(["second"]);
  });

  test("confirm and prompt show their question and take it for Cancel", () => {
    expect(page.confirm("Really?")).toBe(false);
    expect(page.prompt("Your name?")).toBeNull();
    expect(shown().map((text) => text?.split("\n")[0])).toEqual(["Really?", "Your name?"]);
  });
});
