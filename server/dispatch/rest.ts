import type { Refusal } from "./hold.ts";

/** What another campaign did to an address. */
export interface Contact {
  campaignName: string;
  /** Null: a worker has it in hand at this moment. */
  daysAgo: number | null;
}

/** Why an address is left alone by this campaign, in words. */
export function restedBy({ campaignName, daysAgo }: Contact, restDays: number): Refusal {
  const when = daysAgo === null ? "Is being written to" : `Was written to ${agoInWords(daysAgo)}`;
  const words = `${when} by “${campaignName}”; the rest period is ${restDays === 1 ? "1 day" : `${restDays} days`}.`;
  return { because: "rested", words };
}

function agoInWords(daysAgo: number): string {
  const days = Math.floor(daysAgo);
  if (days < 1) return "less than a day ago";
  return days === 1 ? "1 day ago" : `${days} days ago`;
}
