/** Own keys and the other side's are different types, so that the one is never taken for the other. */
export type Direction = 'sending' | 'receiving';
