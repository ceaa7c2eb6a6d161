/**
 * Plugins as pages of 2011 had them: a global object by the plugin's name.
 *
 * No page in a frame can wait for an answer. So a function answers 0 at once for what is on its way, and -1 for what
 * cannot be; what came of it is told to the page's function `NAMEcb_METHOD(result)`, a failure to
 * `NAMEcb_failed(METHOD, text)`, and what the plugin tells by itself to `NAMEcb_NOTIFICATION(values …)`. `name()`,
 * `version()` and `echoStr(text)`, which every plugin had, answer as they did.
 */
import type { Elsipo } from "../api";
import type { PluginDescription, PluginSchema } from "../model";
import { Callbacks } from "./callbacks";
import { plugin as ancestor } from "./sip";

type Page = Window & Record<string, unknown>;

/** Put a global for each plugin into a page of 2011, as soon as there is a line; pages of today are left alone. */
export function offerPlugins(elsipo: Elsipo, page: Window): void {
  let isOffered = false;
  elsipo.on("connected", () => {
    if (isOffered || elsipo.session?.capabilities.includes("plugin.use") !== true) return;
    isOffered = true;
    const offer = (): void => {
      if (new Callbacks(page).has()) void offerAll(elsipo, page as Page).catch(() => (isOffered = false));
    };
    if (page.document.readyState === "loading") {
      page.document.addEventListener("DOMContentLoaded", offer, { once: true });
    } else offer();
  });
}

async function offerAll(elsipo: Elsipo, page: Page): Promise<void> {
  const plugins = await elsipo.plugin.list();
  await Promise.all(
    plugins.map(({ name }) =>
      elsipo
        .plugin(name)
        .describe()
        .then(
          (description) => install(elsipo, page, description),
          () => undefined, // one that does not start is not there, as an unknown name was not
        ),
    ),
  );
}

function install(elsipo: Elsipo, page: Page, description: PluginDescription): void {
  const { name } = description;
  // A name that the browser or the page has given already stays theirs; `echo` is ours from the first moment on.
  if (name in page && name !== "echo") return;
  const plugin = elsipo.plugin(name);
  const tell = (what: string, words: unknown[]): void => {
    const callback = page[`${name}cb_${what}`];
    if (typeof callback === "function") (callback as (...values: unknown[]) => void)(...words);
  };
  const functions: Record<string, unknown> = {};
  for (const method of description.methods) {
    const names = parametersOf(method.params);
    functions[method.name] = (...values: unknown[]): 0 | -1 => {
      if (values.length > names.length) return -1;
      const params: Record<string, unknown> = {};
      values.forEach((value, index) => {
        const key = names[index];
        if (key !== undefined && value !== undefined) params[key] = value;
      });
      plugin.call(method.name, params).then(
        (result) => tell(method.name, [result]),
        (error: unknown) => tell("failed", [method.name, (error as Error).message]),
      );
      return 0;
    };
  }
  for (const told of description.notifications) {
    const names = parametersOf(told.params);
    plugin.on(told.name, (params) =>
      tell(
        told.name,
        names.map((key) => params[key]),
      ),
    );
  }
  page[name] = { ...functions, ...(page[name] ?? ancestor(capital(name))) };
}

/** The parameters' names in the order of the schema. */
function parametersOf(schema: PluginSchema): string[] {
  const properties: unknown = schema.properties;
  return typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
