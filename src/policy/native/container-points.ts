/** The framework's point that makes a container, natively. */
import { mostCapabilities } from "./capabilities.ts";
import {
  type Condition,
  type ContainerInput,
  commandCondition,
  devicesCondition,
  isMountListed,
  mountsCondition,
  noNewPrivilegesCondition,
  privilegedCondition,
  seccompCondition,
  userCondition,
  workingDirectoryCondition,
} from "./conditions.ts";
import {
  adding,
  allowedIf,
  type Deciding,
  denied,
  errorSet,
  has,
  type NativePoint,
  updating,
} from "./deciding.ts";
import {
  type Asked,
  afterCapabilities,
  afterVariables,
  agreeOnStdio,
  type Errors,
  jsonOf,
  narrowed,
  processShape,
  read,
  variableErrors,
} from "./narrowing.ts";
import { type Container, isFlag, isMount, isText, listOf, objectOf, type Shape } from "./shapes.ts";

/** Whether an input asks for a container. */
export const isContainerInput: Shape = objectOf({
  ...processShape,
  sandboxDir: isText,
  hugePagesDir: isText,
  mounts: listOf(isMount),
  devices: (value) => Array.isArray(value),
  privileged: isFlag,
  seccompProfileSHA256: isText,
  isSandboxContainer: isFlag,
});

/** Conditions of a container, in the order in which they are asked: of those that errors look at without the seal, too. */
export function containerConditions(
  input: ContainerInput,
  deciding: Deciding,
): { readonly own: readonly Condition<Container>[]; readonly seal: Condition<Container> } {
  return {
    own: [
      noNewPrivilegesCondition(input),
      userCondition(input, deciding.patterns),
      privilegedCondition(input),
      workingDirectoryCondition(input),
      commandCondition(input),
      mountsCondition(input, deciding),
    ],
    seal: seccompCondition(input),
  };
}

/** See the head of this file. */
export const createContainer: NativePoint = {
  decide: (deciding) => {
    const request = read<Asked<ContainerInput>>(isContainerInput, deciding);
    if (request === undefined) return undefined;
    const { input, matched } = request;
    const { containerID: id, privileged } = input;
    const { own, seal } = containerConditions(input, deciding);
    if (has(deciding, "started", id)) return denied;
    const sealed = narrowed(matched, [devicesCondition(input), ...own, seal]);
    const fitting = afterVariables(sealed, input.envList, deciding);
    const left = fitting && afterCapabilities(fitting.items, input.capabilities, privileged, deciding);
    const [first] = left?.items ?? [];
    if (!left || !first || !agreeOnStdio(left.items)) return denied;
    return {
      ...allowedIf(true, updating("matches", id, jsonOf(left.items)), adding("started", id, { privileged })),
      env_list: fitting.envs,
      caps_list: jsonOf(left.capabilities),
      allow_stdio_access: first.allow_stdio_access,
    };
  },
  errors: (deciding) => {
    const request = read<Asked<ContainerInput>>(isContainerInput, deciding);
    return request && errorSet(containerErrors(request.input, request.matched, deciding));
  },
  objects: ({ input, world }) => {
    const { containerID: id } = input;
    return (typeof id === "string" ? world.metadata.get("matches", id) : undefined) ?? null;
  },
};

function containerErrors(
  input: Asked<ContainerInput>,
  matched: readonly Container[],
  deciding: Deciding,
): Errors {
  const isStarted = has(deciding, "started", input.containerID);
  const { own, seal } = containerConditions(input, deciding);
  const left = isStarted ? [] : narrowed(matched, own);
  const fitting = afterVariables(left.filter(seal.holds), input.envList, deciding);
  const caps = fitting && afterCapabilities(fitting.items, input.capabilities, input.privileged, deciding);
  const ambiguous = afterVariables(left, input.envList, deciding);
  const badMounts = input.mounts.filter(
    (mount) => !matched.some((container) => isMountListed(mount, container, input, deciding)),
  );
  const nowhere = ({ holds }: Condition<Container>): boolean => !matched.some(holds);
  return [
    ["container already started", isStarted],
    ["invalid command", nowhere(commandCondition(input))],
    ["invalid working directory", nowhere(workingDirectoryCondition(input))],
    ["privileged escalation not allowed", nowhere(privilegedCondition(input))],
    ["invalid noNewPrivileges", nowhere(noNewPrivilegesCondition(input))],
    ["invalid user", nowhere(userCondition(input, deciding.patterns))],
    ["invalid seccomp", nowhere(seal)],
    ["devices not supported", input.devices.length > 0],
    [
      `invalid mount list: ${badMounts.map(({ destination }) => destination).join(",")}`,
      badMounts.length > 0,
    ],
    ...variableErrors(matched, left, input.envList, deciding),
    ["capabilities don't match", caps?.items.length === 0],
    [
      "containers only distinguishable by allow_stdio_access",
      caps !== undefined && !agreeOnStdio(caps.items),
    ],
    [
      "containers only distinguishable by capabilties",
      deciding.flag("allow_capability_dropping") &&
        ambiguous !== undefined &&
        mostCapabilities(ambiguous.items, input.capabilities, input.privileged).length > 1,
    ],
  ];
}
