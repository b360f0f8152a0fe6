import { expect, test } from "@jest/globals";
import { Queued } from "./queued.ts";

function aQueue(eventsMax = 3) {
  const counted = { stops: 0 };
  const queue = new Queued<number>({ eventsMax, stop: () => (counted.stops += 1) });
  return { queue, counted };
}

test("every event comes out once and in order, whether it was waited for or not", async () => {
  const { queue } = aQueue();
  queue.tell(1);
  queue.tell(2);
  expect([(await queue.next()).value, (await queue.next()).value]).toEqual([1, 2]);
  const waited = queue.next();
  queue.tell(3);
  expect(await waited).toEqual({ value: 3, done: false });
});

test("who reads too slowly loses the oldest, and no more memory is taken", async () => {
  const { queue } = aQueue(3);
  for (let event = 1; event <= 10; event += 1) queue.tell(event);
  expect([(await queue.next()).value, (await queue.next()).value, (await queue.next()).value]).toEqual([8, 9, 10]);
});

test("its end is at once, also for who waits, and lets go of the source once", async () => {
  const { queue, counted } = aQueue();
  const waited = queue.next();
  await queue.return();
  await queue.return();
  queue.tell(1);
  expect(await waited).toEqual({ value: undefined, done: true });
  expect(await queue.next()).toEqual({ value: undefined, done: true });
  expect(counted.stops).toBe(1);
});
