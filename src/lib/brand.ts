declare const brand: unique symbol;

/** A `Base` that must not be mixed up with another: made in one place, told apart by the compiler everywhere else. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
