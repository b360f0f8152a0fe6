import { expect, test } from "@jest/globals";
import { amountsInWords, erasedInWords } from "./personal-data.ts";

const NOTHING = { recipients: 0, responses: 0, attempts: 0, importRows: 0, oldValues: 0, caughtMails: 0, uploads: 0 };

test("what there is of a person is said by kind, and nothing of what there is not", () => {
  expect(amountsInWords({ ...NOTHING, recipients: 2, responses: 1, uploads: 1200 })).toEqual([
    ...["2 recipients", "1 answer", "1,200 uploaded files"],
  ]);
  expect(amountsInWords(NOTHING)).toEqual([]);
});

test("what was erased is said, and what stays", () => {
  expect(erasedInWords({ ...NOTHING, recipients: 1, caughtMails: 2 })).toBe(
    "Erased: 1 recipient, 2 caught mails. The address alone stays, on the list of suppressions.",
  );
  expect(erasedInWords(NOTHING)).toBe("There was nothing left to erase. The address stays suppressed.");
});
