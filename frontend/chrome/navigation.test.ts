// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from "vitest";
import { NotFoundError, SipFailureError } from "../sdk/errors";
import type { FormField, KnownPage } from "../sdk/model";
import { FakeHost } from "../sdk/testing/fake-host";
import { ticket } from "../sdk/testing/samples";
import { PageLink } from "./bridge/page-link";
import { Library } from "./library";
import { Navigation } from "./navigation";
import { bridgeTo } from "./testing/bridge-to";
import { FakeNetwork } from "./testing/fake-network";

const DOMAIN = "provider-a.test";

describe("Navigation", () => {
  let host: FakeHost;
  let page: PageLink;
  let navigation: Navigation;
  let asked: number;

  /** Where the window is, in short: `home`, `menu`, or `menu!` for one that did not come. */
  const where = (): string => {
    const entry = navigation.entry.value;
    if (entry.kind === "home") return "home";
    return entry.title + (entry.problem === null ? "" : `${entry.uri}!`);
  };
  const refused = (): never => {
    throw new SipFailureError({ sip_status: 404, reason_phrase: "Not Found" });
  };

  beforeEach(() => {
    asked = 0;
    host = new FakeHost()
      .on("page.open", () => ticket)
      .on("sip_page.show", ({ page_id }) => ({ ...ticket, kind: "sip", url: `http://${page_id}.localhost/` }))
      .on("sip_page.ask", ({ target }) => {
        asked += 1;
        return { page_id: `${target}${asked}`, uri: `sip:${target}@${DOMAIN}`, title: target };
      });
    const bridge = bridgeTo(host);
    const line = new FakeNetwork().openSocket;
    page = new PageLink(
      bridge,
      line,
      () => Promise.resolve(true),
      () => undefined,
      () => undefined,
    );
    navigation = new Navigation(bridge, page);
  });

  test("goes to a page that came, back home and forward again, without asking anew", async () => {
    await navigation.open("menu");
    await navigation.open("hours");
    expect([where(), page.ticket.value?.url]).toEqual(["hours", "http://hours2.localhost/"]);
    await navigation.back();
    expect([where(), page.ticket.value?.url]).toEqual(["menu", "http://menu1.localhost/"]);
    await navigation.back();
    expect([where(), navigation.canGoBack.value, page.ticket.value?.kind]).toEqual(["home", false, "home"]);
    await navigation.back();
    await navigation.forward();
    await navigation.forward();
    expect([where(), navigation.canGoForward.value]).toEqual(["hours", false]);
    await navigation.forward();
    expect(asked).toBe(2);
  });

  test("from the middle of the way, another page takes the place of what came after", async () => {
    await navigation.open("menu");
    await navigation.open("hours");
    await navigation.back();
    await navigation.open("order");
    expect(navigation.canGoForward.value).toBe(false);
    await navigation.back();
    expect(where()).toBe("menu");
  });

  test("home is one step of the way, and not two where one is there", async () => {
    await navigation.open("menu");
    await navigation.home();
    await navigation.home();
    await navigation.back();
    expect(where()).toBe("menu");
  });

  test("a page that does not come is an entry with its problem, which reload asks for again", async () => {
    const answer = host.on("sip_page.ask", refused);
    await navigation.open("wine");
    expect([where(), navigation.loading.value, page.ticket.value]).toEqual(["wine!", null, null]);
    answer.on("sip_page.ask", () => ({ page_id: "wine1", uri: "sip:wine", title: "Wine" }));
    await navigation.reload();
    expect(where()).toBe("Wine");
    await navigation.back();
    expect(where()).toBe("home");
  });

  test("who stops stays where she is, and the answer that comes late changes nothing", async () => {
    await navigation.open("menu");
    const late = navigation.open("hours");
    expect(navigation.loading.value).toBe("hours");
    navigation.stop();
    await late;
    expect([where(), navigation.loading.value]).toEqual(["menu", null]);
  });

  test("of two ways that are taken at once the later counts", async () => {
    await Promise.all([navigation.open("menu"), navigation.open("hours")]);
    expect(where()).toBe("hours");
    await navigation.back();
    expect(where()).toBe("home");
  });

  test("reload sends what the form sent", async () => {
    const fields: FormField[] = [{ name: "dish", value: "rice" }];
    await navigation.open("order", fields);
    await navigation.reload();
    expect(host.params("sip_page.ask").map((params) => params.fields)).toEqual([fields, fields]);
  });

  test("a page that the host holds no more is asked for again; a form is sent again only by the person", async () => {
    await navigation.open("menu");
    await navigation.open("order", [{ name: "dish", value: "rice" }]);
    await navigation.home();
    host.on("sip_page.show", () => {
      throw new NotFoundError();
    });
    await navigation.back();
    expect([where(), asked]).toEqual([`ordersip:order@${DOMAIN}!`, 2]);
    await navigation.back();
    expect(asked).toBe(3);
  });

  test("a page that leaves its place is taken away, and home is not", async () => {
    await navigation.home();
    navigation.left();
    expect([where(), page.ticket.value?.kind]).toEqual(["home", "home"]);
    await navigation.open("menu");
    navigation.left();
    expect([where(), page.ticket.value]).toEqual([`menusip:menu@${DOMAIN}!`, null]);
  });

  test("another account begins at home, without a way back", async () => {
    await navigation.open("menu");
    navigation.reset();
    expect([where(), navigation.canGoBack.value, page.ticket.value]).toEqual(["home", false, null]);
  });
});

describe("Library", () => {
  const known = (user: string): KnownPage => ({ uri: `sip:${user}@${DOMAIN}`, title: user, at_ms: 1 });

  test("knows what was visited and what is kept, as the host tells, and forgets it with the account", async () => {
    const host = new FakeHost()
      .on("sip_page.history", () => ({ pages: [known("menu")] }))
      .on("bookmark.list", () => ({ pages: [known("hours")] }));
    const library = new Library(bridgeTo(host));
    const knows = (): boolean[] => ["menu", "hours", "order"].map((user) => library.knows(known(user).uri));
    expect(knows()).toEqual([false, false, false]);
    await library.load();
    expect(knows()).toEqual([true, true, false]);
    expect([library.keeps(known("menu").uri), library.keeps(known("hours").uri)]).toEqual([false, true]);
    host.tell("bookmark.list_changed", { list: { pages: [] } });
    host.tell("sip_page.history_changed", { list: { pages: [known("order"), known("menu")] } });
    expect(knows()).toEqual([true, false, true]);
    library.forget();
    expect(knows()).toEqual([false, false, false]);
  });

  test("of somebody who has just signed out nothing is known, and nothing breaks", async () => {
    const library = new Library(bridgeTo(new FakeHost()));
    await library.load();
    expect([library.history.value, library.bookmarks.value]).toEqual([[], []]);
  });
});
