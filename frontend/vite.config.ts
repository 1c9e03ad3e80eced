import vue from "@vitejs/plugin-vue"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { dropTokens } from "./build/dropTokens.ts"
import { icons } from "./build/icons.ts"

const backend = "http://127.0.0.1:8000"

export default defineConfig(({ command }) => ({
  base: command === "build" ? "/static/frontend/" : "/",
  plugins: [vue(), icons()],
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  css: { postcss: { plugins: [dropTokens()] } },
  define: {
    __VUE_OPTIONS_API__: "false",
    __VUE_I18N_LEGACY_API__: "false",
    __VUE_I18N_FULL_INSTALL__: "false",
    __INTLIFY_PROD_DEVTOOLS__: "false",
  },
  build: {
    outDir: "../webcare/static/frontend",
    emptyOutDir: true,
    manifest: true,
    // The policy of the page refuses data: addresses, so nothing is inlined.
    assetsInlineLimit: 0,
    target: "es2022",
    // From these on light-dark() is native; lowering it would double the theme.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { app: "src/main.ts", theme: "src/theme/theme.css" },
      output: {
        // Django templates link the theme by name; everything else is named by its content.
        assetFileNames: (asset) =>
          asset.names.includes("theme.css") ? "theme.css" : "assets/[name]-[hash][extname]",
      },
    },
  },
  server: {
    port: 5173,
    proxy: {
      "/api": backend,
      "/accounts": backend,
      "/live": { target: "ws://127.0.0.1:8001", ws: true },
    },
  },
  test: { environment: "happy-dom", include: ["tests/**/*.test.ts"] },
}))
