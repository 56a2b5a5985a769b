/**
 * One change to the store, made by a store port and carried out together with others.
 *
 * Core rooms collect writes and hand them to one `commit`; what is inside is the store's own business.
 * This is how a session's new state and the message it produced are saved in one transaction although
 * the session does not know what a message is.
 */
export interface Write {
  /** The tables this change touches: they become the scope of the transaction. */
  readonly tables: readonly string[];
}

export interface Committer {
  /** Carries out all writes in order in one transaction: all or none. Rejects when the store refuses (full, closed). */
  commit(writes: readonly Write[]): Promise<void>;
}
