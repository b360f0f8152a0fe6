import { Channel } from "../campaigns/campaign.ts";
import { shortened } from "../platform/email-address.ts";
import { UserErrorCode } from "../platform/user-error.ts";
import { FIELD_CHARACTERS_MAX, newRecipient, type NewRecipient } from "../recipients/add-recipients.ts";
import { normaliseCustomerEmail, phoneInE164 } from "../recipients/address.ts";
import { ColumnMeaning } from "./columns.ts";
import { probablyMeant } from "./domain-typos.ts";
import { FILE_KINDS } from "./file-format.ts";
import { type Found, found, ImportProblemCode } from "./import-problem.ts";
import type { ImportPlan } from "./plan.ts";
import type { Cell, Row } from "./rows.ts";

export type ReadRow = { recipient: NewRecipient; hint: Found | null } | { problem: Found };

/** Makes readers of rows: what a row is as a recipient of such a campaign, or what is wrong with it. */
export function customerReader(plan: ImportPlan, channel: Channel): (row: Row) => ReadRow {
  const { names, kind } = plan.format;
  const places = (meaning: ColumnMeaning) =>
    plan.columns.filter((column) => column.meaning === meaning).map(({ index }) => index);
  const [emailAt] = places(ColumnMeaning.EMAIL);
  const [phoneAt] = places(ColumnMeaning.PHONE);
  const namesAt = places(ColumnMeaning.NAME);
  const fieldsAt = plan.columns.filter(({ meaning }) => meaning === ColumnMeaning.FIELD);
  const used = plan.columns.map(({ index }) => index);

  return (row) => {
    const { cells } = row;
    if (row.problem) return problem(ImportProblemCode.ROW_UNREADABLE, row.problem.words, null, cells[0]);
    if (kind === FILE_KINDS.CSV && !hasAllCells(cells, names.length)) return wrongCount(cells, names);
    for (const index of used) {
      const cell = cells[index];
      if (row.nested?.includes(index))
        return problem(
          ImportProblemCode.ROW_UNREADABLE,
          `“${shortened(names[index]!)}” holds a list or an object; a text, a number or a boolean is needed.`,
          names[index]!,
          cell,
        );
      if (typeof cell === "string" && /[\ufffd\0]/.test(cell))
        return problem(
          ImportProblemCode.BROKEN_CHARACTERS,
          `“${shortened(names[index]!)}” has characters that cannot be read. Mend them, or choose another encoding for the file.`,
          names[index]!,
          cell,
        );
    }
    return readCustomer(row);
  };

  function readCustomer({ cells, unknown }: Row): ReadRow {
    let hint: Found | null = unknown ? unknownColumn(unknown[0]!) : null;
    const text = (index: number | undefined) => (index === undefined ? "" : String(cells[index] ?? "").trim());
    let email: string | null = text(emailAt) || null;
    if (email && channel === Channel.SMS) {
      const read = normaliseCustomerEmail(email);
      if ("problem" in read) {
        hint ??= found(ImportProblemCode.EMAIL_INVALID, `${read.problem}; it was left out.`, names[emailAt!]!, email);
        email = null;
      }
    }
    const phoneGiven = text(phoneAt) || null;
    const phone = phoneGiven === null ? null : phoneInE164(phoneGiven, plan.country);
    if (phone && "problem" in phone) {
      const at = names[phoneAt!]!;
      if (channel === Channel.SMS || (channel === Channel.WEBHOOK && email === null))
        return problem(ImportProblemCode.PHONE_INVALID, `${phone.problem}.`, at, phoneGiven);
      hint ??= found(ImportProblemCode.PHONE_INVALID, `${phone.problem}; it was left out.`, at, phoneGiven);
    }
    // Own properties, whatever they are called: a field "__proto__" is one like any other.
    const fields = Object.fromEntries(
      fieldsAt.map(({ index, field }) => [field!, cells[index] ?? ""] as const).filter(([, cell]) => cell !== ""),
    );
    const input = {
      name: namesAt.map(text).filter(Boolean).join(" "),
      ...{ email, phone: phone && "phone" in phone ? phone.phone : null, fields },
    };
    const read = newRecipient(input, channel, "row", (phone) => ({ phone }));
    if ("userErrors" in read) return refused(read.userErrors[0]!, input, cells);
    const { recipient } = read;
    const written = emailAt === undefined ? null : String(cells[emailAt] ?? "");
    recipient.emailGiven = recipient.email !== null && recipient.email !== written ? written : null;
    recipient.phoneGiven = recipient.phone !== null && recipient.phone !== phoneGiven ? phoneGiven : null;
    return { recipient, hint: hint ?? mistyped(recipient.email) };
  }

  function refused(
    { code, field, message }: { code: UserErrorCode; field: string | null; message: string },
    { name, email }: { name: string; email: string | null },
    cells: readonly Cell[],
  ): ReadRow {
    if (field === "row.email" && email === null) {
      // A webhook takes either; the words say so.
      return problem(ImportProblemCode.EMAIL_MISSING, message, emailAt === undefined ? null : names[emailAt]!, "");
    }
    if (field === "row.email") return problem(ImportProblemCode.EMAIL_INVALID, message, names[emailAt!]!, email);
    if (field === "row.phone")
      return problem(ImportProblemCode.PHONE_MISSING, message, phoneAt === undefined ? null : names[phoneAt]!, "");
    if (field === "row.name")
      return problem(
        code === UserErrorCode.TOO_LONG ? ImportProblemCode.TOO_LONG : ImportProblemCode.BROKEN_CHARACTERS,
        ...([message, names[namesAt[0]!]!, name] as const),
      );
    const mapped = fieldsAt.find((column) => field === `row.fields.${column.field}`);
    const cell = mapped && cells[mapped.index];
    const isLong = typeof cell === "string" && cell.length > FIELD_CHARACTERS_MAX;
    return problem(
      isLong ? ImportProblemCode.TOO_LONG : ImportProblemCode.BROKEN_CHARACTERS,
      ...([message, mapped ? names[mapped.index]! : null, cell] as const),
    );
  }

  function mistyped(email: string | null): Found | null {
    if (email === null) return null;
    const domain = email.slice(email.lastIndexOf("@") + 1);
    const meant = probablyMeant(domain);
    if (meant === null) return null;
    const words = `“${domain}” is probably meant to be “${meant}”.`;
    return found(ImportProblemCode.EMAIL_PROBABLY_MISTYPED, words, names[emailAt!]!, email);
  }
}

// Cells beyond the last column that say nothing take nothing away: some programs end each row with a delimiter.
function hasAllCells(cells: readonly Cell[], columns: number): boolean {
  return cells.length === columns || (cells.length > columns && cells.slice(columns).every((cell) => cell === ""));
}

function wrongCount(cells: readonly Cell[], names: readonly string[]): ReadRow {
  const words = `The row has ${cells.length} ${cells.length === 1 ? "cell" : "cells"}, the file ${names.length} ${names.length === 1 ? "column" : "columns"}.`;
  return problem(ImportProblemCode.COLUMN_COUNT, words, null, cells.join(" "));
}

function unknownColumn(name: string): Found {
  const words = `“${shortened(name)}” is in none of the first lines of the file, so it could not be mapped and was left out.`;
  return found(ImportProblemCode.COLUMN_UNKNOWN, words, name, null);
}

function problem(
  code: ImportProblemCode,
  message: string,
  column: string | null,
  value: Cell | null | undefined,
): { problem: Found } {
  return { problem: found(code, message, column, value) };
}
