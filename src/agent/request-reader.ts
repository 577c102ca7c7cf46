/** Reading a request: from text to values of known types, or a refusal. */
import { FormatError } from "../errors.ts";
import { JsonObject } from "../oci/json-document.ts";
import { quoted } from "../oci/quoted-text.ts";
import type { AgentEventKind } from "./agent-event.ts";
import { readCreate, readExecute } from "./container-reader.ts";
import { checkContainerId } from "./guest-path.ts";
import type { HostCommand } from "./host-command.ts";
import { type HostRequestType, VM_ID } from "./host-request.ts";
import { readModification } from "./modification-reader.ts";
import { parseText } from "./request-text.ts";

const mostU32 = 0xffff_ffff;
const mostSignal = 64;
const base = ["Type", "ContainerId", "ActivityId", "ocsc"] as const;

/** Fields of each message, besides those that every one has. */
const messageFields: ReadonlyMap<HostRequestType, readonly string[]> = new Map([
  ["ModifySettings", ["Request"]],
  ["Create", ["ContainerConfig", "SupportedVersions"]],
  ["Start", []],
  ["ExecuteProcess", ["Settings"]],
  ["WaitForProcess", ["ProcessId", "TimeoutInMs"]],
  ["SignalProcess", ["ProcessId", "Options"]],
  ["ShutdownGraceful", []],
  ["ShutdownForced", []],
  ["GetProperties", ["Query"]],
  ["DumpStacks", []],
  ["DeleteContainerState", []],
]);

/** A message whose kind and fields are known to be good. */
export interface ReadMessage {
  readonly type: HostRequestType;
  /** Reads the rest. @throws {FormatError} */
  command(): Promise<HostCommand>;
}

/**
 * Reads a request.
 *
 * @param tell told of a request whose kind is known.
 * @throws {FormatError} `bad-field` for what is no request; `unsupported` for a kind that is not known.
 */
export function readMessage(text: string, tell: (event: AgentEventKind) => void): ReadMessage {
  const message = JsonObject.of(parseText(text, "the request"), "the request");
  const name = message.text("Type");
  const type = [...messageFields.keys()].find((known) => known === name);
  if (type === undefined) {
    throw new FormatError("unsupported", `a guest knows no request ${quoted(name)}`, {
      at: { field: "Type" },
    });
  }
  message.allowOnly(...base, ...(messageFields.get(type) ?? []));
  message.optionalText("ActivityId");
  message.optionalObject("ocsc");
  const request = type === "ModifySettings" ? message.object("Request") : undefined;
  const resource = request?.optionalText("ResourceType");
  tell({ kind: "request", type, ...(resource !== undefined && { resource }) });
  return { type, command: () => readCommand(type, message) };
}

async function readCommand(type: HostRequestType, message: JsonObject): Promise<HostCommand> {
  const containerId = message.optionalText("ContainerId") ?? VM_ID;
  const isMachine = containerId === VM_ID;
  if (!isMachine) checkContainerId(containerId, "ContainerId");
  if (type === "ModifySettings") {
    if (isMachine) return readModification(message.object("Request"));
    throw new FormatError("unsupported", "a guest modifies nothing of a container, only of itself");
  }
  if (type === "DumpStacks") return { kind: "stacks" };
  if (type === "ExecuteProcess") return readExecute(message, containerId, isMachine);
  if (type === "WaitForProcess") {
    const timeoutMs = message.has("TimeoutInMs") ? message.count("TimeoutInMs", mostU32) : mostU32;
    return { kind: "wait", containerId, processId: readProcessId(message), timeoutMs };
  }
  // All others are a container's.
  checkContainerId(containerId, "ContainerId");
  return await readContainerCommand(type, message, containerId);
}

async function readContainerCommand(
  type: HostRequestType,
  message: JsonObject,
  containerId: string,
): Promise<HostCommand> {
  switch (type) {
    case "Create":
      message.optionalObject("SupportedVersions");
      return await readCreate(message, containerId);
    case "Start":
      return { kind: "start", containerId };
    case "SignalProcess": {
      const options = message.optionalObject("Options")?.allowOnly("Signal");
      // Without one, it is to be killed.
      const signal = options?.count("Signal", mostSignal) || 9;
      return { kind: "signal", containerId, processId: readProcessId(message), signal };
    }
    case "GetProperties":
      readQuery(message.optionalText("Query"));
      return { kind: "properties", containerId };
    case "DeleteContainerState":
      return { kind: "delete", containerId };
    default:
      return { kind: "shutdown", containerId, isForced: type === "ShutdownForced" };
  }
}

function readProcessId(message: JsonObject): number {
  return message.count("ProcessId", mostU32);
}

/** Which properties are asked for: the list of processes, or none. */
function readQuery(text: string | undefined): void {
  if (text === undefined) return;
  const query = JsonObject.of(parseText(text, "Query"), "Query").allowOnly("PropertyTypes");
  const other = (query.optionalTexts("PropertyTypes") ?? []).find((name) => name !== "ProcessList");
  if (other === undefined) return;
  throw new FormatError("unsupported", `a guest has no property ${quoted(other)}`, {
    at: { field: "Query" },
  });
}
