/** Denials explained by the conditions that denied. */
import type { JsonObject } from "../../rego/index.ts";
import { redactedVariable } from "../decision.ts";
import {
  type ExplainedCandidate,
  explanationOf,
  type FailedCondition,
  type PolicyExplanation,
} from "../explanation.ts";
import { capabilitiesOf, capabilityKinds, sameMembers } from "./capabilities.ts";
import {
  type Condition,
  type ContainerInput,
  commandCondition,
  devicesCondition,
  noNewPrivilegesCondition,
  type ProcessInput,
  userCondition,
  workingDirectoryCondition,
} from "./conditions.ts";
import { containerConditions, isContainerInput } from "./container-points.ts";
import { type Deciding, has } from "./deciding.ts";
import { isListed, missingRules } from "./environment.ts";
import { type Asked, isProcessInput, read } from "./narrowing.ts";
import { isPrivileged } from "./process-points.ts";
import type { Capabilities, Container, EnvironmentRule } from "./shapes.ts";
import { isOverlayInput, type OverlayInput } from "./storage-points.ts";

/** Why a point's rule denied a request; undefined where there is nothing to say beyond its errors. */
export function explain(point: string, deciding: Deciding): PolicyExplanation | undefined {
  if (point === "mount_device") return explainDevice(deciding);
  if (point === "mount_overlay") return explainOverlay(deciding);
  if (point === "create_container") return explainContainer(deciding);
  if (point === "exec_in_container") return explainProcess(deciding);
  return undefined;
}

function explainDevice(deciding: Deciding): PolicyExplanation | undefined {
  const { target, deviceHash } = deciding.input;
  if (typeof target !== "string" || typeof deviceHash !== "string") return undefined;
  const point = "mount_device";
  if (!deciding.candidates.layers.has(deviceHash)) {
    const { size } = deciding.candidates.layers;
    return explanationOf(point, [], `none of the ${size} layers that the policy lists is ${deviceHash}`);
  }
  const isTaken = ["devices", "rw_devices"].some((table) => has(deciding, table, target));
  const why = isTaken ? "has a device already" : "is no place for a layer";
  return explanationOf(point, [], `the layer is listed, but ${target} ${why}`);
}

function explainOverlay(deciding: Deciding): PolicyExplanation | undefined {
  if (!isOverlayInput(deciding.input)) return undefined;
  const { containerID, layerPaths, target } = deciding.input as unknown as OverlayInput;
  const point = "mount_overlay";
  if (has(deciding, "matches", containerID)) {
    return explanationOf(point, [], "this container id had an overlay before: an id is used once");
  }
  if (has(deciding, "overlayTargets", target)) {
    return explanationOf(point, [], `an overlay is mounted at ${target}`);
  }
  const paths = [...(layerPaths ?? [])].reverse();
  const offered = paths.map((path) => {
    const hash = deciding.world.metadata.get("devices", path);
    return typeof hash === "string" ? hash : `nothing (no device is mounted at ${path})`;
  });
  const candidates = deciding.candidates.containers.map((container, index) =>
    overlayCandidate(container, index, offered, deciding),
  );
  return explanationOf(point, candidates, "the policy lists no containers");
}

/** Layers are counted from the base up, as policies list them. */
function overlayCandidate(
  container: Container,
  index: number,
  offered: readonly string[],
  deciding: Deciding,
): ExplainedCandidate {
  const { layers } = container;
  const differing = layers.findIndex((layer, i) => layer !== offered[i]);
  const equal = differing === -1 ? layers.length : differing;
  const failed =
    layers.length === offered.length
      ? {
          aspect: `layer ${equal + 1} of ${layers.length}`,
          expected: layers[equal] ?? "",
          seen: offered[equal] ?? "",
        }
      : {
          aspect: "the number of layers",
          expected: `${layers.length}`,
          seen: `${offered.length}`,
        };
  return {
    index,
    ...nameOf(container, deciding),
    fulfilled: layers.length === offered.length ? equal + 1 : 0,
    failed,
  };
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
    fallen(matched, conditions, deciding),
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
  const listed = commandCondition(input);
  const command: Condition<Container> = {
    ...listed,
    holds: ({ exec_processes: processes }) => processes.some(listed.holds),
    expected: ({ exec_processes: processes }) => processes.map(listed.expected).join(" or ") || "no process",
  };
  const conditions = [
    workingDirectoryCondition(input),
    noNewPrivilegesCondition(input),
    userCondition(input, deciding.patterns),
    command,
    ...laterConditions(input, isPrivileged(input.containerID, deciding), deciding),
  ];
  return explanationOf(
    point,
    fallen(matched, conditions, deciding),
    unfallen(matched, "the container was shut down: nothing is left"),
  );
}

/** Why a request was denied where none of the containers fell out by itself. */
function unfallen(matched: readonly Container[], withoutAny: string): string {
  if (matched.length === 0) return `${withoutAny} for this container id`;
  return "several containers fit, and differ in what they would let the process have";
}

/** Candidates that do not fulfil all conditions, each with the first that fails. */
function fallen(
  containers: readonly Container[],
  conditions: readonly Condition<Container>[],
  deciding: Deciding,
): readonly ExplainedCandidate[] {
  return containers.flatMap((container, index) => {
    const at = conditions.findIndex(({ holds }) => !holds(container));
    const condition = conditions[at];
    if (condition === undefined) return [];
    const { aspect, seen } = condition;
    const failed: FailedCondition = { aspect, expected: condition.expected(container), seen };
    return [{ index, ...nameOf(container, deciding), fulfilled: at, failed }];
  });
}

/** What is asked of the containers that the others leave, where nothing is dropped. */
function laterConditions(
  { envList, capabilities }: Asked<ProcessInput>,
  privileged: boolean,
  { patterns, flag }: Deciding,
): readonly Condition<Container>[] {
  const drops = flag("allow_environment_variable_dropping");
  const dropsCapabilities = flag("allow_capability_dropping");
  const bad = ({ env_rules: rules }: Container): readonly string[] =>
    drops ? [] : envList.filter((env) => !isListed(rules, env, patterns));
  const missing = ({ env_rules: rules }: Container): readonly EnvironmentRule[] =>
    missingRules(rules, envList, patterns);
  return [
    {
      aspect: "environment variables",
      holds: (item) => bad(item).length === 0,
      expected: ({ env_rules: rules }) => rules.map(ruleText).join(", ") || "none",
      seen: envList.map(redactedVariable).join(", ") || "none",
    },
    {
      aspect: "required environment variables",
      holds: (item) => missing(item).length === 0,
      expected: (item) => missing(item).map(ruleText).join(", "),
      seen: envList.map(redactedVariable).join(", ") || "none",
    },
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

function ruleText(rule: EnvironmentRule): string {
  return "pattern" in rule ? redactedVariable(rule.pattern) : redactedVariable(rule.name);
}

function capabilitiesText(capabilities: Capabilities): string {
  return capabilityKinds.map((kind) => `${kind} ${capabilities[kind].join(",") || "none"}`).join("; ");
}

/** The name that tools give a container, which no rule looks at. */
function nameOf(container: Container, { candidates }: Deciding): { readonly name?: string } {
  const name = candidates.names.get(container) ?? (container as unknown as JsonObject)["name"];
  return typeof name === "string" ? { name } : {};
}
