/** As `native.test.ts`, at length. */
import { test } from "vitest";
import { expectBothAlike } from "./native-differential.ts";

test("many random policies and requests", async () => {
  await expectBothAlike(1000, 800, 40);
}, 3_600_000);
