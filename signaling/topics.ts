/**
 * Who is where. A topic has members, known by their tags; a member has seats, one for each socket that joined under its
 * tag; a quiet seat receives everything and is never announced. Knows nothing of the network: sockets are told of changes
 * through `hereChanged`, and time is a port.
 *
 * What others have been told of a member is `announced`. It follows the truth at once when a member acts (joins, leaves,
 * turns quiet), and late when a socket merely died: until the hold-down is over, a socket that joins under the same tag
 * takes the place of the ghost and nobody is told anything.
 */
import type { Clock } from '../src/lib/clock.ts';

export type Change = 'in' | 'out';

export interface Subscriber {
  /** Somebody else on a topic that this socket is on came or went. */
  hereChanged(topic: string, member: string, change: Change): void;
}

export interface TopicsOptions {
  readonly clock: Clock;
  /** Topics per socket. */
  readonly maxTopics: number;
  /** Members per topic, ghosts included. */
  readonly maxMembers: number;
  /** Milliseconds that a member whose socket died is still announced; asked once per death, so that it can be jittered. */
  holdDown(): number;
}

interface Topic<Socket> {
  readonly name: string;
  /** A list, not a map: nearly every topic has two members. */
  members: Member<Socket>[];
}

interface Member<Socket> {
  readonly tag: string;
  seats: Seat<Socket>[];
  announced: boolean;
  /** The death after which it will be announced as gone, if nobody takes its place until then. */
  hold: object | undefined;
}

interface Seat<Socket> {
  readonly socket: Socket;
  readonly topic: Topic<Socket>;
  readonly member: Member<Socket>;
  quiet: boolean;
}

export class Topics<Socket extends Subscriber> {
  readonly #options: TopicsOptions;
  readonly #topics = new Map<string, Topic<Socket>>();
  readonly #seats = new Map<Socket, Map<string, Seat<Socket>>>();

  constructor(options: TopicsOptions) {
    this.#options = options;
  }

  /**
   * Takes a seat on a topic under a tag, or changes the seat the socket has there (quiet or not; another tag is another
   * member). Says `limit` when the socket is on too many topics or the topic has too many members.
   */
  join(socket: Socket, name: string, tag: string, quiet: boolean): 'joined' | 'limit' {
    const seated = this.#seats.get(socket)?.get(name);
    if (seated?.member.tag === tag) {
      seated.quiet = quiet;
      this.#follow(seated.topic, seated.member);
      return 'joined';
    }
    if (seated) this.leave(socket, name);
    return this.#sit(socket, name, tag, quiet);
  }

  /** Gives up the seat; others are told at once. */
  leave(socket: Socket, name: string): void {
    const seats = this.#seats.get(socket);
    const seat = seats?.get(name);
    if (!seat) return;
    seats?.delete(name);
    stand(seat);
    this.#follow(seat.topic, seat.member);
    this.#tidy(seat.topic);
  }

  /** The socket died: its members stay announced through the hold-down, where there is anybody to be told. */
  drop(socket: Socket): void {
    const hold = {};
    const held: Seat<Socket>[] = [];
    for (const seat of this.#seats.get(socket)?.values() ?? []) {
      const { topic, member } = seat;
      stand(seat);
      if (member.announced && !isPresent(member)) {
        member.hold = hold;
        held.push(seat);
      }
      this.#tidy(topic);
    }
    this.#seats.delete(socket);
    if (held.length > 0) this.#options.clock.after(this.#options.holdDown(), () => this.#endHold(hold, held));
  }

  /** The announced members of a topic: what a socket is told when it joins. */
  here(name: string): string[] {
    const members = this.#topics.get(name)?.members ?? [];
    return members.filter((member) => member.announced).map((member) => member.tag);
  }

  /**
   * Hands something to every other member's sockets on the topic, or to those of the member `to`. `hand` is given each
   * socket and says whether it took it. Returns the number of present members (not quiet ones) of whom a socket took it;
   * undefined when the sender is not on the topic.
   */
  publish(sender: Socket, name: string, to: string | undefined, hand: (socket: Socket, from: string) => boolean): number | undefined {
    const seat = this.#seats.get(sender)?.get(name);
    if (!seat) return undefined;
    let reached = 0;
    for (const member of seat.topic.members) {
      if (member === seat.member || (to !== undefined && member.tag !== to)) continue;
      const taken = member.seats.filter(({ socket }) => hand(socket, seat.member.tag));
      if (taken.length > 0 && isPresent(member)) reached++;
    }
    return reached;
  }

  /** How many topics are kept, and how many seats there are in all. */
  get size(): { readonly topics: number; readonly seats: number } {
    let seats = 0;
    for (const own of this.#seats.values()) seats += own.size;
    return { topics: this.#topics.size, seats };
  }

  #sit(socket: Socket, name: string, tag: string, quiet: boolean): 'joined' | 'limit' {
    const seats = this.#seats.get(socket) ?? new Map<string, Seat<Socket>>();
    const topic = this.#topics.get(name) ?? { name, members: [] };
    const known = topic.members.find((one) => one.tag === tag);
    if (seats.size >= this.#options.maxTopics || (!known && topic.members.length >= this.#options.maxMembers)) return 'limit';
    const member = known ?? { tag, seats: [], announced: false, hold: undefined };
    // Joined, not pushed to: V8 gives a list that is pushed to room for 17, and most hold one or two.
    if (!known) topic.members = topic.members.concat(member);
    const seat = { socket, topic, member, quiet };
    member.seats = member.seats.concat(seat);
    // Not `name`, which may be another copy of the same text.
    seats.set(topic.name, seat);
    this.#topics.set(name, topic);
    this.#seats.set(socket, seats);
    this.#follow(topic, member);
    return 'joined';
  }

  /** Makes what others were told agree with the truth, now. */
  #follow(topic: Topic<Socket>, member: Member<Socket>): void {
    member.hold = undefined;
    const present = isPresent(member);
    if (member.announced === present) return;
    member.announced = present;
    for (const other of topic.members) {
      if (other === member) continue;
      for (const { socket } of other.seats) socket.hereChanged(topic.name, member.tag, present ? 'in' : 'out');
    }
  }

  #endHold(hold: object, held: readonly Seat<Socket>[]): void {
    for (const { topic, member } of held) {
      if (member.hold !== hold) continue;
      this.#follow(topic, member);
      this.#tidy(topic);
    }
  }

  /** Forgets members that are neither seated nor held, and the topic when nobody is left who could be told anything. */
  #tidy(topic: Topic<Socket>): void {
    topic.members = topic.members.filter((member) => member.seats.length > 0 || member.hold !== undefined);
    const empty = topic.members.every((member) => member.seats.length === 0);
    // A topic of that name may have been made anew since this one was emptied.
    if (empty && this.#topics.get(topic.name) === topic) this.#topics.delete(topic.name);
  }
}

function stand<Socket>(seat: Seat<Socket>): void {
  seat.member.seats = seat.member.seats.filter((other) => other !== seat);
}

function isPresent<Socket>(member: Member<Socket>): boolean {
  return member.seats.some((seat) => !seat.quiet);
}
