import type { CallFailure, CallPerson, CallWith, CurrentCall } from '../../calls/call-view.ts';
import type { Contact } from '../../contacts/ports.ts';
import type { Group } from '../../groups/ports.ts';
import type { CallMedia } from '../../protocol/call-word.ts';
import type { AccountId, GroupId } from '../../protocol/ids.ts';
import type { CallRoster } from '../../session/call-entry.ts';
import { shownName } from '../groups/people.ts';
import { isAdmin } from '../groups/rights.ts';
import { Live } from '../live.svelte.ts';
import { arrange, handsInOrder, wishesFor, type Arrangement } from './arrangement.ts';
import type { CallOptions, Calls } from './contract.ts';

/** What somebody is about to begin, answer or join, looking at themselves first. */
export interface Asked {
  readonly whom: CallWith;
  readonly media: CallMedia;
  /** `answer`: it rings. `join`: it goes on. */
  readonly way: 'start' | 'answer' | 'join';
}

/** Who is who outside of calls. */
interface People {
  readonly me: AccountId;
  contactWith(account: AccountId): Contact | undefined;
  groupWith(group: GroupId): Group | undefined;
}

type Sheet = 'people' | 'devices' | 'keys';

/** The call on the screen: who is shown where, what is asked, what went wrong. The call itself lives behind `calls`. */
export class CallsView {
  readonly calls: Calls;
  readonly me: AccountId;
  /** The call leaves the screen to the talk, and goes on. */
  isSmall = $state(false);
  view = $state<'grid' | 'speaker'>('grid');
  pinned = $state.raw<string>();
  sheet = $state.raw<Sheet>();
  failure = $state.raw<CallFailure>();
  asked = $state.raw<Asked>();
  /** The browser plays no sound before somebody has clicked. */
  isSilent = $state(false);
  isTalkHeld = $state(false);
  /** Whom I have asked to mute last. */
  askedToMute = $state.raw<AccountId>();
  readonly #people: People;
  readonly #current: Live<CurrentCall | undefined>;
  readonly #going: Live<ReadonlyMap<GroupId, CallRoster>>;
  readonly #missed: Live<number>;
  readonly #levels: Live<ReadonlyMap<AccountId, number>>;
  /** Told to turn the sound on by those who could not play. */
  #players: readonly (() => void)[] = [];

  constructor(calls: Calls, people: People) {
    this.calls = calls;
    this.me = people.me;
    this.#people = people;
    this.#current = new Live(calls.current);
    this.#going = new Live(calls.going);
    this.#missed = new Live<number>(calls.missed, 0);
    this.#levels = new Live(calls.levels);
  }

  get current(): CurrentCall | undefined {
    return this.#current.current;
  }

  get missed(): number {
    return this.#missed.current ?? 0;
  }

  /** Somebody is talked with, or called. */
  readonly active = $derived.by(() => {
    const { current } = this;
    return current && (current.phase === 'calling' || current.phase === 'in') ? current : undefined;
  });

  readonly talk = $derived.by(() => (this.current?.phase === 'in' ? this.current : undefined));

  readonly isGroup = $derived.by(() => this.current?.with.kind === 'group');

  readonly isFull = $derived.by(() => this.current !== undefined && this.current.phase !== 'ringing' && !this.isSmall);

  readonly arrangement = $derived.by((): Arrangement | undefined => {
    const { talk } = this;
    return talk && arrange(talk, { view: this.view, pinned: this.pinned, isPair: talk.with.kind === 'contact' });
  });

  readonly isAdmin = $derived.by(() => {
    const whom = this.current?.with;
    const group = whom?.kind === 'group' ? this.#people.groupWith(whom.group) : undefined;
    return group !== undefined && isAdmin(group.me.role);
  });

  #hands: readonly AccountId[] = [];
  /** Hands up, in their order. */
  readonly hands = $derived.by((): readonly AccountId[] => {
    const { talk } = this;
    const mine = talk ? [{ account: this.me, hand: talk.own.hand }] : [];
    this.#hands = handsInOrder(this.#hands, [...(talk?.people ?? []), ...mine]);
    return this.#hands;
  });

  levelOf(account: AccountId): number {
    return this.#levels.current?.get(account) ?? 0;
  }

  goingIn(group: GroupId): CallRoster | undefined {
    return this.#going.current?.get(group);
  }

  /** Empty for somebody not known here. */
  nameOf(account: AccountId): string {
    const whom = this.current?.with;
    const group = whom?.kind === 'group' ? this.#people.groupWith(whom.group) : undefined;
    const member = group?.members.find((each) => each.account === account);
    return member ? shownName(member) : (this.#people.contactWith(account)?.name ?? '');
  }

  nameOfCall(whom: CallWith): string {
    if (whom.kind === 'group') return this.#people.groupWith(whom.group)?.name ?? '';
    return this.#people.contactWith(whom.contact)?.name ?? '';
  }

  groupOf(whom: CallWith): Group | undefined {
    return whom.kind === 'group' ? this.#people.groupWith(whom.group) : undefined;
  }

  /** Asks before anything is sent; whoever is in a call is led back to it. */
  ask(whom: CallWith, media: CallMedia): void {
    if (this.active) {
      this.isSmall = false;
      return;
    }
    this.failure = undefined;
    this.asked = { whom, media, way: whom.kind === 'group' && this.goingIn(whom.group) ? 'join' : 'start' };
  }

  /** Looks at oneself before answering with a picture. */
  askToAnswer(call: CurrentCall): void {
    this.failure = undefined;
    this.asked = { whom: call.with, media: call.media, way: 'answer' };
  }

  async begin(options: CallOptions): Promise<void> {
    const { asked } = this;
    if (!asked) return;
    const begun = asked.way === 'answer' ? await this.calls.answer(options) : await this.calls.start(asked.whom, options);
    this.failure = begun.ok ? undefined : begun.failure;
    if (begun.ok) this.#began();
  }

  async answer(media: CallMedia): Promise<void> {
    const answered = await this.calls.answer({ media, microphone: true, camera: media === 'video' });
    this.failure = answered.ok ? undefined : answered.failure;
    if (answered.ok) this.#began();
  }

  closeAsked(): void {
    this.asked = undefined;
    this.failure = undefined;
  }

  hangUp(): void {
    this.sheet = undefined;
    this.calls.hangUp();
  }

  toggleMute(): void {
    const { active } = this;
    if (active) this.calls.setMuted(!active.own.muted);
  }

  async toggleCamera(): Promise<void> {
    const { active } = this;
    if (!active) return;
    const done = await this.calls.setCamera(active.own.camera.kind !== 'on');
    this.failure = done.ok ? undefined : done.failure;
  }

  async toggleShare(sound = false): Promise<void> {
    const { talk } = this;
    if (!talk) return;
    if (talk.own.screen.kind === 'on') {
      this.calls.stopSharing();
      return;
    }
    const done = await this.calls.shareScreen({ sound });
    this.failure = done.ok ? undefined : done.failure;
  }

  toggleHand(): void {
    const { talk } = this;
    if (talk && this.isGroup) this.calls.setHand(!talk.own.hand);
  }

  toggleSheet(sheet: Sheet): void {
    this.sheet = this.sheet === sheet ? undefined : sheet;
  }

  pin(key: string): void {
    this.pinned = this.pinned === key ? undefined : key;
  }

  /** From the keyboard, while muted: heard as long as it is held. */
  holdTalk(isHeld: boolean): void {
    if (isHeld ? this.active?.own.muted !== true : !this.isTalkHeld) return;
    this.isTalkHeld = isHeld;
    this.calls.setMuted(!isHeld);
  }

  mutePlease({ account }: CallPerson): void {
    this.calls.askToMute(account);
    this.askedToMute = account;
  }

  /** Tells the others how large they are wished. */
  wish(): void {
    const { arrangement } = this;
    if (arrangement) this.calls.show(wishesFor(arrangement, this.isSmall));
  }

  /** Gives the way to leave. */
  addPlayer(play: () => void): () => void {
    this.#players = [...this.#players, play];
    return () => {
      this.#players = this.#players.filter((each) => each !== play);
    };
  }

  turnSoundOn(): void {
    this.isSilent = false;
    for (const play of this.#players) play();
  }

  /** Another call is on the screen than before. */
  renewed(): void {
    this.pinned = undefined;
    this.sheet = undefined;
    this.isTalkHeld = false;
    this.isSilent = false;
    this.askedToMute = undefined;
    this.#hands = [];
  }

  #began(): void {
    this.asked = undefined;
    this.isSmall = false;
    this.view = 'grid';
  }
}
