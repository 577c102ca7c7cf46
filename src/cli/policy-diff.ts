/** `sealstone policy diff`: what one policy allows and another does not. */

import { comparePolicies, type Grant } from "../policy/policy-grants.ts";
import type { PolicyOutline } from "../policy/policy-outline.ts";
import type { GroupContext, GroupOptions } from "./action-group.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { openPolicyFile, policyMeasures } from "./policy-file.ts";
import { containerTitle, grantWords } from "./policy-words.ts";

/** Compares the two policies that are the operands. */
export async function runPolicyDiff(
  { terminal }: GroupContext,
  [pathA = "", pathB = ""]: readonly string[],
  options: GroupOptions,
): Promise<ExitCode> {
  const [a, b] = [await openPolicyFile(pathA), await openPolicyFile(pathB)];
  const { onlyFirst, onlySecond } = comparePolicies(a.outline, b.outline);
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
      ...sideText(`only ${b.name} has`, "+", onlySecond, b.outline),
      ...sideText(`only ${a.name} has`, "-", onlyFirst, a.outline),
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
