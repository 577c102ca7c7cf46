/** What is decided natively is what the Rego text says. */
import { test } from "vitest";
import { expectBothAlike } from "./native-differential.ts";

test("random policies and requests", async () => {
  await expectBothAlike(1, 8, 20);
}, 60_000);
