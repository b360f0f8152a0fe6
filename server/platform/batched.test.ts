import { expect, test } from "@jest/globals";
import { Batched } from "./batched.ts";

function doubled(asked: string[][]) {
  return new Batched<number>((keys) => {
    asked.push(keys);
    return Promise.resolve(new Map(keys.filter((key) => key !== "none").map((key) => [key, Number(key) * 2])));
  });
}

test("what is asked for in one moment is one question, each key once, and each gets its own answer", async () => {
  const asked: string[][] = [];
  const batched = doubled(asked);
  const answers = await Promise.all(["1", "2", "1", "none"].map((key) => batched.load(key)));
  expect(answers).toEqual([2, 4, 2, null]);
  expect(asked).toEqual([["1", "2", "none"]]);
});

test("asked later, it asks anew", async () => {
  const asked: string[][] = [];
  const batched = doubled(asked);
  await batched.load("1");
  await batched.load("1");
  expect(asked).toEqual([["1"], ["1"]]);
});

test("a question that fails fails for all who asked, and the next one is asked", async () => {
  let isDown = true;
  const batched = new Batched<number>(() => (isDown ? Promise.reject(new Error("down")) : Promise.resolve(new Map())));
  const answers = await Promise.allSettled([batched.load("1"), batched.load("2")]);
  expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  isDown = false;
  expect(await batched.load("1")).toBeNull();
});
