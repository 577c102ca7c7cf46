import { test } from "vitest";
import { expectMutatedImages, expectTarPairs } from "./explain-pairs.ts";

test("pairs of tars", () => expectTarPairs(60));
test("mutated images end in an explanation or a refusal", () => expectMutatedImages(60));
