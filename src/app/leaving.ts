/** The ways out of an open account. */
export interface Leaving {
  /** Closes it in every tab; its name stays at the door. */
  lock(): Promise<void>;
  /** Closes it in every tab. */
  logOut(): Promise<void>;
  /** Closes it in every tab and deletes it with all its data. */
  erase(): Promise<void>;
}
