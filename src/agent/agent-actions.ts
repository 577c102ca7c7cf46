/** Which action a request asks for. */

import { createContainer, deleteContainer, shutDown, startMessage } from "./container-actions.ts";
import { changeDirectory } from "./directory-actions.ts";
import { changeDisk, changeMemory, unplug } from "./disk-actions.ts";
import type { Answer, Turn } from "./guest.ts";
import type { HostCommand } from "./host-command.ts";
import { changeOverlay } from "./overlay-actions.ts";
import { loadFragment, setPolicy } from "./policy-actions.ts";
import {
  execute,
  executeExternal,
  listProcesses,
  signalProcess,
  startInit,
  waitFor,
} from "./process-actions.ts";

/** Does what is asked. @throws as `GuestAgent.handle` */
export async function perform(turn: Turn, command: HostCommand): Promise<Answer> {
  switch (command.kind) {
    case "start-init":
      return { processId: await startInit(turn, command.containerId) };
    case "execute":
      return { processId: await execute(turn, command.containerId, command.process) };
    case "execute-external":
      return { processId: await executeExternal(turn, command.process) };
    case "wait":
      return { later: waitFor(turn, command.containerId, command.processId, command.timeoutMs) };
    case "properties":
      return { processes: listProcesses(turn, command.containerId) };
    default:
      await change(turn, command);
      return {};
  }
}

async function change(
  turn: Turn,
  command: Exclude<
    HostCommand,
    { readonly kind: "start-init" | "execute" | "execute-external" | "wait" | "properties" }
  >,
): Promise<void> {
  switch (command.kind) {
    case "policy":
      return await setPolicy(turn, command);
    case "fragment":
      return await loadFragment(turn, command.encoded, command.mediaType);
    case "disk":
      return await changeDisk(turn, command);
    case "memory":
      return await changeMemory(turn, command);
    case "unplug":
      return unplug(turn, command.address);
    case "overlay":
      return await changeOverlay(turn, command);
    case "directory":
      return changeDirectory(turn, command);
    case "create":
      return await createContainer(turn, command);
    case "start":
      return startMessage(turn, command.containerId);
    case "signal":
      return await signalProcess(turn, command);
    case "shutdown":
      return await shutDown(turn, command.containerId, command.isForced);
    case "delete":
      return await deleteContainer(turn, command.containerId);
    case "stacks":
      return turn.policy.requests.dumpStacks();
  }
}
