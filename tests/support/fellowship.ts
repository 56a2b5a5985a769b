/** Groups are made of people who know each other's devices: what a scenario needs of that, without a group. */
import { verifyCredential } from '../../src/identity/credential.ts';
import type { VerifiedDevice } from '../../src/identity/device.ts';
import { textOf, utf8 } from '../../src/lib/bytes.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import type { Fellow } from '../../src/session/fellow.ts';
import { valueOf } from './value-of.ts';
import type { Person } from './world.ts';

export function fellowOf({ device }: Person): Fellow {
  const verified = valueOf(verifyCredential(device.credential));
  return { id: verified.account, device: verified };
}

/** Each of them has all the others as fellows, and nobody else. */
export async function makeFellows(...people: readonly Person[]): Promise<void> {
  for (const person of people) await person.app.session.setFellows(people.map(fellowOf));
}

/** What comes over somebody's links for groups. */
export class GroupMail {
  readonly received: { readonly from: AccountId; readonly device: VerifiedDevice; readonly text: string | undefined }[] = [];
  readonly #person: Person;

  constructor(person: Person) {
    this.#person = person;
    person.app.session.on('group-frame', ({ from, device, body }) => this.received.push({ from, device, text: textOf(body) }));
  }

  get texts(): readonly (string | undefined)[] {
    return this.received.map(({ text }) => text);
  }

  send(to: Person, text: string): boolean {
    return this.#person.app.session.groupChannel.send(to.id, utf8(text));
  }
}

export function isLinked(one: Person, other: Person): boolean {
  let linked = false;
  one.app.session.links.subscribe((links) => (linked = ['direct', 'relayed'].includes(links.get(other.id) ?? ''))).unsubscribe();
  return linked;
}

/** Answers about groups that come to somebody, from now on. */
export function hearAnswers(person: Person): { readonly from: AccountId; readonly answer: string }[] {
  const heard: { from: AccountId; answer: string }[] = [];
  person.app.session.register('groupAnswer', {
    received: (from, contents) => {
      for (const { answer } of contents) heard.push({ from, answer });
      return Promise.resolve([]);
    },
    sent: () => [],
    delivered: () => [],
  });
  return heard;
}
