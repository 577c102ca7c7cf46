/** The framework's points of processes and signals, natively. */
import {
  commandCondition,
  isCommand,
  noNewPrivilegesCondition,
  type ProcessInput,
  userCondition,
  workingDirectoryCondition,
} from "./conditions.ts";
import {
  allowedIf,
  type Deciding,
  denied,
  errorSet,
  has,
  type NativePoint,
  removing,
  updating,
} from "./deciding.ts";
import {
  type Asked,
  afterCapabilities,
  afterVariables,
  agreeOnStdio,
  isProcessInput,
  jsonOf,
  narrowed,
  read,
  variableErrors,
} from "./narrowing.ts";
import {
  type Container,
  type ExternalProcess,
  either,
  isFlag,
  isNull,
  isObject,
  isText,
  objectOf,
  type Shape,
  texts,
} from "./shapes.ts";

/** Containers in which a process may be started: each as often as it lists the process. */
function execCandidates(
  input: ProcessInput,
  matched: readonly Container[],
  deciding: Deciding,
): readonly Container[] {
  const conditions = [
    workingDirectoryCondition(input),
    noNewPrivilegesCondition(input),
    userCondition(input, deciding.patterns),
  ];
  return narrowed(matched, conditions).flatMap((container) =>
    container.exec_processes.filter(({ command }) => isCommand(command, input.argList)).map(() => container),
  );
}

/** Whether a container was started privileged. */
export function isPrivileged(id: string, { world }: Deciding): boolean {
  const started = world.metadata.get("started", id);
  return isObject(started) && started["privileged"] !== undefined && started["privileged"] !== false;
}

const execInContainer: NativePoint = {
  decide: (deciding) => {
    const request = read<Asked<ProcessInput>>(isProcessInput, deciding);
    if (request === undefined) return undefined;
    const { input, matched } = request;
    const { containerID: id } = input;
    if (!has(deciding, "started", id)) return denied;
    const fitting = afterVariables(execCandidates(input, matched, deciding), input.envList, deciding);
    const privileged = isPrivileged(id, deciding);
    const left = fitting && afterCapabilities(fitting.items, input.capabilities, privileged, deciding);
    if (!left || left.items.length === 0) return denied;
    return {
      ...allowedIf(true, updating("matches", id, jsonOf(left.items))),
      env_list: fitting.envs,
      caps_list: jsonOf(left.capabilities),
    };
  },
  errors: (deciding) => {
    const request = read<Asked<ProcessInput>>(isProcessInput, deciding);
    if (request === undefined) return undefined;
    const { input, matched } = request;
    const isStarted = has(deciding, "started", input.containerID);
    const left = isStarted ? execCandidates(input, matched, deciding) : [];
    const fitting = afterVariables(left, input.envList, deciding);
    const privileged = isPrivileged(input.containerID, deciding);
    const caps = fitting && afterCapabilities(fitting.items, input.capabilities, privileged, deciding);
    const commands = matched.flatMap(({ exec_processes: processes }) => processes);
    return errorSet([
      ["container not started", !isStarted],
      ["invalid command", !commands.some(commandCondition(input).holds)],
      ["invalid working directory", !matched.some(workingDirectoryCondition(input).holds)],
      // Processes that are listed have neither, so that no one of them has the right one.
      ["invalid noNewPrivileges", true],
      ["invalid user", true],
      ...variableErrors(matched, left, input.envList, deciding),
      ["capabilities don't match", caps?.items.length === 0],
    ]);
  },
  objects: (deciding) => {
    const matched = read<ProcessInput>(isProcessInput, deciding)?.matched ?? [];
    return jsonOf(matched.flatMap(({ exec_processes: processes }) => processes));
  },
};

/** Members of the input of a process beside containers. */
export type ExternalInput = Pick<ProcessInput, "argList" | "envList" | "workingDir">;

/** Whether an input asks for one. */
export const isExternalInput: Shape = objectOf({
  argList: either(texts, isNull),
  envList: texts,
  workingDir: isText,
});

function externalCandidates(input: ExternalInput, { candidates }: Deciding): readonly ExternalProcess[] {
  return narrowed(candidates.externalProcesses, [workingDirectoryCondition(input), commandCondition(input)]);
}

const execExternal: NativePoint = {
  decide: (deciding) => {
    if (!isExternalInput(deciding.input)) return undefined;
    const input = deciding.input as unknown as ExternalInput;
    const fitting = afterVariables(externalCandidates(input, deciding), input.envList, deciding);
    const [first] = fitting?.items ?? [];
    if (!fitting || !first || !agreeOnStdio(fitting.items)) return denied;
    return { allowed: true, env_list: fitting.envs, allow_stdio_access: first.allow_stdio_access };
  },
  errors: (deciding) => {
    if (!isExternalInput(deciding.input)) return undefined;
    const input = deciding.input as unknown as ExternalInput;
    const listed = deciding.candidates.externalProcesses;
    const left = externalCandidates(input, deciding);
    const fitting = afterVariables(left, input.envList, deciding);
    return errorSet([
      ["invalid command", !listed.some(commandCondition(input).holds)],
      ["invalid working directory", !listed.some(workingDirectoryCondition(input).holds)],
      ...variableErrors(listed, left, input.envList, deciding),
      [
        "external processes only distinguishable by allow_stdio_access",
        fitting !== undefined && !agreeOnStdio(fitting.items),
      ],
    ]);
  },
  objects: ({ candidates }) => jsonOf(candidates.externalProcesses),
};

const isContainerId = objectOf({ containerID: isText });

const shutdownContainer: NativePoint = {
  decide: (deciding) => {
    const { containerID: id } = deciding.input;
    if (typeof id !== "string") return undefined;
    return allowedIf(has(deciding, "started", id), removing("matches", id));
  },
  errors: (deciding) => {
    const { containerID: id } = deciding.input;
    return typeof id === "string"
      ? errorSet([["container not started", !has(deciding, "started", id)]])
      : undefined;
  },
};

/** Members of the input of a signal. */
export interface SignalInput {
  readonly containerID: string;
  readonly signal: number;
  readonly isInitProcess: boolean;
  readonly argList: readonly string[] | null;
}

/** Whether an input asks for a signal. */
export const isSignalInput: Shape = (value) =>
  isContainerId(value) &&
  objectOf({
    signal: (signal) => typeof signal === "number",
    isInitProcess: isFlag,
    argList: either(texts, isNull),
  })(value);

/** Containers that take a signal: for a process in them, each as often as it lists the process with it. */
export function signalled(
  { signal, isInitProcess, argList }: SignalInput,
  matched: readonly Container[],
): readonly Container[] {
  if (isInitProcess) return matched.filter(({ signals }) => signals.includes(signal));
  return matched.flatMap((container) =>
    container.exec_processes
      .filter(({ command, signals }) => isCommand(command, argList) && signals.includes(signal))
      .map(() => container),
  );
}

const signalContainerProcess: NativePoint = {
  decide: (deciding) => {
    const request = read<SignalInput>(isSignalInput, deciding);
    if (request === undefined) return undefined;
    const left = signalled(request.input, request.matched);
    const { containerID: id } = request.input;
    return allowedIf(has(deciding, "started", id) && left.length > 0, updating("matches", id, jsonOf(left)));
  },
  errors: (deciding) => {
    const request = read<SignalInput>(isSignalInput, deciding);
    return (
      request &&
      errorSet([
        ["container not started", !has(deciding, "started", request.input.containerID)],
        [
          "target isn't allowed to receive the signal",
          signalled(request.input, request.matched).length === 0,
        ],
      ])
    );
  },
};

/** See the head of this file; by the names of the points. */
export const processPoints: readonly (readonly [string, NativePoint])[] = [
  ["exec_in_container", execInContainer],
  ["exec_external", execExternal],
  ["shutdown_container", shutdownContainer],
  ["signal_container_process", signalContainerProcess],
];
