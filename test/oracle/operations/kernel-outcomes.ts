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
  /** Without an upper directory: there must be two layers. */
  readonly readOnly?: boolean;
  /** Mount options besides those of every case. */
  readonly options?: string;
}

/** Room for long lists; what is not written takes none. */
const imageBytes = 2 ** 30;

/** How every overlay is mounted: as the guest does it. */
const overlayOptions = "noatime,nodev,redirect_dir=off,metacopy=off,index=off,xino=off";

/** What the kernel's ext4 makes of lists, each on a new file system of mkfs's, which has a `lost+found`. */
export function ext4Outcomes(lists: readonly OperationList[]): Outcome[] {
  return inFolder((folder) => {
    const session = new KernelSession();
    const root = join(folder, "mount");
    session.command(`mkdir '${root}'`);
    const outcomes = lists.map((list, index) => {
      const image = join(folder, `image-${index}`);
      const mounting = { root, ...mountingOf(image, root) };
      session.command(`${makeExt4(image, imageBytes)} && ${mounting.mount}`);
      const answers = runSegments(session, mounting, list);
      const snapshot = session.snapshot(root);
      session.command(`${mounting.unmount} && rm '${image}'`);
      return { answers, snapshot };
    });
    session.play();
    return outcomes.map(({ answers, snapshot }) => ({ answers: answers.flat(), snapshot }));
  });
}

/** What the kernel's ext4 makes of lists, each in a new folder of one file system. */
export function folderOutcomes(lists: readonly OperationList[]): Outcome[] {
  return inFolder((folder) => {
    const session = new KernelSession();
    const image = join(folder, "image");
    const place = join(folder, "mount");
    const { mount, unmount } = mountingOf(image, place);
    session.command(`mkdir '${place}' && ${makeExt4(image, imageBytes)} && ${mount}`);
    const outcomes = lists.map((list, index) => {
      const root = join(place, `${index}`);
      session.command(`mkdir '${root}'`);
      const answers = runSegments(session, { root, mount, unmount }, list);
      return { answers, snapshot: session.snapshot(root) };
    });
    session.play();
    return outcomes.map(({ answers, snapshot }) => ({ answers: answers.flat(), snapshot }));
  });
}

function mountingOf(image: string, place: string): Omit<Mounting, "root"> {
  return {
    mount: `mount -t ext4 -o loop,noatime,nodev '${image}' '${place}'`,
    unmount: `umount '${place}'`,
  };
}

/** What the kernel makes of a list on an ext4 image, whoever made it. @param folder one to mount in. */
export function imageOutcome(image: string, folder: string, list: OperationList): Outcome {
  const session = new KernelSession();
  const root = join(folder, "mount");
  const { mount, unmount } = mountingOf(image, root);
  session.command(`mkdir -p '${root}' && ${mount}`);
  const answers = session.run(root, list);
  const snapshot = session.snapshot(root);
  session.command(unmount);
  session.play();
  return { answers, snapshot };
}

/** What the kernel's overlayfs makes of cases: all layers on one ext4, all upper directories on another. */
export function overlayOutcomes(cases: readonly OverlayCase[]): Outcome[] {
  return inFolder((folder) => {
    const session = new KernelSession();
    session.command(`cd '${folder}' && mkdir lower upper merged`);
    for (const name of ["lower", "upper"]) {
      const image = join(folder, `${name}.image`);
      session.command(
        `${makeExt4(image, imageBytes)} && mount -o loop,noatime '${image}' '${folder}/${name}'`,
      );
    }
    const outcomes = cases.map((one, index) => planOverlay(session, folder, `${index}`, one));
    session.play();
    return outcomes.map(({ answers, ...rest }) => ({ answers: answers.flat(), ...rest }));
  });
}

function planOverlay(session: KernelSession, folder: string, name: string, one: OverlayCase) {
  const { layers, upper, list, options, readOnly = false } = one;
  const lowerFolder = join(folder, "lower", name);
  const upperFolder = join(folder, "upper", name);
  session.command(`mkdir -p '${lowerFolder}' '${upperFolder}/upper' '${upperFolder}/work'`);
  for (const [index, layer] of layers.entries()) {
    session.command(`mkdir '${lowerFolder}/${index}'`);
    session.run(`${lowerFolder}/${index}`, layer);
  }
  if (upper) session.run(`${upperFolder}/upper`, upper);
  // Short names: mount(2) takes a page of options.
  const lowers = [...layers.keys()].reverse().join(":");
  const changing = `,upperdir=../../upper/${name}/upper,workdir=../../upper/${name}/work`;
  const places = `lowerdir=${lowers}${readOnly ? "" : changing}`;
  const all = [places, overlayOptions, ...(options === undefined ? [] : [options])].join(",");
  const mount = `cd '${lowerFolder}' && mount -t overlay -o '${all}' none '${folder}/merged'`;
  session.command(mount);
  const unmount = `umount '${folder}/merged'`;
  const answers = runSegments(session, { root: `${folder}/merged`, mount, unmount }, list);
  const snapshot = session.snapshot(`${folder}/merged`);
  session.command(unmount);
  return { answers, snapshot, upper: session.snapshot(`${upperFolder}/upper`) };
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
