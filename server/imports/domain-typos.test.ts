import { expect, test } from "@jest/globals";
import { probablyMeant } from "./domain-typos.ts";

test.each([
  ["gmial.com", "gmail.com"],
  ["gmai.com", "gmail.com"],
  ["gmaill.com", "gmail.com"],
  ["gnail.com", "gmail.com"],
  ["gmail.con", "gmail.com"],
  ["gmail.co", "gmail.com"],
  ["hotmial.com", "hotmail.com"],
  ["yaho.com", "yahoo.com"],
  ["t-onlin.de", "t-online.de"],
  ["outlok.com", "outlook.com"],
])("%s was probably meant to be %s", (typed, meant) => {
  expect(probablyMeant(typed)).toBe(meant);
});

test.each(["gmail.com", "mail.com", "email.com", "ymail.com", "yahoo.fr", "gmx.at", "example.com", "gmial.de.com", ""])(
  "nothing else was meant by %j",
  (domain) => expect(probablyMeant(domain)).toBeNull(),
);
