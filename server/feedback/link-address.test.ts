import { expect, test } from "@jest/globals";
import { asLinkAddress } from "./link-address.ts";

test.each([
  ["/r/AbC_-9?rating=4", "/r/AbC_-9?rating=4"],
  ["/r/AbC/", "/r/AbC"],
  ["/u/AbC//?a=/", "/u/AbC?a=/"],
  ["/r/AbC/opened", "/r/AbC/opened"],
  ["/r/AbC%E4", "/r/AbC%25E4"],
  ["/r/AbC%", "/r/AbC%25"],
  ["/r/AbC?q=%E4", "/r/AbC?q=%E4"],
  ["/r/", "/r/"],
  ["/uploads/AbC/", "/uploads/AbC/"],
  ["/uploads/%E4", "/uploads/%E4"],
])("%s is read as %s", (url, expected) => {
  expect(asLinkAddress(url)).toBe(expected);
});
