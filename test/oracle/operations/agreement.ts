/** Holds what the kernel and what ours made of the same lists against each other, and makes a difference small. */
import type { Outcome } from "./kernel-outcomes.ts";
import type { OperationList } from "./operation.ts";
import { segmentsOf } from "./segments.ts";

/** The two sides, and what a case consists of. */
export interface Oracle<Case> {
  kernel(cases: readonly Case[]): readonly Outcome[];
  ours(one: Case): Promise<Outcome>;
  /** Its lists, the one whose answers are compared last. */
  lists(one: Case): readonly OperationList[];
  /** The same case with other lists. */
  withLists(one: Case, lists: readonly OperationList[]): Case;
}

/** As many findings are told of one case, and as many cases are made small. */
const limits = { findings: 12, shrunk: 2 } as const;

/**
 * Plays cases on both sides.
 *
 * @param names what each case is called in a report: a seed, a rule.
 * @returns a report for each case in which they differ, with the smallest lists that still do.
 */
export async function disagreements<Case>(
  oracle: Oracle<Case>,
  cases: readonly Case[],
  names: readonly string[],
): Promise<string[]> {
  const expected = oracle.kernel(cases);
  const reports: string[] = [];
  for (const [index, one] of cases.entries()) {
    const findings = await differences(oracle, one, expected[index] as Outcome);
    if (findings.length === 0) continue;
    const told = reports.length < limits.shrunk ? await smallest(oracle, one) : findings;
    reports.push([`${names[index]} differs:`, ...told.slice(0, limits.findings)].join("\n---\n"));
  }
  return reports;
}

/** The smallest case that still differs, and in what. */
async function smallest<Case>(oracle: Oracle<Case>, one: Case): Promise<string[]> {
  const small = await shrunk(oracle, one);
  const findings = await differences(oracle, small, oracle.kernel([small])[0] as Outcome);
  return [...oracle.lists(small).map((list) => list.join("\n")), ...findings];
}

async function differences<Case>(oracle: Oracle<Case>, one: Case, expected: Outcome): Promise<string[]> {
  let seen: Outcome;
  try {
    seen = await oracle.ours(one);
  } catch (error) {
    return [`ours threw ${error instanceof Error ? (error.stack ?? error.message) : error}`];
  }
  const calls = segmentsOf(oracle.lists(one).at(-1) ?? []).flat();
  const found: string[] = [];
  for (const [index, call] of calls.entries()) {
    const [kernel, ours] = [expected.answers[index], seen.answers[index]];
    if (kernel !== ours) found.push(`${call}\n  kernel: ${kernel}\n  ours:   ${ours}`);
  }
  found.push(...onlyIn("in the tree", expected.snapshot, seen.snapshot));
  found.push(...onlyIn("in the upper directory", expected.upper ?? [], seen.upper ?? []));
  return found;
}

function onlyIn(where: string, expected: readonly string[], seen: readonly string[]): string[] {
  const [kernels, ours] = [new Set(expected), new Set(seen)];
  return [
    ...expected.filter((line) => !ours.has(line)).map((line) => `${where} kernel: ${line}`),
    ...seen.filter((line) => !kernels.has(line)).map((line) => `${where} ours:   ${line}`),
  ];
}

/** Leaves out lines as long as both sides differ. */
async function shrunk<Case>(oracle: Oracle<Case>, one: Case): Promise<Case> {
  const differs = async (candidate: Case): Promise<boolean> => {
    const [expected] = oracle.kernel([candidate]);
    return (await differences(oracle, candidate, expected as Outcome)).length > 0;
  };
  let best = one;
  // The calls first: most of the layers' lines matter only to calls that are left out.
  for (let part = oracle.lists(one).length - 1; part >= 0; part--) {
    let size = Math.ceil((oracle.lists(best)[part]?.length ?? 0) / 2);
    for (; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < (oracle.lists(best)[part]?.length ?? 0); ) {
        const lists = oracle
          .lists(best)
          .map((list, index) =>
            index === part ? [...list.slice(0, from), ...list.slice(from + size)] : list,
          );
        const candidate = oracle.withLists(best, lists);
        if (await differs(candidate)) best = candidate;
        else from += size;
      }
    }
  }
  return best;
}
