import type { LayoutServerLoad } from "./$types";

// The server's own setting: where it answers /graphiql with 404, nothing should lead there.
export const load: LayoutServerLoad = () => ({ graphiql: process.env["GRAPHIQL"] !== "false" });
