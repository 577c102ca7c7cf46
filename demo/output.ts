/** Standard output of a demonstration: who reads it, and until when. */

/** How wide what is written may be: the terminal's width, and no limit in files and pipes. */
export function outputColumns({ isTTY, columns }: Pick<NodeJS.WriteStream, "isTTY" | "columns">): number {
  return isTTY && columns > 0 ? columns : Number.POSITIVE_INFINITY;
}

/** A reader that went away (`| head`) has read enough: the demonstration goes on, and its exit code is its own. */
export function heedNoClosedOutput(stream: Pick<NodeJS.WriteStream, "on">): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
