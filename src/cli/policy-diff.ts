/** `sealstone policy diff`: what one policy allows and another does not. */

import { comparePolicies, type Grant } from "../policy/policy-grants.ts";
import { outlinePolicy, type PolicyOutline } from "../policy/policy-outline.ts";
import type { GroupContext, GroupOptions } from "./action-group.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { policyMeasures, readPolicyFile } from "./policy-file.ts";
import { containerTitle, grantWords } from "./policy-words.ts";

/** Compares the two policies that are the operands. */
export async function runPolicyDiff(
  { terminal }: GroupContext,
  [pathA = "", pathB = ""]: readonly string[],
  options: GroupOptions,
): Promise<ExitCode> {
  const [a, b] = [await readPolicyFile(pathA), await readPolicyFile(pathB)];
  const [outlineA, outlineB] = [outlinePolicy(a.bytes), outlinePolicy(b.bytes)];
  const { onlyFirst, onlySecond } = comparePolicies(outlineA, outlineB);
  const isSame = onlyFirst.length === 0 && onlySecond.length === 0;
  const digests = [(await policyMeasures(a.bytes)).digest, (await policyMeasures(b.bytes)).digest];
  if (options.json) {
    const json = { same: isSame, digests, onlyFirst, onlySecond };
    terminal.out(JSON.stringify(json));
  } else if (isSame) {
    const texts = digests[0] === digests[1] ? "the same text" : "other texts, so other digests";
    terminal.out(`both allow the same: ${texts}`);
  } else {
    const parts = [
      ...sideText(`only ${b.name} has`, "+", onlySecond, outlineB),
      ...sideText(`only ${a.name} has`, "-", onlyFirst, outlineA),
    ];
    terminal.out(parts.join("\n"));
  }
  return isSame ? exitCodes.success : exitCodes.failure;
}

function sideText(
  title: string,
  mark: string,
  grants: readonly Grant[],
  { containers }: PolicyOutline,
): readonly string[] {
  if (grants.length === 0) return [];
  const lines = grants.map((grant) => {
    const { container: index } = grant;
    const container = index === undefined ? undefined : containers[index];
    const where = container === undefined ? "" : `${containerTitle(container, index ?? 0)}: `;
    return `${mark} ${where}${grantWords(grant)}`;
  });
  return [`${title}:`, ...lines];
}
