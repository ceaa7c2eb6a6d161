import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    include: ["{sdk,chrome,home,panel}/**/*.test.{ts,tsx}"],
    setupFiles: ["sdk/testing/strict-console.ts"],
    restoreMocks: true,
  },
});
