/** Runs a scenario's operations against a policy, in the form of the recorded traces. */

import { PolicyError } from "../../src/errors.ts";
import {
  type CapabilityLists,
  GuestRequests,
  type Policy,
  PolicyDenial,
  type PolicyEnforcer,
  type PolicyIdentity,
  type PolicyMount,
  type PolicyQuery,
} from "../../src/policy/index.ts";
import type { JsonValue } from "../../src/rego/index.ts";
import { type Operation, type ScenarioText, textOf } from "./traces.ts";

/** What came of a step. */
export interface StepOutcome {
  readonly op: Operation;
  readonly allowed: boolean;
  readonly error?: string;
  readonly error_message_length?: number;
  readonly policy_decision?: unknown;
  readonly returned?: unknown;
  readonly metadata_after: unknown;
  readonly rego_queries: readonly unknown[];
}

/** An enforcer to which operations are put one by one. */
export class Scenario {
  readonly enforcer: PolicyEnforcer;
  readonly #requests: GuestRequests;
  #queries: PolicyQuery[] = [];

  constructor(policy: Policy) {
    this.enforcer = policy.enforcer({
      longestMessage: 0,
      onQuery: (query) => this.#queries.push(query),
    });
    this.#requests = new GuestRequests(this.enforcer);
  }

  step(op: Operation): StepOutcome {
    this.#queries = [];
    const [outcome, returned] = this.#outcome(op);
    return {
      op,
      ...outcome,
      ...(returned !== undefined && { returned }),
      metadata_after: plain(this.enforcer.metadata()),
      rego_queries: this.#queries.map((query) => plain(query)),
    };
  }

  #outcome(op: Operation): readonly [Pick<StepOutcome, "allowed">, unknown?] {
    try {
      return [{ allowed: true }, returnedOf(perform(this.#requests, op))];
    } catch (error) {
      if (error instanceof PolicyDenial) {
        const length = error.message.length;
        return [
          {
            allowed: false,
            error_message_length: length,
            policy_decision: plain(error.decision),
          } as StepOutcome,
        ];
      }
      if (error instanceof PolicyError) return [{ allowed: false, error: error.message } as StepOutcome];
      throw error;
    }
  }
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function returnedOf(grant: unknown): unknown {
  if (grant === undefined) return undefined;
  const { environment, capabilities, stdioAccess } = grant as {
    readonly environment: readonly string[];
    readonly capabilities?: CapabilityLists;
    readonly stdioAccess: boolean;
  };
  const lists =
    capabilities &&
    Object.fromEntries(Object.entries(capabilities).map(([kind, list]) => [kind, [...(list ?? [])].sort()]));
  return {
    allow_stdio_access: stdioAccess,
    env_to_keep: [...environment].sort(),
    ...(lists && { caps_to_keep: lists }),
  };
}

function fieldsOf(op: Operation): <Type>(name: string) => Type {
  return <Type>(name: string) => op[name] as Type;
}

function perform(requests: GuestRequests, op: Operation): unknown {
  const field = fieldsOf(op);
  const target = field<string>("target");
  const unmountTarget = field<string>("unmountTarget");
  switch (op.op) {
    case "mount_device":
      return requests.mountDevice(target, field("deviceHash"));
    case "unmount_device":
      return requests.unmountDevice(unmountTarget);
    case "rw_mount_device":
      return requests.mountWritableDevice(target, {
        encrypted: field("encrypted"),
        ensureFilesystem: field("ensureFilesystem"),
        filesystem: field("filesystem"),
      });
    case "rw_unmount_device":
      return requests.unmountWritableDevice(unmountTarget);
    case "mount_blockdev":
      return requests.mountBlockDevice(target);
    case "unmount_blockdev":
      return requests.unmountBlockDevice(unmountTarget);
    case "scratch_mount":
      return requests.mountScratch(target, field("encrypted"));
    case "scratch_unmount":
      return requests.unmountScratch(unmountTarget);
    case "mount_overlay":
      return requests.mountOverlay(field("containerID"), field("layerPaths"), target);
    case "unmount_overlay":
      return requests.unmountOverlay(unmountTarget);
    case "plan9_mount":
      return requests.mountPlan9(target);
    case "plan9_unmount":
      return requests.unmountPlan9(unmountTarget);
    case "get_properties":
      return requests.getProperties();
    case "dump_stacks":
      return requests.dumpStacks();
    case "runtime_logging":
      return requests.runtimeLogging();
    case "host_network":
      return requests.hostNetwork();
    default:
      return performOnContainer(requests, op);
  }
}

function performOnContainer(requests: GuestRequests, op: Operation): unknown {
  const field = fieldsOf(op);
  const process = {
    containerId: field<string>("containerID"),
    arguments: field<string[] | null>("argList"),
    environment: field<string[] | null>("envList"),
    workingDirectory: field<string>("workingDir"),
    noNewPrivileges: field<boolean>("noNewPrivileges"),
    user: field<PolicyIdentity>("user"),
    groups: field<PolicyIdentity[]>("groups"),
    umask: field<string>("umask"),
    capabilities: field<CapabilityLists | null>("capabilities"),
  };
  const headerSvn = field<JsonValue | undefined>("header_svn");
  switch (op.op) {
    case "create_container":
      return requests.createContainer({
        ...process,
        sandboxId: field("sandboxID"),
        isSandboxContainer: field("isSandboxContainer"),
        privileged: field("privileged"),
        mounts: field<PolicyMount[]>("mounts"),
        devices: field<JsonValue[] | undefined>("devices") ?? [],
        seccompProfileSha256: field("seccompProfileSHA256"),
      });
    case "exec_in_container":
      return requests.execInContainer(process);
    case "exec_external":
      return requests.execExternal(process);
    case "shutdown_container":
      return requests.shutdownContainer(process.containerId);
    case "signal_container_process":
      return requests.signalContainerProcess({
        ...process,
        signal: field("signal"),
        isInitProcess: field("isInitProcess"),
      });
    case "load_fragment":
      return requests.loadFragment({
        issuer: field("issuer"),
        feed: field("feed"),
        text: textOf(field<ScenarioText>("fragment")),
        ...(headerSvn !== undefined && { headerSvn }),
      });
    default:
      throw new Error(`no operation ${op.op}`);
  }
}
