/** What the kernel makes of operation lists, on its ext4 and on its overlayfs. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KernelSession, makeExt4 } from "./kernel-session.ts";
import type { OperationList } from "./operation.ts";
import { segmentsOf } from "./segments.ts";

/** What came of a list. */
export interface Outcome {
  /** To each line that is a call. */
  readonly answers: readonly string[];
  /** What there is in the end, a line a name. */
  readonly snapshot: readonly string[];
  /** Of an overlay: what its upper directory holds in the end. */
  readonly upper?: readonly string[];
}

/** Layers, and calls on what they come to. */
export interface OverlayCase {
  /** Lists that make the layers, the lowest first; each layer begins as an empty directory. */
  readonly layers: readonly OperationList[];
  /** A list that makes what is in the upper directory at the beginning. */
  readonly upper?: OperationList;
  readonly list: OperationList;
  /** Mount options besides those of every case. */
  readonly options?: string;
}

const imageBytes = 64 * 2 ** 20;

/** How every overlay is mounted: as the guest does it. */
const overlayOptions = "noatime,nodev,redirect_dir=off,metacopy=off,index=off,xino=off";

/** What the kernel's ext4 makes of lists, each on a new file system. */
export function ext4Outcomes(lists: readonly OperationList[]): Outcome[] {
  return inFolder((folder) => {
    const session = new KernelSession();
    const root = join(folder, "mount");
    session.command(`mkdir '${root}'`);
    const outcomes = lists.map((list, index) => {
      const image = join(folder, `image-${index}`);
      session.command(makeExt4(image, imageBytes));
      const mount = `mount -t ext4 -o loop,noatime,nodev '${image}' '${root}'`;
      session.command(`${mount} && rmdir '${root}/lost+found'`);
      const answers = runSegments(session, { root, mount, unmount: `umount '${root}'` }, list);
      const snapshot = session.snapshot(root);
      session.command(`umount '${root}' && rm '${image}'`);
      return { answers, snapshot };
    });
    session.play();
    return outcomes.map(({ answers, snapshot }) => ({ answers: answers.flat(), snapshot }));
  });
}

/** What the kernel's overlayfs makes of cases: layers on one ext4, the upper directory on another, new for each case. */
export function overlayOutcomes(cases: readonly OverlayCase[]): Outcome[] {
  return inFolder((folder) => {
    const session = new KernelSession();
    session.command(`cd '${folder}' && mkdir lower upper merged`);
    const outcomes = cases.map((one) => planOverlay(session, folder, one));
    session.play();
    return outcomes.map(({ answers, ...rest }) => ({ answers: answers.flat(), ...rest }));
  });
}

function planOverlay(session: KernelSession, folder: string, { layers, upper, list, options }: OverlayCase) {
  const image = (name: string): string => join(folder, `${name}.image`);
  for (const name of ["lower", "upper"]) {
    session.command(`rm -f '${image(name)}' && ${makeExt4(image(name), imageBytes)}`);
    session.command(`mount -o loop,noatime '${image(name)}' '${folder}/${name}'`);
  }
  for (const [index, layer] of layers.entries()) {
    session.command(`mkdir '${folder}/lower/${index}'`);
    session.run(`${folder}/lower/${index}`, layer);
  }
  session.command(`cd '${folder}/upper' && mkdir upper work`);
  if (upper) session.run(`${folder}/upper/upper`, upper);
  // Short names: mount(2) takes a page of options.
  const lowers = [...layers.keys()].reverse().join(":");
  const places = `lowerdir=${lowers},upperdir=../upper/upper,workdir=../upper/work`;
  const all = [places, overlayOptions, ...(options === undefined ? [] : [options])].join(",");
  const mount = `cd '${folder}/lower' && mount -t overlay -o '${all}' none '${folder}/merged'`;
  session.command(mount);
  const unmount = `umount '${folder}/merged'`;
  const answers = runSegments(session, { root: `${folder}/merged`, mount, unmount }, list);
  const snapshot = session.snapshot(`${folder}/merged`);
  session.command(unmount);
  const upperSnapshot = session.snapshot(`${folder}/upper/upper`);
  session.command(`umount '${folder}/upper' '${folder}/lower'`);
  return { answers, snapshot, upper: upperSnapshot };
}

/** Where calls are made. */
interface Mounting {
  readonly root: string;
  /** Shell commands. */
  readonly mount: string;
  readonly unmount: string;
}

function runSegments(
  session: KernelSession,
  { root, mount, unmount }: Mounting,
  list: OperationList,
): (readonly string[])[] {
  return segmentsOf(list).map((segment, index) => {
    if (index > 0) session.command(`${unmount} && ${mount}`);
    return session.run(root, segment);
  });
}

function inFolder<Result>(use: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-oracle-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
