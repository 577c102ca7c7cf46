import { expect, test } from "vitest";
import { enforceBroken } from "./broken-policies.ts";

test("300 broken policies are refused or decide", async () => {
  expect(await enforceBroken(1, 300)).toBeGreaterThan(30);
});
