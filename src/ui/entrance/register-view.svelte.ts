import type { Door, NameFailure, PasswordFailure, PasswordStrength, Registration } from '../parley.ts';

/** The form for a new account. Answers that come late, to something typed meanwhile, are dropped. */
export class RegisterView {
  userName = $state('');
  password = $state('');
  nameFailure = $state.raw<NameFailure>();
  passwordFailure = $state.raw<PasswordFailure>();
  strength = $state.raw<PasswordStrength>();
  working = $state(false);
  readonly #door: Door;

  constructor(door: Door) {
    this.#door = door;
  }

  /** An empty name is no mistake while somebody has yet to type it. */
  async nameTyped(): Promise<void> {
    const name = this.userName;
    if (name === '') {
      this.nameFailure = undefined;
      return;
    }
    const checked = await this.#door.checkName(name);
    if (name === this.userName) this.nameFailure = checked.ok ? undefined : checked.failure;
  }

  async passwordTyped(): Promise<void> {
    const { password, userName } = this;
    this.passwordFailure = undefined;
    const strength = password === '' ? undefined : await this.#door.strengthOf(password, userName);
    if (password === this.password) this.strength = strength;
  }

  /** The account to be, or undefined when the name or the password is not good enough: then it says which. */
  async submit(): Promise<Registration | undefined> {
    this.working = true;
    try {
      const made = await this.#door.register(this.userName, this.password);
      if (made.ok) return made.value;
      if (made.failure.kind === 'password-weak') this.passwordFailure = made.failure;
      else this.nameFailure = made.failure;
      return undefined;
    } finally {
      this.working = false;
    }
  }
}
