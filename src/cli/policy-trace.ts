/** `sealstone policy trace`: what a policy says to a list of requests. */
import type { PolicyDenial } from "../policy/policy-denial.ts";
import { type ScenarioStep, traceScenario, traceText } from "../policy/scenario.ts";
import type { JsonValue } from "../rego/index.ts";
import type { GroupContext, GroupOptions } from "./action-group.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { readJsonFile, writeTextFile } from "./policy-file.ts";

/** As commander hands them over. */
export interface PolicyTraceOptions extends GroupOptions {
  readonly output?: string;
  readonly words?: boolean;
  readonly maxErrorMessageLength?: number;
}

/** Carries out the scenario that is the one operand. */
export async function runPolicyTrace(
  { terminal }: GroupContext,
  [path = ""]: readonly string[],
  options: PolicyTraceOptions,
): Promise<ExitCode> {
  const scenario = (await readJsonFile(path, "scenario")) as JsonValue;
  const { maxErrorMessageLength: longestMessage } = options;
  let count = 0;
  const trace = await traceScenario(scenario, {
    ...(longestMessage !== undefined && { longestMessage }),
    onStep: (step, denial) => {
      count++;
      if (options.words) terminal.out(stepText(count, step, denial));
    },
  });
  const { create_error: refusal } = trace;
  if (options.output !== undefined) await writeTextFile(options.output, `${traceText(trace)}\n`);
  else if (!options.words) terminal.out(traceText(trace));
  if (options.words && typeof refusal === "string") terminal.out(`the policy is refused: ${refusal}`);
  return exitCodes.success;
}

/** A step in a line, and beneath it why it was denied. */
function stepText(number: number, step: ScenarioStep, denial: PolicyDenial | undefined): string {
  const { op, containerID, target, unmountTarget } = step.op;
  const about = [containerID, target ?? unmountTarget].filter((value) => typeof value === "string");
  const head = [String(number).padStart(3), step.allowed ? "allowed" : "DENIED ", op, ...about].join("  ");
  if (step.allowed) return head;
  const reasons = step.error === undefined ? (denial?.reasons ?? []) : [step.error];
  const why = denial?.explanation?.summary;
  const lines = [
    ...(reasons.length > 0 ? reasons : ["no reason given"]),
    ...(why === undefined ? [] : [why]),
  ];
  return [head, ...lines.map((line) => `       ${line}`)].join("\n");
}
