/** The example of `docs/embedding.md` does what is said there. */
import { expect, test } from "vitest";
import { codeBlocks, readDocument, runExample, workFolder } from "./document-examples.ts";

const document = readDocument("docs/embedding.md");

test("the example prints why its third request is denied", () => {
  const [example = "", ...rest] = codeBlocks(document, "ts");
  const [printed] = codeBlocks(document, "text");
  expect(rest).toEqual([]);
  expect(example.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
  const lines = runExample(workFolder("embedding"), example);
  expect(lines).toBe(printed);
  expect(lines).toMatch(/^3: denied: /m);
});
