/**
 * `/y`: y-webrtc's own protocol, so that any app made with stock y-webrtc can use this server. Four messages of JSON: subscribe
 * and unsubscribe with topics, publish to a topic, ping. Like y-webrtc's own server it tells of nobody's coming or going and
 * answers to nothing but a ping; unlike it, it survives what is no message, and there is an end to what a socket may take.
 */
import type { Door, Visitor } from './entrance.ts';
import type { OpenSocket } from './open-socket.ts';
import type { Config } from './options.ts';
import type { Rate } from './token-bucket.ts';

export const Y_PATH = '/y';

/** Room names are chosen by people and programs; this is a long one. */
const MAX_TOPIC_LENGTH = 128;
/** Joining this many topics costs as much as one message. */
const TOPICS_PER_TOKEN = 64;

type YFrame =
  | { readonly type: 'subscribe' | 'unsubscribe'; readonly topics: readonly string[] }
  | { readonly type: 'publish'; readonly topic: string }
  | { readonly type: 'ping' };

export class DoorY implements Door {
  readonly messages: Rate;
  readonly #config: Config;
  readonly #members = new Map<string, Set<OpenSocket>>();
  readonly #topics = new Map<OpenSocket, Set<string>>();

  constructor(config: Config) {
    this.#config = config;
    this.messages = { perSecond: config.messagesPerSecond, burst: config.yMessageBurst };
  }

  /** What is kept in memory; for tests and the log. */
  get kept(): { readonly topics: number; readonly seats: number } {
    let seats = 0;
    for (const topics of this.#topics.values()) seats += topics.size;
    return { topics: this.#members.size, seats };
  }

  welcome(socket: OpenSocket): Visitor {
    return {
      received: (data) => this.#received(socket, data),
      pinged: () => void socket.allow(1),
      left: () => this.#drop(socket),
    };
  }

  #received(socket: OpenSocket, data: Buffer): void {
    const frame = readFrame(data);
    if (!socket.allow(frame && 'topics' in frame ? 1 + Math.floor(frame.topics.length / TOPICS_PER_TOKEN) : 1) || !frame) return;
    switch (frame.type) {
      case 'subscribe':
        for (const topic of frame.topics) this.#join(socket, topic);
        break;
      case 'unsubscribe':
        for (const topic of frame.topics) this.#leave(socket, topic);
        break;
      case 'publish':
        if (data.length <= this.#config.maxBodyBytes) this.#publish(socket, frame.topic, data);
        break;
      case 'ping':
        socket.send('{"type":"pong"}');
        break;
    }
  }

  #join(socket: OpenSocket, topic: string): void {
    const topics = this.#topics.get(socket) ?? new Set();
    const members = this.#members.get(topic) ?? new Set();
    if (topics.has(topic) || topics.size >= this.#config.yMaxTopics || members.size >= this.#config.maxMembers) return;
    this.#topics.set(socket, topics.add(topic));
    this.#members.set(topic, members.add(socket));
  }

  #leave(socket: OpenSocket, topic: string): void {
    const members = this.#members.get(topic);
    members?.delete(socket);
    if (members?.size === 0) this.#members.delete(topic);
    this.#topics.get(socket)?.delete(topic);
  }

  /** To all others on a topic that the sender is on, as it came, with how many are there, as y-webrtc's server tells it. */
  #publish(socket: OpenSocket, topic: string, data: Buffer): void {
    const members = this.#members.get(topic);
    if (!members?.has(socket) || members.size === 1) return;
    const fields = data.subarray(data.indexOf('{') + 1).toString('utf8');
    const message = `{"clients":${members.size},${fields}`;
    for (const member of members) if (member !== socket) member.relay(message);
  }

  #drop(socket: OpenSocket): void {
    for (const topic of this.#topics.get(socket) ?? []) this.#leave(socket, topic);
    this.#topics.delete(socket);
  }
}

/** Total: undefined for what is none of the four messages. */
function readFrame(data: Buffer): YFrame | undefined {
  const fields = parseObject(data);
  switch (fields?.['type']) {
    case 'subscribe':
    case 'unsubscribe':
      return { type: fields['type'], topics: topicsIn(fields['topics']) };
    case 'publish':
      return isTopic(fields['topic']) ? { type: 'publish', topic: fields['topic'] } : undefined;
    case 'ping':
      return { type: 'ping' };
    default:
      return undefined;
  }
}

function parseObject(data: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(data.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function topicsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(isTopic) : [];
}

function isTopic(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TOPIC_LENGTH;
}
