/** What a consumer takes from the entry for Node. */
import { spawnWorkerThread, WorkerPool } from "sealstone/node";

export async function countWorkers(script: URL): Promise<number> {
  const pool = new WorkerPool(2, () => spawnWorkerThread(script));
  const { size } = pool;
  await pool.close();
  return size;
}
