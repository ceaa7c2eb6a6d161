/**
 * `elsipo.js`: what a page includes as a classic script to get `window.elsipo`. Pages from a person's own folder have it
 * put in, and pages of 2011 find their `sip` in it, too.
 *
 * Importing types from here is all that a page written in TypeScript needs.
 */
import { createElsipo, type Elsipo } from "./api";
import { installLinks, type Follow } from "./links";
import { Dialogs } from "./sip2011/dialogs";
import { offerPlugins } from "./sip2011/plugins";
import { createSip, plugin, type Echo, type Sip } from "./sip2011/sip";

export type { ConnectionEvents, Elsipo, ElsipoEvents } from "./api";
export type { ElsipoError } from "./errors";
export type * from "./model";
export type { Plugin } from "./plugin";
export type { Sip } from "./sip2011/sip";

declare global {
  interface Window {
    elsipo: Elsipo;
    sip: Sip;
    /** The API of 2011: a plugin's name is a name of its object. */
    Pjsip: Sip;
    echo: Echo;
  }
}

/** Into which window; a page that includes the script although the host has put it in keeps the first. */
function install(page: Window & typeof globalThis): void {
  if (Object.prototype.hasOwnProperty.call(page, "elsipo")) return;
  const elsipo = createElsipo(page);
  const sip = createSip(elsipo, page);
  page.elsipo = elsipo;
  page.sip = page.Pjsip = sip;
  page.echo = plugin("Echo");
  offerPlugins(elsipo, page);
  const ownUri = page.document.currentScript?.getAttribute("data-elsipo-page") ?? null;
  const follow: Follow = (uri, fields) =>
    // What is refused is the chrome's to say.
    void elsipo.link.follow(fields === undefined ? { uri } : { uri, fields }).catch(() => undefined);
  installLinks(page.document, follow, ownUri);
  if (page.parent !== page) new Dialogs(page.document).install(page);
}

install(window);
