import { expect, test } from "vitest";
import { BufferPool } from "../../src/device/buffer-pool.ts";

test("lends a buffer again, and never twice at once", () => {
  const pool = new BufferPool(100);
  const first = pool.take(10);
  const second = pool.take(10);
  expect(second.buffer).not.toBe(first.buffer);
  pool.give(first);
  expect(pool.take(10)).toBe(first);
  expect(pool.take(10)).not.toBe(first);
});

test("lends exactly what was asked for", () => {
  const pool = new BufferPool(100);
  pool.give(pool.take(10));
  pool.give(pool.take(20));
  for (const sizeBytes of [0, 1, 9, 10, 11, 20, 21]) expect(pool.take(sizeBytes)).toHaveLength(sizeBytes);
});

test("keeps no more than it may, the latest first", () => {
  const pool = new BufferPool(100);
  const [old, middle, late, huge] = [pool.take(50), pool.take(40), pool.take(30), pool.take(101)];
  for (const buffer of [old, middle, late, huge]) pool.give(buffer);
  expect(pool.take(30)).toBe(late);
  expect(pool.take(40)).toBe(middle);
  expect(pool.take(50)).not.toBe(old);
  expect(pool.take(101)).not.toBe(huge);
  pool.give(late);
  pool.give(pool.take(70));
  expect(pool.take(30)).toBe(late);
});

test("lets go when it is cleared", () => {
  const pool = new BufferPool(100);
  const buffer = pool.take(10);
  pool.give(buffer);
  pool.clear();
  expect(pool.take(10)).not.toBe(buffer);
});

test("is not upset by buffers that a borrower keeps and takes away", () => {
  const pool = new BufferPool(100);
  for (let i = 0; i < 10; i++) {
    const buffer = pool.take(40);
    expect(buffer).toHaveLength(40);
    pool.give(buffer);
    structuredClone(buffer.buffer, { transfer: [buffer.buffer as ArrayBuffer] });
  }
  expect(pool.take(0)).toHaveLength(0);
});
