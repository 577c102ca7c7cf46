/** An agent's events as lines for a person. What the host named is shown so that it moves no cursor. */
import type { AgentEvent } from "../agent/index.ts";
import { printableText } from "../bytes/printable.ts";

/** A line: the request's number, then what happened. @param event with the line of the file that a refused request stands in */
export function eventText({ line, ...event }: AgentEvent & { readonly line?: number }): string {
  const number = event.request === 0 ? "-" : String(event.request);
  const where = line === undefined ? "" : ` (line ${line})`;
  return `${number.padStart(4)}  ${shown(happened(event as AgentEvent))}${where}`;
}

function shown(text: string): string {
  return printableText(new TextEncoder().encode(text));
}

function happened(event: AgentEvent): string {
  switch (event.kind) {
    case "request":
      return `request ${[event.type ?? "that is none", event.resource].filter(Boolean).join(" ")}`;
    case "decision":
      return `  policy: ${event.point} is ${event.allowed ? "allowed" : "denied"}`;
    case "done":
      return "  done";
    case "refused":
      return `  REFUSED: ${event.error.name}: ${event.error.message}`;
    case "inconsistent":
      return `  INCONSISTENT: nothing is mounted or made any more: ${event.error.message}`;
    case "policy-set":
      return `  policy set: SHA-256 ${event.digest}`;
    case "fragment-loaded":
      return `  fragment loaded: ${event.issuer}, ${event.feed}`;
    case "mounted":
      return `  mounted ${event.mount.path}: ${mountText(event)}`;
    case "unmounted":
      return `  unmounted ${event.path}`;
    case "shared":
      return `  shared ${event.path}: ${event.shareName}`;
    case "disk-attached":
      return `disk ${event.address} attached: ${event.device}`;
    case "disk-detached":
      return `disk ${event.address} detached`;
    case "closed":
      return "closed";
    default:
      return containerText(event);
  }
}

type MountedEvent = Extract<AgentEvent, { kind: "mounted" }>;

function mountText({ mount, rootHash }: MountedEvent): string {
  if (rootHash !== undefined) return `layer ${rootHash}`;
  return mount.kind === "RW" ? "scratch, sealed" : `root over ${mount.references.join(", ")}`;
}

type ContainerEvent = Extract<AgentEvent, { container: string }>;

function containerText(event: ContainerEvent): string {
  const container = event.container.slice(0, 12);
  switch (event.kind) {
    case "container-created":
      return `  container ${container} made`;
    case "container-deleted":
      return `  container ${container} deleted`;
    case "process-started":
      return `  process ${event.process} of ${container} started${event.runs === "outside" ? " (runs outside)" : ""}: ${event.arguments.join(" ")}`;
    case "process-signaled":
      return `  process ${event.process} of ${container} gets signal ${event.signal}`;
    case "process-ended":
      return `  process ${event.process} of ${container} ended with ${event.exitCode}`;
  }
}
