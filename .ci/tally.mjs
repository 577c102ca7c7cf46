/**
 * Adds up a report of vitest's: prints how many tests passed, and how many did
 * not. A skipped test and a file that could not be loaded have not passed.
 */
import { readFileSync } from "node:fs";

const { testResults } = JSON.parse(readFileSync(process.argv[2], "utf8"));
let passed = 0;
let failed = 0;
for (const { name, status, assertionResults } of testResults) {
  const rest = assertionResults.filter((result) => result.status !== "passed");
  passed += assertionResults.length - rest.length;
  failed += rest.length;
  for (const { status: kind, fullName } of rest) process.stderr.write(`${kind}: ${fullName}\n`);
  if (status === "failed" && rest.length === 0) {
    failed += 1;
    process.stderr.write(`failed to run: ${name}\n`);
  }
}
process.stdout.write(`${passed} ${failed}\n`);
