/** The mount table does step by step what hcsshim's did. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { MountTable } from "../../src/agent/index.ts";
import { StateError } from "../../src/errors.ts";

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly source?: string;
  readonly encrypted?: boolean;
  readonly layers?: readonly string[];
  readonly scratch?: string;
}

interface Trace {
  readonly name: string;
  readonly description: string;
  readonly steps: readonly {
    readonly op: Operation;
    readonly ok: boolean;
    readonly error?: string;
    readonly value?: boolean;
    readonly devices_after: { readonly [path: string]: object };
  }[];
}

const packed = readFileSync(new URL("../golden/mounts/traces.json.gz", import.meta.url));
const traces: readonly Trace[] = JSON.parse(gunzipSync(packed).toString("utf8"));

/** A table, and what undoes its last removal. */
class Subject {
  readonly table = new MountTable();
  #beforeRemoval = this.table.snapshot();

  run({ op, path, source = "", encrypted = false, layers = [], scratch = "" }: Operation): unknown {
    const { table } = this;
    switch (op) {
      case "add_ro":
        return table.addReadOnly(path, source);
      case "add_rw":
        return table.addWritable(path, source, encrypted);
      case "add_overlay":
        return table.addOverlay(path, layers, scratch);
      case "remove_ro":
        return table.removeReadOnly(path, source);
      case "remove_rw":
        return table.removeWritable(path, source, encrypted);
      case "remove_overlay":
        this.#beforeRemoval = table.snapshot();
        return table.removeOverlay(path);
      case "undo_remove_overlay":
        return table.restore(this.#beforeRemoval);
      case "is_encrypted":
        return table.isEncrypted(path);
      case "has_overlay_at":
        return table.hasOverlayAt(path);
      default:
        throw new Error(`no operation ${op}`);
    }
  }

  get devices(): object {
    return Object.fromEntries(
      this.table
        .entries()
        .map(({ path, kind: type, source, encrypted, usage, references }) => [
          path,
          { type, source, encrypted, usage, references },
        ]),
    );
  }
}

test.each(traces)("$name: $description", ({ steps }) => {
  const subject = new Subject();
  for (const [i, { op, error, value, devices_after }] of steps.entries()) {
    const outcome = outcomeOf(() => subject.run(op));
    const name = `step ${i}: ${op.op}`;
    expect(outcome, name).toEqual(error === undefined ? { value } : { error });
    expect(subject.devices, name).toEqual(devices_after);
  }
});

function outcomeOf(run: () => unknown): object {
  try {
    return { value: run() };
  } catch (error) {
    if (error instanceof StateError && error.code === "busy") return { error: error.message };
    throw error;
  }
}

test("a path belongs to a mount by whole components, not by the letters it begins with", () => {
  const table = new MountTable();
  table.addWritable("/run/gcs/c/ab", "0:1", true);
  expect(table.isEncrypted("/run/gcs/c/ab/scratch/x")).toBe(true);
  expect(table.isEncrypted("/run/gcs/c/ab")).toBe(true);
  expect(table.isEncrypted("/run/gcs/c/abc/scratch/x")).toBe(false);
  expect(table.isEncrypted("/run/gcs/c/a")).toBe(false);
  expect(table.isEncrypted("/run/gcs/c/abc/../ab/x")).toBe(true);
});

test("of mounts within each other the longest has the path", () => {
  const table = new MountTable();
  table.addWritable("/run", "0:1", true);
  table.addReadOnly("/run/m0", "0:2");
  table.addWritable("/", "0:3", false);
  expect(table.containing("/run/m0/x")?.path).toBe("/run/m0");
  expect(table.containing("/run/m1")?.path).toBe("/run");
  expect(table.containing("/etc")?.path).toBe("/");
});

test("names that are properties of objects are paths as any other", () => {
  const table = new MountTable();
  table.addReadOnly("/__proto__", "constructor");
  expect(table.at("/__proto__")?.source).toBe("constructor");
  expect(table.at("/constructor")).toBeUndefined();
});
