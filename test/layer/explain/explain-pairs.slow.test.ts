import { test } from "vitest";
import { expectMutatedImages, expectTarPairs } from "./explain-pairs.ts";

test("many pairs of tars", () => expectTarPairs(5000));
test("many mutated images", () => expectMutatedImages(10_000));
