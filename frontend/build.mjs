/**
 * Bundle the three browser programs into dist/, lowered to Chromium 66 (the older of the two CEF bindings).
 *
 *   dist/elsipo.js     the SDK as a classic script that defines `window.elsipo`
 *   dist/chrome/       the trusted chrome, served at http://127.0.0.1:PORT/
 *   dist/panel/        the panel of `elsipo ui serve`, a played provider
 *   dist/home/         the built-in page, served at http://ACCOUNT_ID.localhost:PORT/
 *
 * Nothing is inlined into HTML here: the host does so when it serves the chrome and the page, whose policies allow by hash.
 */
import { copyFile, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");

const shared = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  target: "chrome66",
  format: "iife",
  charset: "utf8",
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
};

/** @preact/signals takes it for granted; Chromium has it since 71. */
const banner = {
  js: "window.queueMicrotask=window.queueMicrotask||function(task){Promise.resolve().then(task)};",
};

await rm(dist, { recursive: true, force: true });
await mkdir(join(dist, "chrome"), { recursive: true });
await mkdir(join(dist, "home"), { recursive: true });
await mkdir(join(dist, "panel"), { recursive: true });
const results = await Promise.all([
  // In ASCII: it is put into pages of any encoding.
  esbuild.build({ ...shared, charset: "ascii", entryPoints: { elsipo: "sdk/elsipo.ts" }, outdir: "dist" }),
  esbuild.build({
    ...shared,
    banner,
    entryPoints: [
      { in: "chrome/main.tsx", out: "chrome" },
      { in: "chrome/styles/chrome.css", out: "chrome" },
    ],
    outdir: "dist/chrome",
  }),
  esbuild.build({
    ...shared,
    banner,
    entryPoints: [
      { in: "home/main.tsx", out: "home" },
      { in: "home/styles/home.css", out: "home" },
    ],
    outdir: "dist/home",
  }),
  copyFile(join(root, "chrome/index.html"), join(dist, "chrome/index.html")),
  copyFile(join(root, "chrome/elsipo.svg"), join(dist, "chrome/elsipo.svg")),
  esbuild.build({
    ...shared,
    entryPoints: [
      { in: "panel/panel.ts", out: "panel" },
      { in: "panel/panel.css", out: "panel" },
    ],
    outdir: "dist/panel",
  }),
  copyFile(join(root, "panel/index.html"), join(dist, "panel/index.html")),
  copyFile(join(root, "home/index.html"), join(dist, "home/index.html")),
]);
if (results.some((result) => result && result.warnings.length > 0)) {
  throw new Error("esbuild warned; a warning is an error here");
}
