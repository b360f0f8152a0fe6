import adapter from "@sveltejs/adapter-node";
import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: ({ filename }) => (filename.includes("node_modules") ? undefined : true) },
  kit: {
    adapter: adapter(),
    // Kit gives its own scripts a nonce, so nothing inline that is not ours can run. The editor of /graphiql
    // compiles its language workers from blobs and measures text with inline styles; "self" covers our own socket.
    csp: {
      mode: "nonce",
      directives: {
        "default-src": ["self"],
        "script-src": ["self"],
        "style-src": ["self", "unsafe-inline"],
        "img-src": ["self", "data:"],
        "font-src": ["self", "data:"],
        "connect-src": ["self"],
        "worker-src": ["self", "blob:"],
        "object-src": ["none"],
        "base-uri": ["self"],
        "form-action": ["self"],
        "frame-ancestors": ["none"],
      },
    },
    // The server in front guards form posts by the rule of the API and the socket (server/platform/origin.ts).
    csrf: { trustedOrigins: ["*"] },
  },
};
