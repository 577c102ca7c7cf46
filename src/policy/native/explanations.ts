/** Denials explained by the conditions that denied. */
import { redactedVariable } from "../decision.ts";
import { explanationOf, type PolicyExplanation } from "../explanation.ts";
import { fallen, nameOf } from "./candidate-names.ts";
import { capabilitiesOf, capabilityKinds, sameMembers } from "./capabilities.ts";
import {
  type Condition,
  type ContainerInput,
  commandCondition,
  devicesCondition,
  isCommand,
  noNewPrivilegesCondition,
  type ProcessInput,
  userCondition,
  workingDirectoryCondition,
} from "./conditions.ts";
import { containerConditions, isContainerInput } from "./container-points.ts";
import { type Deciding, has } from "./deciding.ts";
import { isListed, missingRules } from "./environment.ts";
import { explainFragment } from "./fragment-explanations.ts";
import { type Asked, isProcessInput, read } from "./narrowing.ts";
import {
  type ExternalInput,
  isExternalInput,
  isPrivileged,
  isSignalInput,
  type SignalInput,
  signalled,
} from "./process-points.ts";
import type { Capabilities, Container, EnvironmentRule } from "./shapes.ts";
import { explainStorage } from "./storage-explanations.ts";

/** Why a point's rule denied a request; undefined where there is nothing to say beyond its errors. */
export function explain(point: string, deciding: Deciding): PolicyExplanation | undefined {
  switch (point) {
    case "create_container":
      return explainContainer(deciding);
    case "exec_in_container":
      return explainProcess(deciding);
    case "exec_external":
      return explainExternal(deciding);
    case "signal_container_process":
      return explainSignal(deciding);
    case "shutdown_container":
      return explanationOf(point, [], "no container of this id was started");
    case "load_fragment":
      return explainFragment(deciding);
    default:
      return explainStorage(point, deciding);
  }
}

function explainContainer(deciding: Deciding): PolicyExplanation | undefined {
  const request = read<Asked<ContainerInput>>(isContainerInput, deciding);
  if (request === undefined) return undefined;
  const { input, matched } = request;
  const point = "create_container";
  if (has(deciding, "started", input.containerID)) {
    return explanationOf(point, [], "this container was started before: an id is used once");
  }
  const { own, seal } = containerConditions(input, deciding);
  const conditions = [
    devicesCondition(input),
    ...own,
    seal,
    ...laterConditions(input, input.privileged, deciding),
  ];
  return explanationOf(
    point,
    fallen(matched, conditions, named(deciding)),
    unfallen(matched, "no overlay is mounted"),
  );
}

function explainProcess(deciding: Deciding): PolicyExplanation | undefined {
  const request = read<Asked<ProcessInput>>(isProcessInput, deciding);
  if (request === undefined) return undefined;
  const { input, matched } = request;
  const point = "exec_in_container";
  if (!has(deciding, "started", input.containerID)) {
    return explanationOf(point, [], "this container is not started");
  }
  const conditions = [
    workingDirectoryCondition(input),
    noNewPrivilegesCondition(input),
    userCondition(input, deciding.patterns),
    execCommandCondition(input),
    ...laterConditions(input, isPrivileged(input.containerID, deciding), deciding),
  ];
  return explanationOf(
    point,
    fallen(matched, conditions, named(deciding)),
    unfallen(matched, "the container was shut down: nothing is left"),
  );
}

function named(deciding: Deciding): (item: object) => { readonly name?: string } {
  return (item) => nameOf(item, deciding);
}

/** Why a request was denied where none of the containers fell out by itself. */
function unfallen(matched: readonly Container[], withoutAny: string): string {
  if (matched.length === 0) return `${withoutAny} for this container id`;
  return "several containers fit, and differ in what they would let the process have";
}

function explainExternal(deciding: Deciding): PolicyExplanation | undefined {
  if (!isExternalInput(deciding.input)) return undefined;
  const input = deciding.input as unknown as ExternalInput;
  const { externalProcesses: listed } = deciding.candidates;
  const conditions = [
    workingDirectoryCondition(input),
    commandCondition(input),
    ...variableConditions(input.envList, deciding),
  ];
  const otherwise =
    listed.length === 0
      ? "the policy lists no processes beside containers"
      : "several processes fit, and differ in what they would be let have";
  return explanationOf("exec_external", fallen(listed, conditions, named(deciding)), otherwise, "process");
}

function explainSignal(deciding: Deciding): PolicyExplanation | undefined {
  const request = read<SignalInput>(isSignalInput, deciding);
  if (request === undefined) return undefined;
  const { input, matched } = request;
  const point = "signal_container_process";
  if (!has(deciding, "started", input.containerID)) {
    return explanationOf(point, [], "this container is not started");
  }
  const command = execCommandCondition(input);
  const signal: Condition<Container> = {
    aspect: input.isInitProcess ? "signals of the first process" : `signals of ${command.seen}`,
    holds: (container) => signalled(input, [container]).length > 0,
    expected: (container) => signalsFor(input, container).join(", ") || "none",
    seen: `${input.signal}`,
  };
  const conditions = input.isInitProcess ? [signal] : [command, signal];
  return explanationOf(
    point,
    fallen(matched, conditions, named(deciding)),
    unfallen(matched, "the container was shut down"),
  );
}

/** The command of a process that is started in a container. */
function execCommandCondition(input: Pick<ProcessInput, "argList">): Condition<Container> {
  const listed = commandCondition(input);
  return {
    ...listed,
    holds: ({ exec_processes: processes }) => processes.some(listed.holds),
    expected: ({ exec_processes: processes }) => processes.map(listed.expected).join(" or ") || "no process",
  };
}

function signalsFor({ isInitProcess, argList }: SignalInput, container: Container): readonly number[] {
  if (isInitProcess) return container.signals;
  return container.exec_processes
    .filter(({ command }) => isCommand(command, argList))
    .flatMap((p) => p.signals);
}

/** What is asked of the containers that the others leave, where nothing is dropped. */
function laterConditions(
  { envList, capabilities }: Asked<ProcessInput>,
  privileged: boolean,
  deciding: Deciding,
): readonly Condition<Container>[] {
  const dropsCapabilities = deciding.flag("allow_capability_dropping");
  return [
    ...variableConditions(envList, deciding),
    {
      aspect: "capabilities",
      // Dropping takes away what is not listed; what is listed must be asked for all the same.
      holds: (item) =>
        capabilityKinds.every((kind) => {
          const listed = capabilitiesOf(item, privileged)[kind];
          const asked = capabilities[kind];
          const kept = dropsCapabilities
            ? Array.from(new Set(asked)).filter((cap) => listed.includes(cap))
            : asked;
          return sameMembers(listed, kept);
        }),
      expected: (item) => capabilitiesText(capabilitiesOf(item, privileged)),
      seen: capabilitiesText(capabilities),
    },
  ];
}

function variableConditions(
  envList: readonly string[],
  { patterns, flag }: Deciding,
): readonly Condition<Pick<Container, "env_rules">>[] {
  const drops = flag("allow_environment_variable_dropping");
  const bad = (rules: readonly EnvironmentRule[]): readonly string[] =>
    drops ? [] : envList.filter((env) => !isListed(rules, env, patterns));
  const missing = (rules: readonly EnvironmentRule[]): readonly EnvironmentRule[] =>
    missingRules(rules, envList, patterns);
  const seen = envList.map(redactedVariable).join(", ") || "none";
  return [
    {
      aspect: "environment variables",
      holds: ({ env_rules: rules }) => bad(rules).length === 0,
      expected: ({ env_rules: rules }) => rules.map(ruleText).join(", ") || "none",
      seen,
    },
    {
      aspect: "required environment variables",
      holds: ({ env_rules: rules }) => missing(rules).length === 0,
      expected: ({ env_rules: rules }) => missing(rules).map(ruleText).join(", "),
      seen,
    },
  ];
}

function ruleText(rule: EnvironmentRule): string {
  return "pattern" in rule ? redactedVariable(rule.pattern) : redactedVariable(rule.name);
}

function capabilitiesText(capabilities: Capabilities): string {
  return capabilityKinds.map((kind) => `${kind} ${capabilities[kind].join(",") || "none"}`).join("; ");
}
