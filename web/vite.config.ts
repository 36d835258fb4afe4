// Builds the pages into the Python package; the REST workers serve them as plain files.
import { defineConfig } from "vite";

declare const process: { env: Record<string, string | undefined> };

export default defineConfig({
  base: "./",
  build: {
    outDir: "../src/tradeoms/web/static",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0, // the content policy lets no data: scripts or fonts through
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
  worker: { format: "es" },
  define: { __BUILD__: JSON.stringify(process.env.TRADEOMS_BUILD ?? "dev") },
});
