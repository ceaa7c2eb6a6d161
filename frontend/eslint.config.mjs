import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** What Chromium 66 lacks at run time and no bundler adds. `lib: ES2018` in tsconfig.json catches the language's own. */
const newerThanChrome66 = [
  "replaceChildren",
  "toggleAttribute",
  "requestSubmit",
  "randomUUID",
  "checkVisibility",
  "showModal",
  "showPopover",
];

const noSocket = {
  name: "WebSocket",
  message: "Only chrome/bridge/socket.ts opens a socket; everybody else is handed a channel.",
};

export default defineConfig(
  globalIgnores(["dist/", "node_modules/", "shell/", "sdk/_generated/"]),
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["vitest.config.ts"] } } },
    rules: {
      "no-restricted-globals": ["error", noSocket, "queueMicrotask", "structuredClone", "globalThis"],
      "no-restricted-properties": [
        "error",
        ...newerThanChrome66.map((property) => ({ property, message: "Not in Chromium 66." })),
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "MemberExpression[object.name='window'][property.name='WebSocket']",
          message: noSocket.message,
        },
      ],
      eqeqeq: "error",
      "no-console": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ["chrome/bridge/socket.ts"],
    rules: { "no-restricted-globals": "off" },
  },
  {
    // The home page is written as a provider would write one: on the SDK's public types alone.
    files: ["home/**/*.{ts,tsx}"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: ["**/chrome/**", "**/sdk/_generated/**"], message: "home knows the SDK alone." },
            {
              regex: "^(\\.\\./)+sdk/(?!elsipo$)",
              message: "home imports types from sdk/elsipo only; the SDK itself is window.elsipo.",
            },
          ],
        },
      ],
    },
  },
  {
    files: ["sdk/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [{ group: ["**/chrome/**", "**/home/**"], message: "The SDK is below chrome and home." }],
        },
      ],
    },
  },
  {
    files: ["**/*.test.{ts,tsx}"],
    rules: { "no-restricted-globals": "off", "no-restricted-imports": "off" },
  },
);
