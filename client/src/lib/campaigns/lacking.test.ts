import { expect, test } from "@jest/globals";
import { lacking } from "./lacking.ts";

const ada = { name: "Ada", email: "ada@example.com", phone: null };
const bo = { ...ada, name: " " };
const count = (name: string) => lacking({ name, hasDefault: false }, [ada, bo, bo]);

test("customers without a value are counted; blank is none, and a list has no fields of its own", () => {
  expect([count("name"), count("first_name"), count("email"), count("phone")]).toEqual([2, 2, 0, 3]);
  expect([count("order no"), count("constructor")]).toEqual([3, 3]);
});

test("nobody lacks a link of their own", () => {
  expect([count("link"), count("unsubscribe_link")]).toEqual([0, 0]);
});
