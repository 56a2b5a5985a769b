/** All doors we stand at, and all we have come to. Nobody is at one door on both sides. */
import { equalBytes } from '../lib/bytes.ts';
import type { Topic } from '../protocol/ids.ts';
import type { DoorContext } from './door-context.ts';
import { DoorVisit } from './door-visit.ts';
import { GroupDoorPost } from './group-door.ts';
import type { GroupDoor, Knocking, KnockHandler, KnockOptions } from './knocking.ts';
import { doorTopic } from './meeting.ts';

interface OpenDoor {
  readonly door: GroupDoor;
  readonly post: GroupDoorPost;
}

export class GroupDoors {
  readonly #context: DoorContext;
  readonly #stalled: (reason: unknown) => void;
  readonly #open = new Map<Topic, OpenDoor>();
  readonly #visits = new Map<Topic, DoorVisit>();
  #doors: readonly GroupDoor[] = [];
  #handler: KnockHandler | undefined;
  #quiet = false;
  #closed = false;

  /** `stalled`: the room that answers could not. */
  constructor(context: DoorContext, stalled: (reason: unknown) => void) {
    this.#context = context;
    this.#stalled = stalled;
  }

  answerWith(handler: KnockHandler): void {
    this.#handler = handler;
  }

  /** The whole list. Doors that are open already stay as they are. */
  setDoors(doors: readonly GroupDoor[]): void {
    this.#doors = doors;
    this.#arrange();
  }

  /** Who wants not to be seen stands at no door. */
  setQuiet(quiet: boolean): void {
    this.#quiet = quiet;
    this.#arrange();
  }

  knock(options: KnockOptions): Knocking {
    const topic = doorTopic(options.topicSecret);
    this.#visits.get(topic)?.close();
    this.#shut(topic);
    const visit = new DoorVisit(this.#context, options);
    this.#visits.set(topic, visit);
    return {
      askAnother: () => visit.askAnother(),
      close: () => {
        visit.close();
        if (this.#visits.get(topic) !== visit) return;
        this.#visits.delete(topic);
        this.#arrange();
      },
    };
  }

  close(): void {
    this.#closed = true;
    for (const topic of [...this.#open.keys()]) this.#shut(topic);
    for (const visit of this.#visits.values()) visit.close();
    this.#visits.clear();
  }

  #arrange(): void {
    if (this.#closed) return;
    const wanted = new Map(this.#quiet ? [] : this.#doors.map((door) => [doorTopic(door.topicSecret), door]));
    for (const [topic, { door }] of [...this.#open]) {
      const next = wanted.get(topic);
      if (!next || !isSame(door, next)) this.#shut(topic);
    }
    for (const [topic, door] of wanted) {
      if (this.#open.has(topic) || this.#visits.has(topic)) continue;
      const post = new GroupDoorPost(this.#context, door, { handler: () => this.#handler, stalled: this.#stalled });
      this.#open.set(topic, { door, post });
    }
  }

  #shut(topic: Topic): void {
    this.#open.get(topic)?.post.close();
    this.#open.delete(topic);
  }
}

function isSame(one: GroupDoor, other: GroupDoor): boolean {
  const { group, inviteId, expires } = one;
  return (
    group === other.group && inviteId === other.inviteId && expires === other.expires && equalBytes(one.topicSecret, other.topicSecret)
  );
}
