import { type AnyVariables, stringifyDocument, type TypedDocumentNode } from "@urql/core";

/** A question to the API as a text to paste: its variables above it as a comment, so that all of it is GraphQL. */
export function asText<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): string {
  const json = JSON.stringify(variables, null, 2).replace(/^/gm, "# ");
  return `# Variables:\n${json}\n\n${stringifyDocument(document).trim()}\n`;
}
