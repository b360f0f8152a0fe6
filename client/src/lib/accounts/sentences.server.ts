import schema from "../../../../schema.graphql?raw";
import { buildSchema, isEnumType } from "graphql";
import type { AuditAction, Role, Scope } from "./documents.ts";

/** What roles and scopes allow, and what is written down, in the API's own words: the schema describes each of them. */
const api = buildSchema(schema);

function sentencesOf(name: string): Record<string, string> {
  const type = api.getType(name);
  if (!isEnumType(type)) throw new Error(`the schema has no enum ${name}`);
  return Object.fromEntries(type.getValues().map((value) => [value.name, value.description ?? ""]));
}

export const ROLE_SENTENCES = sentencesOf("Role") as Record<Role, string>;
export const SCOPE_SENTENCES = sentencesOf("Scope") as Record<Scope, string>;

/** Each without its full stop, and without what the API's callers alone need to know. */
export const AUDIT_SENTENCES = Object.fromEntries(
  Object.entries(sentencesOf("AuditAction")).map(([action, sentence]) => [action, sentence.split(/[;.]/, 1)[0] ?? ""]),
) as Record<AuditAction, string>;
