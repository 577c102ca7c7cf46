/** Less than that is hashed before another thread has started. */
export const worthThreadsBytes: number = 32 * 2 ** 20;
