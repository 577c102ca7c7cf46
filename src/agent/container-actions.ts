/** Making containers and ending them. */
import { untilAborted } from "../device/abortable.ts";
import { StateError } from "../errors.ts";
import type { MountedOverlay } from "../overlay/mounted-overlay.ts";
import type { PolicyMount } from "../policy/index.ts";
import { nothingMounted } from "./disk-actions.ts";
import type { Turn } from "./guest.ts";
import { GuestContainer, type GuestContainerParts } from "./guest-container.ts";
import { checkContainerId, checkPath, containersFolder, refused, rootPathOf } from "./guest-path.ts";
import type { CreateCommand } from "./host-command.ts";
import { withSecurityContext, writeSecurityContext } from "./security-context.ts";
import { lookUpUser } from "./user-lookup.ts";

const signals = { kill: 9, terminate: 15 } as const;

/** Makes a container, whose root must be mounted. */
export async function createContainer(turn: Turn, command: CreateCommand): Promise<void> {
  const { guest, requests, signal, tell } = turn;
  const { containerId, sandboxId, process: asked } = command;
  checkSettings(command);
  if (guest.containers.has(containerId)) {
    throw new StateError("busy", `there is a container ${containerId} already`);
  }
  const root = rootOf(turn, containerId);
  // Names are looked up in what the policy let be mounted; without a root, numbers must do.
  const identity = await lookUpUser(root, asked.user, signal);
  const mounts = command.mounts.map((mount) => inSandbox(mount, sandboxId));
  turn.policy.enforcer.extendDefaultMounts(networkMounts(sandboxId, command.isRootReadOnly));
  const grant = requests.createContainer({
    containerId,
    sandboxId,
    isSandboxContainer: command.isSandbox,
    privileged: command.privileged,
    mounts,
    devices: command.devices,
    seccompProfileSha256: command.seccompSha256,
    arguments: asked.arguments,
    environment: asked.environment,
    workingDirectory: asked.workingDirectory,
    noNewPrivileges: asked.noNewPrivileges,
    ...identity,
    umask: asked.umask,
    capabilities: asked.capabilities,
  });
  if (root === undefined) throw nothingMounted(rootPathOf(containerId));
  checkTerminal(asked.terminal, grant.stdioAccess);
  const { arguments: words, workingDirectory, umask, noNewPrivileges, terminal } = asked;
  const rest = { arguments: words, workingDirectory, umask, noNewPrivileges, terminal, mounts };
  const made = { id: containerId, sandboxId, root, ...identity, ...rest, ...grant };
  signal.throwIfAborted();
  const parts = root.isReadOnly ? made : await withContext(turn, made, command.hostCertificate);
  guest.containers.set(containerId, new GuestContainer(parts));
  tell({ kind: "container-created", container: containerId });
}

/** Where nothing can be written there is no folder, and no variable that names one. */
async function withContext(
  turn: Turn,
  parts: GuestContainerParts,
  hostCertificate: string,
): Promise<GuestContainerParts> {
  const folder = await writeSecurityContext(turn, parts.root, hostCertificate);
  return { ...parts, environment: withSecurityContext(parts.environment, folder) };
}

/** @throws {PolicyError} for a terminal where there are to be no streams. */
export function checkTerminal(terminal: boolean, stdioAccess: boolean): void {
  if (terminal && !stdioAccess) {
    throw refused("terminal: the policy does not allow access to the standard streams", "terminal");
  }
}

/** The paths of a container are its own, whatever the policy says. */
function checkSettings(command: CreateCommand): void {
  const { containerId, sandboxId, bundlePath, rootPath, scratchPath } = command;
  checkContainerId(sandboxId, "io.kubernetes.cri.sandbox-id");
  const home = `${containersFolder}/${containerId}`;
  if (bundlePath !== home) throw refused(`OciBundlePath is not ${home}`, "OciBundlePath");
  if (rootPath !== rootPathOf(containerId))
    throw refused(`root.path is not ${rootPathOf(containerId)}`, "path");
  const own = `${home}/scratch/${containerId}`;
  const shared = `${containersFolder}/${sandboxId}/scratch/${containerId}`;
  if (scratchPath !== own && scratchPath !== shared) {
    throw refused(`ScratchDirPath is neither ${own} nor ${shared}`, "ScratchDirPath");
  }
}

function rootOf({ guest }: Turn, containerId: string): MountedOverlay | undefined {
  const thing = guest.mounted.get(rootPathOf(containerId));
  return thing?.kind === "overlay" ? thing.overlay : undefined;
}

/** A source in the sandbox's own folders, as the guest has them. */
function inSandbox(mount: PolicyMount, sandboxId: string): PolicyMount {
  const home = `${containersFolder}/${sandboxId}`;
  for (const [prefix, folder] of [
    ["sandbox://", "sandboxMounts"],
    ["hugepages://", "hugepages"],
  ] as const) {
    if (!mount.source.startsWith(prefix)) continue;
    const source = `${home}/${folder}/${mount.source.slice(prefix.length).replace(/^\//, "")}`;
    checkPath(source, "source");
    return { ...mount, source };
  }
  return mount;
}

/** Files of the sandbox that any container may have: `GenerateWorkloadContainerNetworkMounts` in hcsshim. */
function networkMounts(sandboxId: string, isReadOnly: boolean): PolicyMount[] {
  const options = isReadOnly ? ["bind", "ro"] : ["bind"];
  return ["hostname", "hosts", "resolv.conf"].map((name) => ({
    type: "bind",
    source: `${containersFolder}/${sandboxId}/${name}`,
    destination: `/etc/${name}`,
    options,
  }));
}

/** A message without effect: a container starts with its first process. */
export function startMessage(turn: Turn, containerId: string): void {
  turn.requirePolicy();
  containerOf(turn, containerId);
}

/** Has a container's first process end. What never started never will. */
export async function shutDown(turn: Turn, containerId: string, isForced: boolean): Promise<void> {
  const { requests } = turn.policy;
  const container = containerOf(turn, containerId);
  requests.shutdownContainer(containerId);
  if (container.status === "created") container.end();
  const signal = isForced ? signals.kill : signals.terminate;
  const { init } = container;
  if (init === undefined) return;
  await untilAborted(init.signal(signal), turn.signal);
  turn.tell({ kind: "process-signaled", container: containerId, process: init.id, signal });
}

/** Forgets a container that has ended and whose root is not mounted any more, and removes its files on scratch. */
export async function deleteContainer(turn: Turn, containerId: string): Promise<void> {
  const { guest, signal, tell } = turn;
  void turn.requests;
  const container = containerOf(turn, containerId);
  if (container.status === "running") {
    throw new StateError(
      "busy",
      `Denied deleting state of a running container ${JSON.stringify(containerId)}`,
    );
  }
  if (guest.mounts.hasOverlayAt(rootPathOf(containerId))) {
    throw new StateError("busy", "Denied deleting state of a container with a overlay mount still active");
  }
  signal.throwIfAborted();
  for (const thing of guest.mounted.values()) {
    if (thing.kind !== "scratch") continue;
    await turn.irrevocably(() => thing.disk.remove(containerId));
  }
  guest.containers.delete(containerId);
  tell({ kind: "container-deleted", container: containerId });
}

/** @throws {StateError} `closed` where there is none, or none any more. */
export function containerOf({ guest }: Turn, containerId: string): GuestContainer {
  const container = guest.containers.get(containerId);
  if (container !== undefined) return container;
  throw new StateError("closed", `there is no container ${containerId}`);
}
