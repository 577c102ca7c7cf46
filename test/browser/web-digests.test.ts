/** The pool of web workers, from the packed package. */
import { expect, inject, test } from "vitest";

interface Found {
  readonly found: readonly { readonly workers: string; readonly oneThread: string }[];
  readonly shares: readonly number[];
}

test("web workers find the digests that one thread finds, and each does its share", async () => {
  const program = (await import(/* @vite-ignore */ `/@fs${inject("consumer")}/web-digests.js`)) as {
    webDigests: () => Promise<Found>;
  };
  const { found, shares } = await program.webDigests();
  expect(found.length).toBe(2);
  for (const { workers, oneThread } of found) {
    expect(workers.length).toBe(24 * 256 * 64);
    expect(workers).toBe(oneThread);
  }
  expect(shares.length).toBe(2);
  for (const share of shares) expect(share).toBeGreaterThanOrEqual(4);
});
