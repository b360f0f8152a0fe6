import { lexicographicSortSchema, printSchema } from "graphql";
import { makeSchema } from "./schema.ts";

const heading = "# The API of Campaign Dispatcher. Made by `npm run schema` from the resolvers; do not edit.\n\n";
process.stdout.write(`${heading}${printSchema(lexicographicSortSchema(await makeSchema()))}\n`);
