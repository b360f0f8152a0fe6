import { sveltekit } from "@sveltejs/kit/vite";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

const workers = ["graphiql/setup-workers/vite", "@graphiql/react/setup-workers/vite"];

export default defineConfig({
  plugins: [tailwindcss(), sveltekit()],
  // Bundled from outside it would bring a second Svelte, whose contexts ours does not see.
  ssr: { noExternal: ["@urql/svelte"] },
  optimizeDeps: { exclude: workers },
  // The editor of /graphiql is large and loaded there alone.
  build: { chunkSizeWarningLimit: 8_000 },
  server: { proxy: { "/graphql": { target: process.env["API_ORIGIN"] ?? "http://127.0.0.1:4000", ws: true } } },
});
