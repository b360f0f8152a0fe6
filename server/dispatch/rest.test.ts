import { expect, test } from "@jest/globals";
import { restedBy } from "./rest.ts";

test.each([
  [{ campaignName: "Spring", daysAgo: 3.9 }, 14, "Was written to 3 days ago by “Spring”; the rest period is 14 days."],
  [{ campaignName: "Spring", daysAgo: 1 }, 2, "Was written to 1 day ago by “Spring”; the rest period is 2 days."],
  [
    { campaignName: "Spring", daysAgo: 0.2 },
    1,
    "Was written to less than a day ago by “Spring”; the rest period is 1 day.",
  ],
  [{ campaignName: "Spring", daysAgo: null }, 7, "Is being written to by “Spring”; the rest period is 7 days."],
])("%j within %d days is: %s", (contact, restDays, words) => {
  expect(restedBy(contact, restDays)).toEqual({ because: "rested", words });
});
