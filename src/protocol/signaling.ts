/**
 * The wire between browser and signaling server, `/v1`: types only, shared by both programs.
 *
 * A frame is one line of JSON, then, for `pub` and `msg`, a newline and an opaque body. Text and binary frames are both
 * taken; a body is relayed in the kind of frame it came in. Unknown fields are ignored, an unknown `t` is answered with
 * `err bad` and never closes the socket, so that either side may learn new words first.
 *
 * The server knows sockets, topics and member tags, all of them random to it. It keeps them in memory for as long as a
 * socket is open (and the hold-down after it) and writes none of them down.
 */

/** STUN or TURN, as RTCPeerConnection takes it. */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

export type ClientHeader =
  /**
   * Joins topics, each under the member tag given; answered with `here` for those joined, in several frames when they are
   * many, and with `err limit` when there was no room for all. `quiet`: not announced to others.
   */
  | { readonly t: 'sub'; readonly topics: readonly (readonly [topic: string, member: string])[]; readonly quiet?: boolean }
  /** Leaves topics: announced at once, without hold-down. */
  | { readonly t: 'unsub'; readonly topics: readonly string[] }
  /** Sends the body to everybody else on the topic, or to one member; answered with `ack` when `id` is given. Only to topics one has joined. */
  | { readonly t: 'pub'; readonly topic: string; readonly to?: string; readonly id?: number }
  /** Asks for fresh ICE servers (TURN credentials expire). */
  | { readonly t: 'ice' };

export type ServerHeader =
  | {
      readonly t: 'hello';
      readonly v: 1;
      /** The server's clock, milliseconds since 1970. */
      readonly now: number;
      readonly limits: { readonly body: number; readonly topics: number };
      readonly ice: readonly IceServer[];
      /** Seconds until the TURN credentials in `ice` expire; absent without TURN. */
      readonly iceTtl?: number;
    }
  | { readonly t: 'ice'; readonly ice: readonly IceServer[]; readonly iceTtl?: number }
  /** Who is on topics one has joined: `all` replaces what was known, `in` and `out` change it. One's own tag may be among them. */
  | { readonly t: 'here'; readonly topics: readonly HereChange[] }
  | { readonly t: 'msg'; readonly topic: string; readonly from: string }
  /** `n`: how many announced (not quiet) members the message was handed to. */
  | { readonly t: 'ack'; readonly id: number; readonly n: number }
  /** What was refused and, for `rate`, when to try again. */
  | { readonly t: 'err'; readonly e: SignalingError; readonly id?: number; readonly ms?: number };

export interface HereChange {
  readonly topic: string;
  readonly all?: readonly string[];
  readonly in?: readonly string[];
  readonly out?: readonly string[];
}

export type SignalingError = 'bad' | 'rate' | 'limit' | 'not-joined';

/**
 * Close codes of the server's own (RFC 6455 §7.4.2 leaves 4000–4999 to applications). Our server uses `restart` and `flood`;
 * it refuses sockets before the handshake (503, 429), where browsers see no reason, and answers too many topics with
 * `err limit`. The others are for servers that find out later.
 */
export const CLOSE = {
  restart: 1012,
  full: 1013,
  tooManySockets: 4008,
  tooManyTopics: 4013,
  flood: 4029,
} as const;

export const SIGNALING_PATH = '/v1';
