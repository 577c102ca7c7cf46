export * from "./agent-event.ts";
export * from "./agent-options.ts";
export * from "./agent-state.ts";
export * from "./container-runner.ts";
export { GuestAgent, type HandleOptions } from "./guest-agent.ts";
export { GuestContainer, type GuestContainerParts } from "./guest-container.ts";
export { GuestProcess } from "./guest-process.ts";
export * from "./host-request.ts";
export { type MountEntry, type MountKind, MountTable } from "./mount-table.ts";
