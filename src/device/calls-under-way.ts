/** What lets a device's `close` wait for its calls, and its calls know of `close`. */
import { StateError } from "../errors.ts";

/** Counts a device's calls under way, and closes the device once after the last of them. */
export class CallsUnderWay {
  #count = 0;
  #closed: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  /**
   * Begins a call; `leave` must follow, however the call ends.
   *
   * @param deviceName names the device in the error.
   * @param signal where it is aborted already, the call does not begin.
   * @throws {StateError} `closed` once `close` was called; then what the signal was aborted with.
   */
  enter(deviceName: string, signal?: AbortSignal): void {
    if (this.#closed) throw closedError(deviceName);
    signal?.throwIfAborted();
    this.#count += 1;
  }

  leave(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#onIdle?.();
  }

  /** Lets no call in any more, waits for those under way, and then runs `release`, once for all calls of `close`. */
  close(release: () => Promise<void>): Promise<void> {
    this.#closed ??= this.#idle().then(release);
    return this.#closed;
  }

  #idle(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }
}

/** The answer to every call on a device after `close`. */
export function closedError(deviceName: string): StateError {
  return new StateError("closed", `${deviceName} is closed: open it anew`, { at: { device: deviceName } });
}
