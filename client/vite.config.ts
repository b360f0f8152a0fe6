import { sveltekit } from "@sveltejs/kit/vite";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

const workers = ["graphiql/setup-workers/vite", "@graphiql/react/setup-workers/vite"];

export default defineConfig({
  plugins: [tailwindcss(), sveltekit()],
  // Bundled from outside it would bring a second Svelte, whose contexts ours does not see.
  ssr: { noExternal: ["@urql/svelte"] },
  optimizeDeps: { exclude: workers },
  build: {
    // The editor of /graphiql is large and loaded there alone.
    chunkSizeWarningLimit: 8_000,
    // React's packages say "use client" to servers that render them, and none does here; timings are for plugin authors.
    rolldownOptions: {
      checks: { pluginTimings: false },
      onLog: (level, log, handle) => {
        if (log.code === "MODULE_LEVEL_DIRECTIVE" && log.message.includes("node_modules")) return;
        handle(level, log);
      },
    },
  },
  server: { proxy: { "/graphql": { target: process.env["API_ORIGIN"] ?? "http://127.0.0.1:4000", ws: true } } },
});
