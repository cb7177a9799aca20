import vue from "@vitejs/plugin-vue";
import ElementPlus from "unplugin-element-plus/vite";
import { fileURLToPath, URL } from "node:url";
import { defineConfig } from "vitest/config";

/** Services the development server passes requests on to; the console itself is where `chuishao up` says. */
const CONSOLE = process.env.CHUISHAO_CONSOLE ?? "http://127.0.0.1:8700";

export default defineConfig({
  // The styles of each Element Plus component that somebody imports, and of no other.
  plugins: [vue(), ElementPlus({})],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../static",
    emptyOutDir: true,
    target: "chrome100",
    manifest: true,
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      input: { index: "index.html", worker: "src/offline/worker.ts" },
      // A service worker reaches what lies beside and below it, and keeps its address for good.
      output: { entryFileNames: ({ name }) => (name === "worker" ? "m/worker.js" : "assets/[name]-[hash].js") },
    },
  },
  worker: { format: "es" },
  server: { proxy: { "/api": CONSOLE, "/v1": CONSOLE, "/t/": CONSOLE } },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"] },
});
