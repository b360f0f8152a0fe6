import { madeUp, type Pasted, readPasted } from "./pasted.ts";

/** The part of a form that says who is written to, as its fields are sent. */
export interface AudienceFields {
  /** `pasted`, `made-up` or `none`. */
  audience: string;
  pasted: string;
  madeUp: string;
  /** "on" when lines that cannot be read are to be left out. */
  leaveOut: string;
}

export const MADE_UP_MAX = 100_000;

/** Who is meant, or the field that has to be mended first and why. */
export type Audience = { recipients: Pasted[] } | { field: keyof AudienceFields; problem: string };

export function readAudience({ audience, pasted, madeUp: howMany, leaveOut }: Partial<AudienceFields>): Audience {
  if (audience === "none") return { recipients: [] };
  if (audience === "made-up") {
    const number = Number(howMany);
    const fits = Number.isInteger(number) && number >= 1 && number <= MADE_UP_MAX;
    return fits ? { recipients: madeUp(number) } : { field: "madeUp", problem: "A whole number from 1 to 100,000." };
  }
  const { recipients, problems } = readPasted(pasted ?? "");
  const [first, ...more] = problems;
  if (first && leaveOut !== "on") {
    const others = more.length > 0 ? ` (and ${more.length} more)` : "";
    return {
      field: "pasted",
      problem: `Line ${first.line} ${first.problem}: “${first.text}”${others}. Mend it, or leave such lines out.`,
    };
  }
  return { recipients };
}
