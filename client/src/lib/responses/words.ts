import { count, counted } from "../ui/numbers.ts";
import { duration } from "../ui/times.ts";
import type { Response } from "./documents.ts";

const DAY_SECONDS = 86_400;
/** From so many days on, hours do not matter any more. */
const WHOLE_DAYS_FROM = 2;

/** "4 of 5 stars": what the drawn stars say. */
export function starsInWords(stars: number): string {
  return `${stars} of 5 stars`;
}

/** "after 3 h", "after 5 days": how long it took from the message to the answer. */
export function afterInWords(seconds: number): string {
  const days = Math.floor(seconds / DAY_SECONDS);
  return `after ${days >= WHOLE_DAYS_FROM ? counted(days, "day") : duration(seconds * 1000)}`;
}

/** "4.25": a mean of stars, always to two decimals, so that figures do not jump. */
export function averageInWords(average: number): string {
  return average.toFixed(2);
}

/** "12.5 %": a share of 0 to 1, to one decimal where there is one. */
export function shareInWords(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

/** What conversion is, for whoever wonders. */
export const CONVERSION_DEFINITION = "Conversion: of the messages that were sent, how many were answered.";

/** Whom to call the customer. */
export function customerIn({ recipient }: Pick<Response, "recipient">): string {
  return recipient.name ?? addressIn({ recipient }) ?? "A customer";
}

export function addressIn({ recipient }: Pick<Response, "recipient">): string | null {
  return recipient.email ?? recipient.phone;
}

/** "3 new": what waits to be shown. */
export function newInWords(waiting: number): string {
  return `${count(waiting)} new`;
}
