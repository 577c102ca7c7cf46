/** The requests of a Linux guest's agent, as it puts them to its policy (hcsshim, `securitypolicyenforcer_rego.go`). */
import type { JsonObject, JsonValue } from "../rego/index.ts";
import type { PolicyMount } from "./default-mounts.ts";
import type { PolicyEnforcer } from "./enforcer.ts";
import { fragmentModule, fragmentNamespace } from "./fragment-text.ts";
import {
  type CapabilityLists,
  capabilitiesInput,
  keptCapabilities,
  keptEnvironment,
  stdioAccess,
} from "./kept-values.ts";

/** A user or group: number and name as text. */
export interface PolicyIdentity {
  readonly id: string;
  readonly name: string;
}

/** A process that is to run in a container. */
export interface ProcessRequest {
  readonly containerId: string;
  readonly arguments: readonly string[] | null;
  readonly environment: readonly string[] | null;
  readonly workingDirectory: string;
  readonly noNewPrivileges: boolean;
  readonly user: PolicyIdentity;
  readonly groups: readonly PolicyIdentity[];
  /** Four octal digits. */
  readonly umask: string;
  /** Without any, no policy is asked. */
  readonly capabilities: CapabilityLists | null;
}

/** A container that is to be made: its first process and what is around it. */
export interface ContainerRequest extends ProcessRequest {
  readonly sandboxId: string;
  readonly isSandboxContainer: boolean;
  readonly privileged: boolean;
  readonly mounts: readonly PolicyMount[];
  readonly devices: readonly JsonValue[];
  /** SHA-256 of the profile's JSON in hex; empty for none. */
  readonly seccompProfileSha256: string;
}

/** What a process gets of that which was asked for it. */
export interface ProcessGrant {
  readonly environment: readonly string[];
  readonly capabilities: CapabilityLists;
  readonly stdioAccess: boolean;
}

/** A fragment whose signature was checked. */
export interface FragmentRequest {
  readonly issuer: string;
  readonly feed: string;
  /** The text that was signed. */
  readonly text: string;
  /** Of the signed header, where it has one. */
  readonly headerSvn?: JsonValue;
  readonly receipts?: readonly JsonValue[];
}

/** See the head of this file. Each method throws `PolicyError` where the policy does not allow what is asked. */
export class GuestRequests {
  readonly #enforcer: PolicyEnforcer;
  /** Of each container made here, whether it got its standard streams. */
  #stdio: ReadonlyMap<string, boolean> = new Map();

  constructor(enforcer: PolicyEnforcer) {
    this.#enforcer = enforcer;
  }

  /** @param deviceHash the layer's root hash in hex. */
  mountDevice(target: string, deviceHash: string): void {
    this.#ask("mount_device", { target, deviceHash, mountPathRegex: "/run/mounts/scsi/m[0-9]+" });
  }

  unmountDevice(unmountTarget: string): void {
    this.#ask("unmount_device", { unmountTarget });
  }

  mountWritableDevice(
    target: string,
    {
      encrypted,
      ensureFilesystem,
      filesystem,
    }: {
      readonly encrypted: boolean;
      readonly ensureFilesystem: boolean;
      readonly filesystem: string;
    },
  ): void {
    const mountPathRegex = "/run/gcs/c/[0-9a-fA-F]{64}";
    this.#ask("rw_mount_device", { target, encrypted, ensureFilesystem, filesystem, mountPathRegex });
  }

  unmountWritableDevice(unmountTarget: string): void {
    this.#ask("rw_unmount_device", { unmountTarget });
  }

  mountBlockDevice(target: string): void {
    this.#ask("mount_blockdev", { target });
  }

  unmountBlockDevice(unmountTarget: string): void {
    this.#ask("unmount_blockdev", { unmountTarget });
  }

  mountScratch(target: string, encrypted: boolean): void {
    this.#ask("scratch_mount", { target, encrypted });
  }

  unmountScratch(unmountTarget: string): void {
    this.#ask("scratch_unmount", { unmountTarget });
  }

  /** @param layerPaths where the layers are mounted, the topmost first. */
  mountOverlay(containerID: string, layerPaths: readonly string[] | null, target: string): void {
    this.#ask("mount_overlay", { containerID, layerPaths, target });
  }

  unmountOverlay(unmountTarget: string): void {
    this.#ask("unmount_overlay", { unmountTarget });
  }

  createContainer(request: ContainerRequest): ProcessGrant {
    const sandbox = `/run/gcs/c/${request.sandboxId}`;
    const environment = request.environment ?? [];
    const result = this.#ask("create_container", {
      ...processInput({ ...request, environment }),
      sandboxDir: `${sandbox}/sandboxMounts`,
      hugePagesDir: `${sandbox}/hugepages`,
      mounts: request.mounts.map(({ destination, source, options, type }) => ({
        destination,
        source,
        options,
        type,
      })),
      devices: request.devices,
      privileged: request.privileged,
      seccompProfileSHA256: request.seccompProfileSha256,
      isSandboxContainer: request.isSandboxContainer,
    });
    const grant = {
      environment: keptEnvironment(environment, result),
      capabilities: keptCapabilities(request.capabilities, result),
      stdioAccess: stdioAccess(result),
    };
    this.#stdio = new Map([...this.#stdio, [request.containerId, grant.stdioAccess]]);
    return grant;
  }

  /** Whether it gets its standard streams was decided when the container was made. */
  execInContainer(request: ProcessRequest): ProcessGrant {
    const result = this.#ask("exec_in_container", processInput(request));
    return {
      environment: keptEnvironment(request.environment ?? [], result),
      capabilities: keptCapabilities(request.capabilities, result),
      stdioAccess: this.#stdio.get(request.containerId) ?? false,
    };
  }

  /** A process beside the containers. */
  execExternal(
    request: Pick<ProcessRequest, "arguments" | "environment" | "workingDirectory">,
  ): Omit<ProcessGrant, "capabilities"> {
    const { arguments: argList, environment: envList, workingDirectory: workingDir } = request;
    const result = this.#ask("exec_external", { argList, envList, workingDir });
    return { environment: keptEnvironment(envList ?? [], result), stdioAccess: stdioAccess(result) };
  }

  shutdownContainer(containerID: string): void {
    this.#ask("shutdown_container", { containerID });
  }

  signalContainerProcess(request: {
    readonly containerId: string;
    readonly signal: number;
    readonly isInitProcess: boolean;
    readonly arguments: readonly string[] | null;
  }): void {
    const { containerId: containerID, signal, isInitProcess, arguments: argList } = request;
    this.#ask("signal_container_process", { containerID, signal, isInitProcess, argList });
  }

  mountPlan9(target: string): void {
    this.#ask("plan9_mount", { rootPrefix: "/run/gcs/c", mountPathPrefix: "/mounts/m[0-9]+", target });
  }

  unmountPlan9(unmountTarget: string): void {
    this.#ask("plan9_unmount", { unmountTarget });
  }

  getProperties(): void {
    this.#ask("get_properties", {});
  }

  dumpStacks(): void {
    this.#ask("dump_stacks", {});
  }

  runtimeLogging(): void {
    this.#ask("runtime_logging", {});
  }

  hostNetwork(): void {
    this.#ask("host_network", {});
  }

  /**
   * Loads a fragment: asks whether it may be read at all, then again with its text among the modules, once for
   * each set of parameters that the policy knows for it. A module stays only where the policy includes its
   * namespace, and until its feed is loaded again, whatever comes of that.
   */
  loadFragment({ issuer, feed, text, headerSvn, receipts = [] }: FragmentRequest): void {
    const namespace = fragmentNamespace(text);
    const input = {
      issuer,
      feed,
      namespace,
      has_header_svn: headerSvn !== undefined,
      header_svn: headerSvn ?? null,
      receipts,
    };
    const { parameters } = this.#ask("load_fragment", { ...input, fragment_loaded: false });
    const sets = Array.isArray(parameters) && parameters.length > 0 ? parameters : [{}];
    for (const set of sets) {
      let stays = false;
      this.#enforcer.addFragment(fragmentModule({ issuer, feed, text }, set));
      try {
        stays = this.#ask("load_fragment", { ...input, fragment_loaded: true })["add_module"] === true;
      } finally {
        if (!stays) this.#enforcer.removeFragment({ issuer, feed });
      }
    }
  }

  #ask(point: string, input: JsonObject): JsonObject {
    return this.#enforcer.enforce(point, input);
  }
}

function processInput(request: ProcessRequest): JsonObject {
  return {
    containerID: request.containerId,
    argList: request.arguments,
    envList: request.environment,
    workingDir: request.workingDirectory,
    noNewPrivileges: request.noNewPrivileges,
    user: identityInput(request.user),
    groups: request.groups.map(identityInput),
    umask: request.umask,
    capabilities: capabilitiesInput(request.capabilities),
  };
}

function identityInput({ id, name }: PolicyIdentity): JsonObject {
  return { id, name };
}
